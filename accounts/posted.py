"""What a person posted after the session had ended: kept until the login, and shown again.

A page takes part with two things. Its form carries `seal(user)` in a hidden field, and its view
class has a function `keep_posted(request)` that hands what was posted to `keep`; the middleware
calls it before it sends the visitor to the login page. After the login the page calls `take`. The
same saves a form of before a login in another tab (accounts/stale_forms.py).

What is kept lies in the session of the anonymous visitor, by the page's path. The seal says whose
form it was: whoever else logs in with the same browser never gets it.
"""

from __future__ import annotations

from typing import Any

from allauth.core import ratelimit
from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.http import HttpRequest

from accounts.models import User
from accounts.visitor import user_of

SEAL_FIELD = "seal"

# What a visitor reads on the way to the login.
LOG_IN_AGAIN = "Сеанс закончился. Войдите снова: всё, что вы ввели, сохранено."

_POSTED = "posted"
_ENDED_FOR = "ended_for"
# A visitor fills in one form; a second window is possible, a hundred of them are not.
_FORMS_AT_MOST = 3


def seal(user: User) -> str:
    """The value of a form's hidden field that says whose form it is, and cannot be made up."""
    return _signer().sign(str(user.pk))


def note_owner(request: HttpRequest, user_id: int) -> None:
    """Remember in the fresh session whose session has just ended."""
    request.session[_ENDED_FOR] = user_id


def may_keep(request: HttpRequest) -> bool:
    """Whether what was posted is worth keeping; counts the visitor's address of the network.

    A form with a seal was opened by somebody who was logged in. One without is anybody's: few of
    them are kept, so that strangers cannot fill the disk. One with a false seal never is.
    """
    try:
        owner = _owner(request)
    except BadSignature:
        return False
    action = "keep_posted" if owner else "keep_unknown"
    return bool(ratelimit.consume(request, action=action))


def keep(request: HttpRequest, content: dict[str, Any]) -> None:
    """Keep `content` (JSON) for the page of this path until its owner has logged in."""
    forms = request.session.get(_POSTED, {})
    forms.pop(request.path, None)
    while len(forms) >= _FORMS_AT_MOST:
        forms.pop(next(iter(forms)))
    forms[request.path] = {"owner": _owner(request), "content": content}
    request.session[_POSTED] = forms


def is_strangers(request: HttpRequest) -> bool:
    """Whether the form is another person's than of who is logged in now."""
    try:
        owner = _owner(request)
    except BadSignature:
        return True
    return request.user.is_authenticated and owner not in (None, request.user.pk)


def is_kept(request: HttpRequest) -> bool:
    """Whether something waits for the page of this path."""
    return request.path in request.session.get(_POSTED, {})


def take(request: HttpRequest) -> dict[str, Any] | None:
    """What this person posted to the page of this path before the login; once."""
    forms = request.session.get(_POSTED)
    if not forms or request.path not in forms:
        return None
    kept = forms.pop(request.path)
    request.session[_POSTED] = forms
    if kept["owner"] not in (None, user_of(request).pk):
        return None
    content: dict[str, Any] = kept["content"]
    return content


def _owner(request: HttpRequest) -> int | None:
    """Whose form was posted; None when nothing says so.

    Raises:
        BadSignature: the seal is false.
    """
    sealed = request.POST.get(SEAL_FIELD)
    if sealed:
        return int(_signer().unsign(sealed))
    owner: int | None = request.session.get(_ENDED_FOR)
    return owner


def _signer() -> Signer:
    return Signer(salt=f"{__name__}:{settings.SITE_URL}")
