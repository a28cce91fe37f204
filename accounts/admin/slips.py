"""The page with a new one-time password, and the slip made from it.

The password lives in this one answer: the page shows it and hands it back as a form field when the
slip is printed. It is neither stored nor logged; a reload cannot bring it back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts import agreements, issuing
from accounts.models import Membership, User
from cabinet import files, formats

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin


def page(
    request: HttpRequest,
    model_admin: ModelAdmin[Any],
    user: User,
    one_time_password: str,
    membership: Membership | None = None,
) -> HttpResponse:
    """The result page: login, password, term, rules, and what to print."""
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "person_opts": user._meta,
        "title": "Логин выдан" if membership else "Выдан новый одноразовый пароль",
        "person": user,
        "membership": membership,
        "enrolment": getattr(membership, "enrolment", None),
        "one_time_password": one_time_password,
        "site_address": settings.SITE_URL,
        "slip": agreements.slip_of(user, one_time_password),
        "time_zone_label": formats.time_zone_label(),
    }
    return TemplateResponse(request, "admin/accounts/slip.html", context)


def pdf(request: HttpRequest, user: User, one_time_password: str, by: User) -> HttpResponse | None:
    """The slip as PDF, once, while the password is this person's unused one; otherwise None."""
    with transaction.atomic():
        person = User.objects.select_for_update(no_key=True).get(pk=user.pk)
        until = person.one_time_password_until
        is_alive = person.has_one_time_password and until is not None and until > timezone.now()
        is_printed = person.slip_printed_at is not None
        if is_printed or not is_alive or not check_password(one_time_password, person.password):
            return None
        content = agreements.slips([agreements.slip_of(person, one_time_password)])
        issuing.note_slip(user=person, by=by, request=request)
    return files.pdf_response(content, filename=f"Листок {person.username}.pdf")


def gone(user: User) -> HttpResponse:
    """Where the office is sent when the password of a slip no longer holds."""
    return redirect("admin:accounts_user_change", user.pk)
