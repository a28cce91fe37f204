"""What the demo's people have read so far: all but the latest documents, and the old notices."""

from __future__ import annotations

import datetime

from django.db import transaction

from accounts.models import User
from cabinet import days
from contracts.models import Contract
from documents.models import Acknowledgement, Document, Kind, Opening

READERS = ("vega", "vega-accountant", "orion")
# What was published later is still new to everybody.
NEW_FOR = datetime.timedelta(days=28)
READ_AFTER = datetime.timedelta(hours=4)


@transaction.atomic
def create(*, today: datetime.date) -> None:
    """Write the openings as if they had happened before `today`; nothing the second time."""
    if Opening.objects.exists():
        return
    before = days.begins_at(today) - NEW_FOR
    for person in User.objects.filter(username__in=READERS).order_by("pk"):
        documents = Document.objects.filter(
            contract__in=Contract.objects.visible_to(person), published_at__lt=before
        )
        rows = list(documents.defer("content").order_by("published_at", "pk"))
        Opening.objects.bulk_create(
            Opening(
                document=document,
                contract_id=document.contract_id,
                user=person,
                means=Opening.Means.SAVED if document.pk % 3 else Opening.Means.OPENED,
                at=document.published_at + READ_AFTER,
            )
            for document in rows
        )
        name = f"{person.full_name}, {person.memberships.get().title}"
        Acknowledgement.objects.bulk_create(
            Acknowledgement(
                document=document, user=person, name=name, at=document.published_at + READ_AFTER
            )
            for document in rows
            if document.kind == Kind.RESTRICTION_NOTICE
        )
