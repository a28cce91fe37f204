"""Letters about new documents: to whom, when, and nobody twice.

First every new document is noted once for each person of its company (`Announcement`), then the
notes become letters as each person chose: gathered for some minutes, in the morning, or never.
Restriction notices are not a matter of choice: each has a letter of its own, at once.

Who may see a document is asked when the letter is written, by `Contract.objects.visible_to`, the
one rule that turns a person into rows.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from accounts import letters
from accounts.models import DocumentLetters, Letter, Membership, User
from cabinet import formats
from contracts.models import Contract
from documents import notices
from documents.models import Announcement, Document, Kind, Opening

# What came together is told together.
GATHERED_FOR = datetime.timedelta(minutes=10)
MORNING = datetime.time(9)
# A package of years is no news: older documents are noted as known to everybody.
NEWS = datetime.timedelta(days=7)
# A letter names so many documents; the rest are on the page.
LISTED = 40
_BATCH = 500


def announce(*, at: datetime.datetime | None = None) -> int:
    """Note what is new and write the letters that are due at this moment; how many letters."""
    now = at or timezone.now()
    while _note(now) == _BATCH:
        pass
    due = Announcement.objects.filter(_due(now), settled_at__isnull=True)
    people = User.objects.filter(pk__in=due.values("user"))
    return sum(_tell(person, now) for person in people.order_by("pk"))


# Noting ------------------------------------------------------------------------------------------


@transaction.atomic
def _note(now: datetime.datetime) -> int:
    """Note a batch of documents for everybody of their companies; how many documents."""
    rows = (
        Document.objects.filter(announced_at__isnull=True, published_at__lte=now)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("contract")
        .defer("content")
    )
    documents = list(rows.order_by("pk")[:_BATCH])
    news = [document for document in documents if _is_news(document, now)]
    Announcement.objects.bulk_create(
        (
            Announcement(user=membership.user, document=document)
            for document, membership in _readers(news)
            if document.kind == Kind.RESTRICTION_NOTICE
            or membership.user.document_letters != DocumentLetters.NEVER
        ),
        ignore_conflicts=True,
    )
    Document.objects.filter(pk__in=[document.pk for document in documents]).update(
        announced_at=Now()
    )
    return len(documents)


def _is_news(document: Document, now: datetime.datetime) -> bool:
    """Whether somebody still wants to hear of it: of a notice as long as it stands."""
    if document.published_at > now - NEWS:
        return True
    if document.kind != Kind.RESTRICTION_NOTICE:
        return False
    notice = notices.of(document)
    return notice is not None and notice.ends_at > now


def _readers(documents: Sequence[Document]) -> Iterable[tuple[Document, Membership]]:
    """Who of the company had access when the document was published, whatever they see of it."""
    clients = {document.contract.client_id for document in documents}
    people: dict[int, list[Membership]] = defaultdict(list)
    for membership in Membership.objects.active().filter(client__in=clients).select_related("user"):
        people[membership.client_id].append(membership)
    for document in documents:
        published_on = timezone.localdate(document.published_at)
        for membership in people[document.contract.client_id]:
            if membership.starts_on <= published_on:
                yield document, membership


# Telling -----------------------------------------------------------------------------------------


def _due(now: datetime.datetime) -> Q:
    """The notes whose time has come, or whose person wants no letters any more."""
    return (
        Q(document__kind=Kind.RESTRICTION_NOTICE)
        | Q(user__document_letters=DocumentLetters.NEVER)
        | Q(
            user__document_letters=DocumentLetters.AT_ONCE,
            created_at__lte=now - GATHERED_FOR,
        )
        | Q(
            user__document_letters=DocumentLetters.DAILY,
            created_at__lte=_last_morning(now),
        )
    )


def _last_morning(now: datetime.datetime) -> datetime.datetime:
    """The latest nine o'clock by the retailer's clock: a beat that slept makes up for it."""
    today = timezone.localdate(now)
    morning = timezone.make_aware(datetime.datetime.combine(today, MORNING))
    return morning if morning <= now else morning - datetime.timedelta(days=1)


@transaction.atomic
def _tell(person: User, now: datetime.datetime) -> int:
    """Write what is due to one person and settle it; how many letters."""
    own = Announcement.objects.filter(user=person, settled_at__isnull=True)
    pending = list(
        own.select_for_update(of=("self",), skip_locked=True)
        .select_related("document__contract__client")
        .order_by("document__contract__number", "-document__period", "-document__pk")
    )
    seen = set(
        Contract.objects.visible_to(person)
        .filter(pk__in={row.document.contract_id for row in pending})
        .values_list("pk", flat=True)
    )
    in_view = [row for row in pending if row.document.contract_id in seen and person.email]
    sent = 0
    for row in in_view:
        if row.document.kind == Kind.RESTRICTION_NOTICE:
            _settle([row], letter=_tell_of_notice(person, row.document))
            sent += 1
    _settle([row for row in pending if row not in in_view])
    others = [row for row in in_view if row.document.kind != Kind.RESTRICTION_NOTICE]
    if others and own.filter(_due(now)).exists():
        sent += _tell_of_documents(person, others)
    return sent


def _tell_of_notice(person: User, document: Document) -> Letter:
    return letters.post(
        "documents/letters/restriction_notice",
        to=person.email,
        client=document.contract.client,
        context={
            "document": document,
            "contract": document.contract,
            "notice": notices.of(document),
            "address": _address("documents:notice", document),
        },
    )


def _tell_of_documents(person: User, rows: Sequence[Announcement]) -> int:
    """One letter of everything that was not opened meanwhile, unless no letters are wanted."""
    opened = set(
        Opening.objects.filter(
            user=person, document__in=[row.document_id for row in rows]
        ).values_list("document_id", flat=True)
    )
    fresh = [row.document for row in rows if row.document_id not in opened]
    is_wanted = person.document_letters != DocumentLetters.NEVER
    letter = None
    if fresh and is_wanted:
        letter = letters.post(
            "documents/letters/new_documents",
            to=person.email,
            client=letters.only(document.contract.client for document in fresh),
            context=_named(fresh),
        )
    _settle(rows, letter=letter)
    return int(letter is not None)


def _named(documents: Sequence[Document]) -> dict[str, Any]:
    """The documents by contract, with their addresses: no sums, no files."""
    groups: dict[Contract, list[dict[str, str]]] = {}
    for document in documents[:LISTED]:
        groups.setdefault(document.contract, []).append(
            {"name": str(document), "address": _address("documents:document-file", document)}
        )
    return {
        "count": formats.counted(
            len(documents), "новый документ", "новых документа", "новых документов"
        ),
        "groups": list(groups.items()),
        "more": max(0, len(documents) - LISTED),
        "all_address": f"{settings.SITE_URL}{reverse('documents:all-documents')}",
    }


def _address(name: str, document: Document) -> str:
    return f"{settings.SITE_URL}{reverse(name, args=[document.contract_id, document.pk])}"


def _settle(rows: Sequence[Announcement], *, letter: Letter | None = None) -> None:
    pending: QuerySet[Announcement] = Announcement.objects.filter(pk__in=[row.pk for row in rows])
    pending.update(settled_at=Now(), letter=letter)
