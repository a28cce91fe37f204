"""Handing documents to people: what leaves, and the line that says so.

A document is «новый» to a person until this line is written; the lines are the journal that the
company's director and the office read.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db.models import Q
from django.http import QueryDict

from accounts.models import JournalEntry
from cabinet import formats, keyset
from contracts.access import File
from contracts.models import Contract
from documents.models import Document, Opening

Means = Opening.Means


def document_file(document: Document, *, means: Means, is_office: bool = False) -> File:
    """How a rendered document is handed out, to the client and to the office alike."""
    return File(
        path=document.path,
        filename=document.filename,
        content_type="application/pdf",
        title=str(document),
        details={
            "document": document.pk,
            "external_id": document.external_id,
            "sha256": document.sha256,
        },
        on_leaving=partial(note, documents=[document], means=means, is_office=is_office),
    )


def note(
    entry: JournalEntry, *, documents: Iterable[Document], means: Means, is_office: bool = False
) -> None:
    """Write that whoever `entry` is about has got these documents."""
    Opening.objects.bulk_create(
        Opening(
            document=document,
            contract_id=document.contract_id,
            user=entry.user,
            means=means,
            is_office=is_office,
        )
        for document in documents
    )


ORDER = keyset.Order(keys=("at", "pk"))
PAGE_ROWS = 50


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the journal as the page shows it."""

    at: str
    who: str
    means: str
    document: str
    document_pk: int


def journal(*, contract: Contract, document: Document | None, query: QueryDict) -> keyset.Page:
    """A page of the contract's journal, or of one document's, newest first."""
    own = Opening.objects.filter(contract=contract)
    if document is not None:
        own = own.filter(document=document)
    whole = own.select_related("user", "document").defer("document__content")

    def fetch(condition: Q | None, names: Sequence[str], count: int) -> list[Opening]:
        found = whole if condition is None else whole.filter(condition)
        return list(found.order_by(*names)[:count])

    return keyset.page(
        fetch,
        ORDER,
        size=PAGE_ROWS,
        after=keyset.place(own, query.get("after")),
        before=keyset.place(own, query.get("before")),
    )


def rows(openings: Iterable[Opening]) -> list[Row]:
    """Lines of the journal, formatted once; who of the office it was is the office's matter."""
    return [
        Row(
            at=formats.moment(row.at),
            who=settings.RETAILER.name if row.is_office else row.user.short_name,
            means=row.get_means_display(),
            document=str(row.document),
            document_pk=row.document_id,
        )
        for row in openings
    ]
