"""What belongs together in the office: from a row's page to its owners and to what hangs on it.

A list says in `hangs_on` on whose pages it is linked; the links are made from the lists that are
registered, so that no lower room knows of an upper one. The number of statements is that of the
kinds, however many rows there are; nobody counts further than `COUNTED_AT_MOST`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Model
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst

from cabinet import formats, keys

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

COUNTED_AT_MOST = 1_000


@dataclass(frozen=True, kw_only=True)
class Link:
    """A row that owns this one, or a list of what hangs on it with its number in `count`."""

    title: str
    words: str
    address: str


def owners(site: AdminSite, request: HttpRequest, page: Any, row: Model) -> list[Link]:
    """The rows on which `row` hangs, as far as this person may look at them."""
    found = []
    for label, lookup in page.hangs_on.items():
        owner: Any = row
        for name in lookup.split("__"):
            owner = getattr(owner, name, None)
        if isinstance(owner, Model) and owner._meta.label_lower == label:
            owner_page = _page_of(site, label)
            if owner_page and owner_page.has_view_permission(request, owner):
                title = capfirst(str(owner._meta.verbose_name))
                address = reverse(f"{_name(owner_page)}_change", args=[owner.pk])
                found.append(Link(title=title, words=str(owner), address=address))
    return found


def hanging(site: AdminSite, request: HttpRequest, row: Model) -> list[Link]:
    """The lists of what hangs on `row`, each with how many there are; empty ones are left out."""
    found = []
    for page in site._registry.values():
        lookup = getattr(page, "hangs_on", {}).get(row._meta.label_lower)
        if lookup and page.has_view_permission(request):
            rows = page.get_queryset(request).filter(**{lookup: row.pk}).order_by()
            count = rows.values("pk")[: COUNTED_AT_MOST + 1].count()
            if count:
                query = urlencode({f"{lookup}__id__exact": row.pk})
                address = f"{reverse(f'{_name(page)}_changelist')}?{query}"
                title = capfirst(str(page.opts.verbose_name_plural))
                found.append(Link(title=title, words=_counted(count), address=address))
    return found


def chosen(site: AdminSite, request: HttpRequest, page: Any) -> str:
    """Whose rows a list shows when it was opened from an owner's page: «клиент ООО «Вега»»."""
    for label, lookup in page.hangs_on.items():
        key = keys.read(request.GET.get(f"{lookup}__id__exact", ""))
        owner_page = _page_of(site, label)
        if owner_page and key is not None:
            owner = owner_page.get_queryset(request).filter(pk=key).first()
            if owner is not None:
                return f"{owner._meta.verbose_name} {owner}"
    return ""


def _page_of(site: AdminSite, label: str) -> Any:
    pages = site._registry.items()
    return next((page for model, page in pages if model._meta.label_lower == label), None)


def _name(page: Any) -> str:
    return f"admin:{page.opts.app_label}_{page.opts.model_name}"


def _counted(count: int) -> str:
    if count > COUNTED_AT_MOST:
        return f"больше {formats.quantity(COUNTED_AT_MOST)}"
    return formats.quantity(count)
