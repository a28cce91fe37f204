"""Published documents, and what became of them."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts.models import (
    User,
)
from cabinet import files
from contracts.models import Contract
from contracts.periods import Month
from documents.models import Bundle, Document, Kind, NoticeDispatch, Opening
from tests.make import counting


def document(contract: Contract, kind: str = Kind.VAT_INVOICE, **values: Any) -> Document:
    """A document with minimal content (not of its kind's schema unless given)."""
    n = counting.following()
    period = values.pop("period", Month.current().shifted(-1).first_day)
    return Document.objects.create(
        **{
            "external_id": f"document-{n}",
            "contract": contract,
            "kind": kind,
            "number": f"10-{n:06d}",
            "issued_on": Month.of(period).last_day,
            "period": period,
            "amount": Decimal("398214.36"),
            "content": {},
            "title": "Дополнительное соглашение" if kind == Kind.OTHER else "",
            **values,
        }
    )


def opening(document: Document, user: User, **values: Any) -> Opening:
    """That a person has had a document."""
    return Opening.objects.create(
        **{
            "document": document,
            "contract": document.contract,
            "user": user,
            "means": Opening.Means.OPENED,
            **values,
        }
    )


def dispatch(document: Document, **values: Any) -> NoticeDispatch:
    """That a restriction notice was sent by e-mail."""
    return NoticeDispatch.objects.create(
        **{
            "external_id": f"dispatch-{counting.following()}",
            "document": document,
            "channel": NoticeDispatch.Channel.EMAIL,
            "address": "office@vega.example",
            "sent_at": timezone.now(),
            "text_sha256": "0" * 64,
            **values,
        }
    )


def bundle(user: User, documents: Sequence[Document], *, is_ready: bool = True) -> Bundle:
    """An order of a ZIP; ready with a file of its own unless it is to wait."""
    values: dict[str, Any] = {}
    if is_ready:
        path = default_storage.save(files.unguessable_path("bundles", ".zip"), ContentFile(b"PK"))
        values = {
            "state": Bundle.State.READY,
            "done": len(documents),
            "path": path,
            "size": 2,
            "sha256": "0" * 64,
            "ready_at": timezone.now(),
            "expires_at": timezone.now() + datetime.timedelta(days=1),
        }
    contracts = {document.contract_id for document in documents}
    row = Bundle.objects.create(
        user=user,
        contract_id=contracts.pop() if len(contracts) == 1 else None,
        title="октябрь 2026",
        came_from="/documents/",
        total=len(documents),
        **values,
    )
    row.documents.add(*documents)
    return row
