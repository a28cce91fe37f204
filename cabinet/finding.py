"""How the office finds rows: the box of each list, and «Найти» over all of them at once.

A search is made of conditions that have an index each: beginnings of numbers, parts of names
(trigrams of the upper-case column), and keys of rows that were found before. One condition across
joins would read whole tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db.models import Q, QuerySet
from django.db.models.functions import Upper
from django.http import HttpRequest
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst

from cabinet.phones import PHONE_DIGITS

if TYPE_CHECKING:
    from django.contrib.admin import AdminSite

LONGEST_TERM = 100
# Owners (clients, contracts, meters …) that one search looks into.
OWNERS_AT_MOST = 2000
# Rows of a kind that «Найти» shows, and among how many it looks for the nearest ones.
SHOWN, LOOKED_AT = 8, 50
# What a caller's display shows: digits and the usual signs between them.
_DIALLED = re.compile(r"[+\d\s()./‑–-]+", re.ASCII)
_NATIONAL = 10
# A trigram is three signs: of fewer, only a beginning has an index.
_TRIGRAM = 3


@dataclass(frozen=True, kw_only=True)
class Found:
    """A row that «Найти» names: its address, its name, and what tells it from others."""

    address: str
    words: str
    note: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows of one kind; `more` is the list with all of them, empty when these are all."""

    title: str
    rows: list[Found]
    more: str


def index(name: str, *columns: str) -> GinIndex:
    """The index behind parts of `columns`."""
    return GinIndex(*(OpClass(Upper(column), "gin_trgm_ops") for column in columns), name=name)


def condition(columns: Iterable[str], term: str) -> Q:
    """The rows that `term` means: `columns` are signed as Django's `search_fields` are.

    «=number» is the whole value and «^number» its beginning, as typed or in capitals; «+phone» is
    a telephone by its digits, however it is written; of the others, each word of the term stands in
    one of them. A term of one or two signs is a beginning.
    """
    spellings = {term, term.upper()}
    wanted, plain = Q(), []
    for column in columns:
        if column.startswith("="):
            wanted |= Q(**{f"{column[1:]}__in": sorted(spellings)})
        elif column.startswith("^"):
            for spelling in sorted(spellings):
                wanted |= Q(**{f"{column[1:]}__startswith": spelling})
        elif column.startswith("+"):
            wanted |= _telephone(column[1:], term)
        else:
            plain.append(column)
    return wanted | _words(plain, term) if plain else wanted


def _telephone(column: str, term: str) -> Q:
    """A whole number by its last ten digits: +7 and 8 are the same. Nothing for other terms.

    No index serves it; a table of some ten thousand people is read for a number alone.
    """
    digits = re.sub(r"\D", "", term)
    if not _DIALLED.fullmatch(term) or len(digits) not in PHONE_DIGITS:
        return Q()
    return Q(**{f"{column}__regex": r"\D*".join(digits[-_NATIONAL:])})


def keys(rows: QuerySet[Any], field: str = "pk") -> list[int]:
    """The keys of a few of `rows`, for a condition on what hangs on them."""
    return list(rows.order_by().values_list(field, flat=True)[:OWNERS_AT_MOST])


def find(site: AdminSite, request: HttpRequest, term: str) -> list[Group]:
    """What `term` means among everything that this person may look at, kind by kind."""
    pages = [page for page in site._registry.values() if getattr(page, "is_found_by_all", False)]
    groups = [_group(page, request, term) for page in pages if page.has_view_permission(request)]
    return [group for group in groups if group.rows]


def _group(page: Any, request: HttpRequest, term: str) -> Group:
    found = page.get_queryset(request).filter(condition(page.search_fields, term))
    if page.list_select_related:
        found = found.select_related(*page.list_select_related)
    rows: Sequence[Any] = list(found.order_by()[:LOOKED_AT])
    rows = sorted(rows, key=lambda row: (str(row).casefold().find(term.casefold()) != 0, str(row)))
    name = f"admin:{page.opts.app_label}_{page.opts.model_name}"
    more = f"{reverse(f'{name}_changelist')}?{urlencode({'q': term})}"
    return Group(
        title=capfirst(str(page.opts.verbose_name_plural)),
        rows=[
            Found(
                address=reverse(f"{name}_change", args=[row.pk]),
                words=str(row),
                note=page.note_of(row),
            )
            for row in rows[:SHOWN]
        ],
        more=more if len(rows) > SHOWN else "",
    )


def _words(columns: Sequence[str], term: str) -> Q:
    words = term.split()
    if all(len(word) < _TRIGRAM for word in words):
        return _any(columns, "istartswith", term)
    wanted = Q()
    for word in words:
        wanted &= _any(columns, "icontains", word)
    return wanted


def _any(columns: Sequence[str], how: str, text: str) -> Q:
    wanted = Q()
    for column in columns:
        wanted |= Q(**{f"{column}__{how}": text})
    return wanted
