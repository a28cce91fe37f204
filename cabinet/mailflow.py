"""Whether mail flows: every outbox at a glance, for the office's page and for monitoring.

What counts is the age of the oldest letter that should have left, not whether a process is up.
Each figure is read from the partial indexes of the outboxes or counted no further than a cap.
"""

from __future__ import annotations

import datetime
import enum
from dataclasses import dataclass
from typing import Any

from django.db.models import Max, Min, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.text import capfirst

from cabinet import celery, formats, outbox
from cabinet.outbox import OutboxRow

# A due letter waits a minute for beat, and a few for its turn.
SLOW_AFTER = datetime.timedelta(minutes=5)
STUCK_AFTER = datetime.timedelta(minutes=30)
# Nobody needs to know whether it is ten thousand or a hundred thousand.
COUNTED_AT_MOST = 10_000
REFUSALS_SHOWN = 10

_NOTHING = datetime.timedelta(0)
_DAY = datetime.timedelta(days=1)
_HOUR = datetime.timedelta(hours=1)
State = OutboxRow.State


class Verdict(enum.IntEnum):
    """How bad it is; the value is the exit code of `manage.py mail_flow`."""

    FLOWS = 0
    SLOW = 1
    STUCK = 2

    @property
    def words(self) -> str:
        """«почта идёт»."""
        return ("почта идёт", "почта задерживается", "почта стоит")[self]

    @property
    def modifier(self) -> str:
        """The colour of it (look.md, `status--…`)."""
        return ("ok", "warn", "bad")[self]


@dataclass(frozen=True, kw_only=True)
class Outbox:
    """One outbox.

    `oldest_due_at` is when the letter that waits longest should have been tried; `oldest_queued_at`
    and `oldest_held_at` when the oldest of those not sent yet were written; `retrying` are
    those that were tried at least once; `given_up` nobody has put back into the queue. Counts stop
    at `COUNTED_AT_MOST`.
    """

    name: str
    model: type[OutboxRow]
    oldest_due_at: datetime.datetime | None
    oldest_queued_at: datetime.datetime | None
    oldest_held_at: datetime.datetime | None
    due: int
    queued: int
    retrying: int
    held: int
    given_up: int
    given_up_today: int
    sent_in_hour: int
    sent_in_day: int
    last_sent_at: datetime.datetime | None
    last_error: str

    @property
    def waits(self) -> datetime.timedelta:
        """For how long the oldest due letter has been due."""
        return _since(self.oldest_due_at)

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The figures in words, for a page and for a terminal."""
        return [
            ("Старшее письмо ждёт", _lasting(self.waits) if self.due else "ничего не ждёт"),
            ("Самое старое в очереди", _age(self.oldest_queued_at)),
            ("В очереди", f"{_figure(self.queued)}, из них пора отправить {_figure(self.due)}"),
            ("Повторяются", _figure(self.retrying)),
            (
                "На проверке антивирусом",
                f"{_figure(self.held)}, самое старое: {_age(self.oldest_held_at)}",
            ),
            (
                "Не доставлено",
                f"{_figure(self.given_up)}, из них за сутки {_figure(self.given_up_today)}",
            ),
            (
                "Отправлено",
                f"за час {_figure(self.sent_in_hour)}, за сутки {_figure(self.sent_in_day)}",
            ),
            ("Последний успех", formats.moment_seconds(self.last_sent_at)),
            ("Последняя ошибка в очереди", self.last_error or "нет"),
        ]

    @property
    def verdict(self) -> Verdict:
        """By the age of what has not left: due, retried, or held for the antivirus.

        One letter that is retried is that mailbox's trouble; when nothing else leaves, it is ours.
        """
        is_old = max(_since(self.oldest_queued_at), _since(self.oldest_held_at)) >= STUCK_AFTER
        is_silent = self.queued > 0 and self.retrying == self.queued and self.sent_in_hour == 0
        if self.waits >= STUCK_AFTER or (is_silent and is_old):
            return Verdict.STUCK
        return Verdict.SLOW if self.waits >= SLOW_AFTER or is_silent or is_old else Verdict.FLOWS


@dataclass(frozen=True, kw_only=True)
class Flow:
    """Every outbox, and how often today no worker could be woken."""

    outboxes: list[Outbox]
    failed_wakes: int

    @property
    def verdict(self) -> Verdict:
        """The worst one's."""
        return max((box.verdict for box in self.outboxes), default=Verdict.FLOWS)


def look() -> Flow:
    """How it stands now."""
    return Flow(
        outboxes=[_look_into(model) for model in outbox.outboxes()],
        failed_wakes=celery.failed_wakes(),
    )


def refusals(model: type[OutboxRow]) -> QuerySet[Any]:
    """Letters that were given up, the latest first."""
    given_up: QuerySet[Any] = model.objects.filter(state__in=(State.FAILED, State.BOUNCED))
    return given_up.order_by("-pk")


def _look_into(model: type[OutboxRow]) -> Outbox:
    rows = model.objects
    queued = rows.filter(state=State.QUEUED)
    given_up = refusals(model)
    # Letters leave within days of being written: rows of older ones need not be looked at.
    recent = rows.filter(state=State.SENT, sent_at__gt=Now() - _DAY)
    latest_error = queued.exclude(last_error="").order_by("-next_try_at", "-pk").first()
    return Outbox(
        name=capfirst(str(model._meta.verbose_name_plural)),
        model=model,
        oldest_due_at=queued.filter(next_try_at__lte=Now()).aggregate(at=Min("next_try_at"))["at"],
        oldest_queued_at=queued.aggregate(at=Min("created_at"))["at"],
        oldest_held_at=rows.filter(state=State.HELD).aggregate(at=Min("created_at"))["at"],
        due=_count(queued.filter(next_try_at__lte=Now())),
        queued=_count(queued),
        retrying=_count(queued.filter(attempts__gt=0)),
        held=_count(rows.filter(state=State.HELD)),
        given_up=_count(given_up),
        given_up_today=_count(given_up.filter(next_try_at__gt=Now() - _DAY)),
        sent_in_hour=_count(rows.filter(state=State.SENT, sent_at__gt=Now() - _HOUR)),
        sent_in_day=_count(recent),
        last_sent_at=rows.aggregate(at=Max("sent_at"))["at"],
        last_error=latest_error.last_error if latest_error else "",
    )


def _count(rows: QuerySet[Any]) -> int:
    """How many, no further than the cap."""
    return rows.order_by()[:COUNTED_AT_MOST].count()


def _since(moment: datetime.datetime | None) -> datetime.timedelta:
    """How long ago; nothing for no moment, and for one to come."""
    return max(timezone.now() - moment, _NOTHING) if moment else _NOTHING


def _age(moment: datetime.datetime | None) -> str:
    return _lasting(_since(moment)) if moment else "нет"


def _figure(count: int) -> str:
    """«12», «больше 10 000»."""
    words = formats.quantity(count)
    return f"больше {words}" if count >= COUNTED_AT_MOST else words


def _lasting(span: datetime.timedelta) -> str:
    """«меньше минуты», «12 минут», «3 ч 5 мин»."""
    minutes = int(span.total_seconds()) // 60
    if minutes < 1:
        return "меньше минуты"
    if minutes < 60:
        return formats.counted(minutes, "минуту", "минуты", "минут")
    return f"{minutes // 60} ч {minutes % 60} мин"
