"""What clients were told against what arrived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from bench.faults.report import Row
from bench.faults.sink import Letter

# States of a row that will still bring its letter.
ON_THE_WAY = ("queued", "held")


@dataclass(frozen=True)
class Outgoing:
    """A row of the outbox: the letter that carries message `number` to the retailer."""

    number: str
    mail_id: str
    state: str
    to: str


def arrived(rows: Iterable[Outgoing], taken: Iterable[Letter]) -> set[str]:
    """Numbers whose letter the mail server has taken."""
    ids = {letter.message_id for letter in taken}
    return {row.number for row in rows if row.mail_id in ids}


def compare(row: Row, outgoing: Iterable[Outgoing], taken: Iterable[Letter]) -> None:
    """Fill in what was delivered, what came twice and what is lost.

    Lost is a number that a client was told and whose letter has not arrived although no row will
    bring it any more.
    """
    came: dict[str, list[str]] = defaultdict(list)
    subjects: dict[str, list[str]] = defaultdict(list)
    waiting: set[str] = set()
    for letter in taken:
        subjects[letter.message_id].append(letter.subject)
    for one in outgoing:
        came[one.number] += [
            one.mail_id for subject in subjects[one.mail_id] if one.number in subject
        ]
        if one.state in ON_THE_WAY:
            waiting.add(one.number)
    delivered = {number for number in row.shown if came[number]}
    still_queued = [number for number in row.shown if number in waiting - delivered]
    row.delivered = len(delivered)
    row.duplicates = sum(len(came[number]) - 1 for number in delivered)
    row.lost = len(row.shown) - len(delivered) - len(still_queued)
    strangers = [number for number in delivered if len(set(came[number])) > 1]
    row.promise(not strangers, f"repeats under another Message-ID: {strangers}")
    row.promise(not still_queued, f"{len(still_queued)} letters are still queued")
