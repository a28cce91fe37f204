"""How columns of the office's lists name and link what belongs together."""

from __future__ import annotations

from urllib.parse import urlencode

from allauth.core import context
from django.db.models import Model
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.models import Membership
from cabinet import formats


def to(row: Model | None, words: str = "") -> SafeString | str:
    """A link to the office's page of `row`; only the words for whom that page is closed."""
    if row is None:
        return formats.ABSENT
    meta = row._meta
    if not _may_look(type(row)):
        return words or str(row)
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.pk])
    return format_html('<a href="{}">{}</a>', address, words or str(row))


def to_list(model: type[Model], words: str, **query: object) -> SafeString | str:
    """A link to a list of the office, cut by `query`; only the words for whom it is closed."""
    meta = model._meta
    if not _may_look(model):
        return words
    address = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
    return format_html('<a href="{}?{}">{}</a>', address, urlencode(query), words)


def _may_look(model: type[Model]) -> bool:
    """Whether whoever asks for the page sees rows of `model`; columns are not told who that is."""
    request = context.request
    right = f"{model._meta.app_label}.view_{model._meta.model_name}"
    return request is None or request.user.has_perm(right)


def status(modifier: str, words: str) -> SafeString:
    """A state as look.md draws it: `modifier` is ok, warn, bad, info or plain."""
    return format_html('<span class="status status--{}">{}</span>', modifier, words)


def membership_state(membership: Membership) -> SafeString:
    """«действует», «действует по …», «истёк …», «отозван …», «логин отключён»."""
    ends_on = membership.ends_on
    if membership.revoked_at is not None:
        return status("bad", f"отозван {formats.day(membership.revoked_at)}")
    if membership.is_active:
        return status("ok", f"действует по {formats.day(ends_on)}" if ends_on else "действует")
    if not membership.user.is_active:
        return status("bad", "логин отключён")
    if ends_on is not None and ends_on < timezone.localdate():
        return status("plain", f"истёк {formats.day(ends_on)}")
    return status("info", f"с {formats.day(membership.starts_on)}")


def by_address(address: str, words: str) -> SafeString:
    """A link to a page that is no row's own."""
    return format_html('<a href="{}">{}</a>', address, words)
