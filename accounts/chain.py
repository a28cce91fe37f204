"""Whether the journal is as it was written: each entry's fingerprint holds the one before it.

PostgreSQL makes the chains at COMMIT (migration 0008); there are several, so that commits do not
wait for each other. A changed, removed or slipped-in entry breaks its chain. Whoever owns the
database could make whole new chains; therefore their heads, «chain:position:fingerprint», are
written into the log each night and belong somewhere else too: `check_journal --head` shows later
whether they still are links.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef

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
        WHERE link.chain = %(chain)s AND link.position > %(position)s
            AND link.position <= %(position)s + %(size)s
    )
    SELECT count(*), max(position), (array_agg(sha256 ORDER BY position DESC))[1],
        min(position) FILTER (
            WHERE position <> before + 1 OR entry_id IS NULL OR sha256 <> digest
        )
    FROM part
"""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a look at all chains found.

    `heads`: their last links; `broken_at`: «chain:position» of the first link that does not fit in
    each broken chain; `outside`: entries that are in no chain.
    """

    checked: int
    heads: list[str]
    broken_at: list[str]
    outside: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, removed or slipped in."""
        return not self.broken_at and not self.outside


def check() -> Verdict:
    """Look at every link, so many at once that memory stays the same."""
    checked, heads, broken_at = 0, [], []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        ends = JournalLink.objects.order_by("chain").values("chain").annotate(end=Max("position"))
        for chain, end in ends.values_list("chain", "end"):
            count, head, broken = _check_chain(cursor, chain, end)
            checked += count
            heads.append(head)
            broken_at += [f"{chain}:{broken}"] if broken is not None else []
        linked = JournalLink.objects.filter(entry=OuterRef("pk"))
        outside = JournalEntry.objects.filter(~Exists(linked)).order_by().count()
    return Verdict(checked=checked, heads=heads, broken_at=broken_at, outside=outside)


def _check_chain(cursor: Any, chain: int, end: int) -> tuple[int, str, int | None]:
    """How many links were looked at, the last of them, and the first that does not fit."""
    position, sha256, checked = 0, "", 0
    while position < end:
        at = {"chain": chain, "position": position, "sha256": sha256, "size": _AT_ONCE}
        cursor.execute(_PART, at)
        count, reached, found, broken = cursor.fetchone()
        if not count:  # a whole part is missing
            return checked, f"{chain}:{position}:{sha256}", position + 1
        checked, position, sha256 = checked + count, reached, found
        if broken is not None:
            return checked, f"{chain}:{position}:{sha256}", broken
    return checked, f"{chain}:{position}:{sha256}", None


def has_head(head: str) -> bool:
    """Whether a head that was noted earlier, «3:42:9f86…», still is a link of its chain."""
    chain, _, rest = head.partition(":")
    position, _, sha256 = rest.partition(":")
    if not (chain.isdecimal() and position.isdecimal()):
        return False
    return JournalLink.objects.filter(chain=chain, position=position, sha256=sha256).exists()


def raise_alarm(verdict: Verdict) -> None:
    """Tell the duty address that the journal was tampered with."""
    letters.post(
        "accounts/letters/journal_broken",
        to=settings.RETAILER.duty_email,
        context={"verdict": verdict},
    )
