"""Restriction notices: which one stands over a contract's pages, until when, and who has read it.

A notice stands from its publication until billing withdraws it (paid, revoked), else to the end of
the day after the one it names: by then the network company has come or the debt was settled, and
nothing on the page would be true any more. Of several the soonest stands.

The way and the moment of sending are billing's (`NoticeDispatch`): e-mail and SMS count as received
when they were sent. «Ознакомлен» is further evidence, not the legal moment (domain.md, section 3).
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils import timezone
from pydantic import ValidationError

from accounts.models import Membership
from cabinet import days, formats
from contracts.models import Contract, Topic
from documents import content
from documents.models import Acknowledgement, Document, DocumentQuerySet, Kind

# The topics of messages that a notice leads to; billing's table of topics holds them.
PAID_TOPIC, DISPUTE_TOPIC = "notice-paid", "notice-dispute"
# No notice names a day so far ahead, and no billing sends so many at a time.
NAMED_WITHIN = datetime.timedelta(days=180)
LOOKED_AT = 10
# How messages name a notice, before its number and date.
_NAME = "уведомлению об ограничении №"


@dataclass(kw_only=True)
class Notice:
    """A restriction notice with what it states."""

    document: Document
    stated: content.RestrictionNotice

    @property
    def restricted_from(self) -> datetime.datetime:
        """By when the client must have limited the consumption himself, or paid."""
        return self.stated.restricted_from

    @property
    def ends_at(self) -> datetime.datetime:
        """When it leaves the pages though nobody has withdrawn it."""
        day = timezone.localdate(self.restricted_from) + datetime.timedelta(days=2)
        return days.begins_at(day)

    @property
    def is_over(self) -> bool:
        """Whether its time has passed."""
        return self.ends_at <= timezone.now()

    @property
    def moment_words(self) -> str:
        """«12:00 2 декабря 2026 (МСК)»."""
        day = timezone.localtime(self.restricted_from)
        return (
            f"{formats.clock(day)} {formats.day_words(day)} {day.year}{formats.NBSP}"
            f"({formats.time_zone_label()})"
        )

    @property
    def remaining_words(self) -> str:
        """«осталось 5 дней 3 часа», or that the term has come."""
        left = self.restricted_from - timezone.now()
        if left <= datetime.timedelta():
            return "срок наступил"
        return f"осталось {formats.duration(left)}"

    @property
    def points_words(self) -> str:
        """««ТП-1, ввод 1» и ещё 2 точки»; the page of the notice names all."""
        points = self.stated.points
        if not points:
            return "все точки договора"
        if len(points) == 1:
            return f"точка «{points[0]}»"
        more = formats.counted(len(points) - 1, "точка", "точки", "точек")
        return f"«{points[0]}» и ещё {more}"

    @cached_property
    def acknowledgements(self) -> list[Acknowledgement]:
        """Who has pressed «Ознакомлен», the first one first."""
        return list(self.document.acknowledgements.all())

    def is_acknowledged_by(self, user: object) -> bool:
        """Whether this person has."""
        return any(row.user_id == getattr(user, "pk", None) for row in self.acknowledgements)

    @property
    def named(self) -> str:
        """«уведомлению об ограничении № 17 от 06.10.2026», as messages about it name it."""
        own = self.document
        return f"{_NAME} {own.number} от {formats.day(own.issued_on)}"

    @property
    def begun(self) -> dict[str, str]:
        """How the messages begin to which it leads: «paid», «dispute»."""
        named, debt = self.named, formats.amount(self.stated.debt)
        return {
            "paid": f"Оплачена задолженность {debt} руб. по {named}."
            " Прикладываем платёжное поручение.\n\n",
            "dispute": f"Не согласны с задолженностью {debt} руб. по {named}.\n\n",
        }

    @cached_property
    def topics(self) -> dict[str, str]:
        """Which topics a message about the notice may have: «paid», «dispute» → its code.

        Empty where the retailer has no such topic: the form then asks for one.
        """
        known = Topic.objects.filter(code__in=[PAID_TOPIC, DISPUTE_TOPIC], is_active=True)
        codes = set(known.values_list("code", flat=True))
        names = {"paid": PAID_TOPIC, "dispute": DISPUTE_TOPIC}
        return {name: code if code in codes else "" for name, code in names.items()}

    @cached_property
    def reports(self) -> dict[str, Any]:
        """The latest messages about it: «paid», «dispute», «other» → `messaging.Message`.

        By the topic that a message has now, with its author; in one statement, however many.
        """
        rows = self.document.messages.select_related("author", "topic")
        latest = rows.order_by("topic_id", "-sent_at", "-pk").distinct("topic_id")
        kinds = {PAID_TOPIC: "paid", DISPUTE_TOPIC: "dispute"}
        oldest_first = sorted(latest, key=lambda row: (row.sent_at, row.pk))
        return {kinds.get(row.topic.code, "other"): row for row in oldest_first}


def current(contract: Contract) -> Notice | None:
    """The notice that stands over the contract's pages now: of several the soonest.

    One that billing has corrected gives way to its correction.
    """
    return _soonest(_in_force(contract))


def meant(contract: Contract, *, topic_code: str, text: str) -> Document | None:
    """The notice in force that a message is about: the one that it names as pages begin it.

    A message of a notice's topic that names none is about the one that stands over the pages.
    """
    is_about_one = topic_code in (PAID_TOPIC, DISPUTE_TOPIC)
    said = _spaced(text)
    if not is_about_one and _NAME not in said:
        return None
    found = list(_in_force(contract))
    named = [notice for notice in found if _spaced(notice.named) in said]
    chosen = named[0] if named else _soonest(found) if is_about_one else None
    return chosen.document if chosen else None


def _in_force(contract: Contract) -> Iterator[Notice]:
    """Neither withdrawn nor corrected, newest first."""
    lately = timezone.now() - NAMED_WITHIN
    rows = own(contract).not_corrected().filter(withdrawals__isnull=True, published_at__gte=lately)
    return _read(rows[:LOOKED_AT])


def _soonest(notices: Iterable[Notice]) -> Notice | None:
    standing = [notice for notice in notices if not notice.is_over]
    return min(standing, key=lambda notice: notice.restricted_from, default=None)


def _spaced(text: str) -> str:
    """With single spaces: a form may bring others back."""
    return " ".join(text.split())


def of(document: Document) -> Notice | None:
    """A notice with what it states; None where billing stated something else."""
    return next(_read([document]), None)


def own(contract: Contract) -> DocumentQuerySet:
    """The contract's notices, newest first."""
    rows = Document.objects.published().filter(contract=contract)
    found: DocumentQuerySet = rows.filter(kind=Kind.RESTRICTION_NOTICE)
    return found


def _read(documents: Iterable[Document]) -> Iterator[Notice]:
    for document in documents:
        try:
            stated = content.read(document.kind, document.content)
        except ValidationError:
            continue  # its PDF cannot be made either: the office sees it among what waits
        if isinstance(stated, content.RestrictionNotice):
            yield Notice(document=document, stated=stated)


def acknowledge(*, document: Document, membership: Membership, ip: str | None) -> Acknowledgement:
    """That this person has read the notice; the first time counts, a repeat changes nothing."""
    person = membership.user
    name = f"{person.full_name or person.short_name}, {membership.title}"
    row: Acknowledgement
    row, _ = Acknowledgement.objects.get_or_create(
        document=document, user=person, defaults={"name": name[:255], "ip": ip}
    )
    return row
