"""A form whose protection token is old: the visitor has logged in again in another tab meanwhile.

A form with a true seal (accounts/posted.py) cannot have been made up by another site, so what was
typed is kept and shown again in a fresh form; nothing is done with it before it is sent again. Of
another person's form nothing is kept: it stands in the tab in which it was typed.
"""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import posted
from cabinet import errors


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """To the same page with what was typed, where it can be kept; else the words of a refusal."""
    match = request.resolver_match
    keep_posted = getattr(getattr(match and match.func, "view_class", None), "keep_posted", None)
    is_own = bool(request.POST.get(posted.SEAL_FIELD)) and not posted.is_strangers(request)
    if keep_posted and is_own and posted.may_keep(request):
        keep_posted(request)
        if posted.is_kept(request):
            if not request.user.is_authenticated:
                messages.info(request, posted.LOG_IN_AGAIN)
            return redirect(request.get_full_path())
    return errors.csrf_failure(request, reason)
