"""What is written down about an import: how it ended, what it did, which rows were refused."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from accounts import journal
from accounts.models import User
from cabinet import files, formats
from exchange.incoming.merging import Merged
from exchange.incoming.refusals import Refusals
from exchange.incoming.tables import TABLES
from exchange.models import Import, RefusedRow

State = Import.State
_STORED_AT_ONCE = 1_000


@dataclass(kw_only=True)
class Outcome:
    """What a load did, or would do."""

    counts: dict[str, Merged] = field(default_factory=dict)
    samples: dict[str, Any] = field(default_factory=dict)
    refusals: Refusals = field(default_factory=Refusals)

    @property
    def has_changed(self) -> bool:
        """Whether anything was new or changed."""
        return any(count.new or count.changed for count in self.counts.values())


def note_checked(attempt: Import, outcome: Outcome) -> None:
    """The package may be applied; this is what that would do."""
    _note(attempt, outcome, state=State.CHECKED)


def note_applied(attempt: Import, outcome: Outcome) -> None:
    """The package is in; called in the transaction of its data."""
    _note(attempt, outcome, state=State.APPLIED, applied_at=Now(), finished_at=Now())
    journalled(attempt, "загружен", user=attempt.applied_by or attempt.created_by)


def journalled(attempt: Import, done: str, *, user: User | None) -> None:
    """Note in the journal what was done with a package, and on whose word; nobody: the portal's.

    The request that ordered it has a line of its own; this one stands if it was done, whichever way
    the package came.
    """
    journal.record(
        journal.Action.OFFICE_DID,
        user=user,
        subject=f"Пакет «{attempt.name}»: {done}",
        details={
            "import": attempt.pk,
            "source": attempt.source,
            "sha256": attempt.sha256,
            "as_of": attempt.as_of.isoformat() if attempt.as_of else None,
            "rows": {
                name: {kind: count for kind, count in counts.items() if count}
                for name, counts in attempt.counts.items()
            },
        },
    )


@transaction.atomic
def note_refused(attempt: Import, outcome: Outcome, words: str = "") -> None:
    """The package does not go in; `words` say why when no single row is to blame."""
    refusals = outcome.refusals
    if not words:
        count = formats.counted(refusals.total, "строка", "строки", "строк")
        words = f"Отклонено: {count}. Первая — {refusals.first().as_error()}"
    _note(attempt, outcome, state=State.REFUSED, trouble=words, finished_at=Now())
    attempt.refusals.all().delete()
    RefusedRow.objects.bulk_create(
        (
            RefusedRow(
                attempt=attempt,
                table=refusal.table,
                row=refusal.row,
                column=refusal.column,
                key=refusal.key,
                reason=refusal.reason[:500],
                cells=refusal.cells,
            )
            for refusal in refusals.in_order()
        ),
        batch_size=_STORED_AT_ONCE,
    )


def note_failed(attempt: Import, words: str) -> None:
    """It broke off: nothing of it was kept, and the package is not to blame."""
    attempt.state, attempt.trouble = State.FAILED, words
    Import.objects.filter(pk=attempt.pk).update(
        state=State.FAILED, trouble=words, stage="", finished_at=Now()
    )


def forget_file(attempt: Import) -> None:
    """Throw away the uploaded ZIP of an import that will not need it any more."""
    path = attempt.path
    Import.objects.filter(pk=attempt.pk).update(path="")
    attempt.path = ""
    if path:
        transaction.on_commit(lambda: files.forget([path]), robust=True)


def _note(attempt: Import, outcome: Outcome, *, state: Import.State, **values: Any) -> None:
    refusals = outcome.refusals
    counts = {
        table.name: {
            **(asdict(outcome.counts[table.name]) if table.name in outcome.counts else {}),
            "refused": refusals.of(table.name),
        }
        for table in TABLES
        if table.name in outcome.counts or refusals.of(table.name)
    }
    attempt.state, attempt.trouble = state, values.get("trouble", "")
    attempt.counts, attempt.samples = counts, outcome.samples
    attempt.has_changed, attempt.refused_rows = outcome.has_changed, refusals.total
    Import.objects.filter(pk=attempt.pk).update(
        **{
            "state": state,
            "counts": counts,
            "samples": {**outcome.samples, "headers": refusals.headers} if refusals.total
            else outcome.samples,
            "has_changed": outcome.has_changed,
            "refused_rows": refusals.total,
            "trouble": "",
            "percent": 100,
            "stage": "",
            **values,
        }
    )  # fmt: skip
