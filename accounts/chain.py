"""Whether the journal is as it was written: each entry's fingerprint holds the one before it.

The chain is made by PostgreSQL at COMMIT (migration 0005). A changed, removed or slipped-in entry
breaks it. Whoever owns the database could make a whole new chain; therefore the head of the chain,
a position and a fingerprint, is written into the log each night and belongs somewhere else too:
`check_journal --head` shows later whether it still is part of the chain.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from accounts import letters
from accounts.models import JournalEntry, JournalLink

_AT_ONCE = 50_000

# A link is broken where the row before it is missing, where its entry is missing, or where the
# entry is not the one whose fingerprint was taken.
_PART = """
    WITH part AS (
        SELECT link.position, link.sha256, entry.id AS entry_id,
            lag(link.sha256, 1, %(sha256)s) OVER (ORDER BY link.position) AS previous,
            lag(link.position, 1, %(position)s::bigint) OVER (ORDER BY link.position) AS before,
            accounts_journal_digest(
                lag(link.sha256, 1, %(sha256)s) OVER (ORDER BY link.position), entry
            ) AS digest
        FROM accounts_journallink link
        LEFT JOIN accounts_journalentry entry ON entry.id = link.entry_id
        WHERE link.position > %(position)s AND link.position <= %(position)s + %(size)s
    )
    SELECT count(*), max(position), (array_agg(sha256 ORDER BY position DESC))[1],
        min(position) FILTER (
            WHERE position <> before + 1 OR entry_id IS NULL OR sha256 <> digest
        )
    FROM part
"""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a look at the whole chain found.

    `broken_at`: the first position that does not fit; `outside`: entries that are in no link.
    """

    checked: int
    head: str
    broken_at: int | None
    outside: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, removed or slipped in."""
        return self.broken_at is None and not self.outside


def check() -> Verdict:
    """Look at every link, so many at once that memory stays the same."""
    position, sha256, checked, broken_at = 0, "", 0, None
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        last = JournalLink.objects.order_by("-position").values_list("position", flat=True).first()
        while broken_at is None and position < (last or 0):
            at: dict[str, int | str] = {"position": position, "sha256": sha256, "size": _AT_ONCE}
            cursor.execute(_PART, at)
            count, reached, found, broken_at = cursor.fetchone()
            if not count:  # a whole part is missing
                broken_at = position + 1
                break
            checked, position, sha256 = checked + count, reached, found
        linked = JournalLink.objects.filter(entry=OuterRef("pk"))
        outside = JournalEntry.objects.filter(~Exists(linked)).order_by().count()
    return Verdict(
        checked=checked, head=f"{position}:{sha256}", broken_at=broken_at, outside=outside
    )


def has_head(head: str) -> bool:
    """Whether a head that was noted earlier, «42:9f86…», still is a link of the chain."""
    position, _, sha256 = head.partition(":")
    if not position.isdecimal():
        return False
    return bool(JournalLink.objects.filter(position=position, sha256=sha256).exists())


def raise_alarm(verdict: Verdict) -> None:
    """Tell the duty address that the journal was tampered with."""
    letters.post(
        "accounts/letters/journal_broken",
        to=settings.RETAILER.duty_email,
        context={"verdict": verdict},
    )
