"""What became of the demo's restriction notices: how they were sent, which were paid."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from documents.models import Kind, NoticeDispatch, NoticeWithdrawal
from exchange.demo import history, papers, plans

Row = dict[str, Any]

Channel = NoticeDispatch.Channel


def tables(
    company: plans.Company, past: history.History, today: datetime.date
) -> Iterator[tuple[str, Row]]:
    """Each row with the name of its table: what happened before `today` began."""
    notices = [paper for paper in past.papers if paper.kind == Kind.RESTRICTION_NOTICE]
    for notice in notices:
        if notice.issued_on < today:
            yield from _dispatches(company, notice)
        # Who had let one payment slip paid on the 27th, and the retailer saw it the next day.
        paid_on = notice.issued_on.replace(day=28)
        is_paid = any(
            not entry.is_charge and notice.issued_on < entry.booked_on < paid_on
            for entry in past.account.entries
        )
        if is_paid and paid_on < today:
            yield (
                "notice_withdrawals",
                {
                    "external_id": f"{notice.key}-withdrawal",
                    "document": notice.key,
                    "reason": str(NoticeWithdrawal.Reason.PAID),
                    "withdrawn_at": _moment(paid_on, "09:20").isoformat(),
                },
            )


def _dispatches(company: plans.Company, notice: papers.Paper) -> Iterator[tuple[str, Row]]:
    """By e-mail in the morning, by SMS a minute later."""
    text = notice.content.model_dump_json().encode()
    for channel, address, at in (
        (Channel.EMAIL, f"office@{company.key}.example", "10:15"),
        (Channel.SMS, f"+7 000 {company.ordinal:03d}-00-11", "10:16"),
    ):
        yield (
            "notice_dispatches",
            {
                "external_id": f"{notice.key}-{channel}",
                "document": notice.key,
                "channel": str(channel),
                "address": address,
                "sent_at": _moment(notice.issued_on, at).isoformat(),
                "text_sha256": hashlib.sha256(text).hexdigest(),
            },
        )


def _moment(day: datetime.date, time: str) -> datetime.datetime:
    at = datetime.time.fromisoformat(time)
    return timezone.make_aware(datetime.datetime.combine(day, at))
