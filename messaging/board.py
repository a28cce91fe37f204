"""The office's board: which cases are late, which soon will be, and who has them.

Every figure is one statement over the open cases, however many closed ones lie behind them.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import User
from cabinet import formats
from contracts import working_days
from contracts.models import Branch, Specialist, Topic
from contracts.supervision import DUTY, Rule
from messaging.models import Attachment, Delivery, IncomingMail, Message

# How many cases the list shows: the first of them are the ones to act on.
LISTED = 50
# Cases of the next working days are «soon».
SOON_DAYS = 3

_REFUSED = (Delivery.State.FAILED, Delivery.State.BOUNCED)
_COLOURS = {
    Delivery.State.HELD: "warn",
    Delivery.State.QUEUED: "info",
    Delivery.State.SENT: "ok",
    Delivery.State.FAILED: "bad",
    Delivery.State.BOUNCED: "bad",
}


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What the board is cut to; None: everything."""

    branch: Branch | None = None
    topic: Topic | None = None
    specialist: Specialist | None = None
    # What the person may see at all; None: everything.
    within: QuerySet[Message] | None = None

    def of(self, rows: QuerySet[Message]) -> QuerySet[Message]:
        """The messages left by the filters."""
        if self.branch:
            rows = rows.filter(contract__branch=self.branch)
        if self.topic:
            rows = rows.filter(topic=self.topic)
        if self.specialist:
            rows = rows.filter(specialist=self.specialist)
        if self.within is not None:
            rows = rows.filter(pk__in=self.within.order_by().values("pk"))
        return rows


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number at the top: «Просрочено 3», its colour, and the list behind it, if there is one.

    `right`: who may open that list.
    """

    words: str
    count: int
    modifier: str
    address: str = ""
    right: str = ""


@dataclass(frozen=True, kw_only=True)
class Share:
    """A line of a table: how many open cases somebody has, and how many of them are late."""

    name: str
    open: int
    overdue: int
    address: str = ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One urgent case: `left` working days until the promised one, negative when it has passed."""

    message: Message
    left: int
    delivery: Delivery | None

    @property
    def modifier(self) -> str:
        """The colour by how much of the time is used: 50 %, 80 %, all of it."""
        if self.left < 0:
            return "bad"
        used = 1 - self.left / self.message.topic.answer_days
        if used >= 0.8:
            return "warn"
        return "info" if used >= 0.5 else "ok"

    @property
    def delivery_modifier(self) -> str:
        """The colour of the latest letter to whoever has it."""
        return _COLOURS[Delivery.State(self.delivery.state)] if self.delivery else "plain"

    @property
    def left_words(self) -> str:
        """«просрочено на 2 рабочих дня», «сегодня», «3 рабочих дня»."""
        days = f"{formats.plural(self.left, 'рабочий день', 'рабочих дня', 'рабочих дней')}"
        number = f"{abs(self.left)}{formats.NBSP}{days}"
        if self.left < 0:
            return f"просрочено на {number}"
        return f"осталось {number}" if self.left else "сегодня"


@dataclass(frozen=True, kw_only=True)
class Board:
    """All of the page."""

    figures: list[Figure]
    by_branch: list[Share]
    by_topic: list[Share]
    by_holder: list[Share]
    cases: list[Case]
    total: int
    warnings: list[str]

    @property
    def tables(self) -> list[tuple[str, list[Share]]]:
        """The three tables under their names."""
        return [
            ("Отделения", self.by_branch),
            ("Темы", self.by_topic),
            ("У кого обращения", self.by_holder),
        ]


def look(*, on: datetime.date, filters: Filters) -> Board:
    """The board on a day, in a number of statements that does not grow."""
    opened = filters.of(Message.objects.awaiting_answer())
    figures, total = _figures(opened, on, filters)
    return Board(
        figures=figures,
        by_branch=_by_branch(opened, on),
        by_topic=_by_topic(opened, on),
        by_holder=_by_holder(opened, on),
        cases=_cases(opened, on),
        total=total,
        warnings=working_days.warnings(on=on),
    )


def late_by_branch(user: User, *, on: datetime.date) -> list[Share]:
    """Open and late cases of each branch that this member of the office works on.

    By one statement, those with the most late ones first.
    """
    return _by_branch(Message.objects.worked_on_by(user).awaiting_answer(), on)


def holders() -> QuerySet[Specialist]:
    """Specialists who have open cases, for the filter."""
    having = Message.objects.awaiting_answer().filter(specialist__isnull=False)
    return Specialist.objects.filter(pk__in=having.values("specialist"))


# Figures -----------------------------------------------------------------------------------------


def _figures(
    opened: QuerySet[Message], on: datetime.date, filters: Filters
) -> tuple[list[Figure], int]:
    soon = working_days.add(on, SOON_DAYS)
    counts = opened.order_by().aggregate(
        total=Count("pk"),
        overdue=Count("pk", filter=Q(due_on__lt=on)),
        today=Count("pk", filter=Q(due_on=on)),
        soon=Count("pk", filter=Q(due_on__gt=on, due_on__lte=soon)),
    )
    waiting = filters.of(Message.objects.filter(state=Message.State.WAITING)).count()
    letters = _refused_letters(filters).count()
    tray = IncomingMail.objects.filter(state=IncomingMail.State.TRAY).count()
    checked = Attachment.objects.filter(
        scan=Attachment.Scan.PENDING, message__in=filters.of(Message.objects.all())
    ).count()
    figures = [
        Figure(words="просрочено", count=counts["overdue"], modifier=_bad(counts["overdue"])),
        Figure(words="ответить сегодня", count=counts["today"], modifier=_warn(counts["today"])),
        Figure(words=f"в ближайшие {SOON_DAYS} рабочих дня", count=counts["soon"], modifier="info"),
        Figure(words="ждём клиента", count=waiting, modifier="plain"),
        Figure(
            words="писем не доставлено",
            count=letters,
            modifier=_bad(letters),
            address=_list("delivery", state__in=",".join(_REFUSED)),
            right="messaging.view_delivery",
        ),
        Figure(
            words="входящих без обращения",
            count=tray,
            modifier=_warn(tray),
            address=_list("incomingmail", state__exact=IncomingMail.State.TRAY),
            right="messaging.view_incomingmail",
        ),
        Figure(words="файлов на проверке", count=checked, modifier=_warn(checked)),
    ]
    return figures, counts["total"]


def _refused_letters(filters: Filters) -> QuerySet[Delivery]:
    """Letters that found no other way, of cases that are not closed."""
    going = filters.of(Message.objects.exclude(state=Message.State.CLOSED))
    return Delivery.objects.filter(
        state__in=_REFUSED, redirected_to__isnull=True, message__in=going
    )


def _bad(count: int) -> str:
    return "bad" if count else "ok"


def _warn(count: int) -> str:
    return "warn" if count else "ok"


def _list(model: str, **query: str) -> str:
    return f"{reverse(f'admin:messaging_{model}_changelist')}?{urlencode(query)}"


# Tables ------------------------------------------------------------------------------------------


def _counted(opened: QuerySet[Message], on: datetime.date, *by: str) -> Any:
    """Open and late cases by some columns, those with the most late ones first."""
    return (
        opened.order_by()
        .values(*by)
        .annotate(open=Count("pk"), overdue=Count("pk", filter=Q(due_on__lt=on)))
        .order_by("-overdue", "-open", *by)
    )


def _by_branch(opened: QuerySet[Message], on: datetime.date) -> list[Share]:
    rows = _counted(opened, on, "contract__branch", "contract__branch__name")
    return [
        _share(row, row["contract__branch__name"], branch=row["contract__branch"]) for row in rows
    ]


def _by_topic(opened: QuerySet[Message], on: datetime.date) -> list[Share]:
    rows = _counted(opened, on, "topic", "topic__name")
    return [_share(row, row["topic__name"], topic=row["topic"]) for row in rows]


def _by_holder(opened: QuerySet[Message], on: datetime.date) -> list[Share]:
    """Specialists, then the groups and the duty address together with what they have."""
    people = opened.filter(specialist__isnull=False)
    rows = list(_counted(people, on, "specialist"))
    named = Specialist.objects.in_bulk([row["specialist"] for row in rows])
    shares = [
        _share(row, named[row["specialist"]].short_name, specialist=row["specialist"])
        for row in rows
    ]
    groups = _counted(opened.filter(specialist__isnull=True), on, "to", "rule")
    return shares + [
        _share(row, f"{DUTY}, {row['to']}" if row["rule"] == Rule.DUTY else row["to"])
        for row in groups
    ]


def _share(row: dict[str, Any], name: str, **query: int) -> Share:
    address = f"?{urlencode(query)}" if query else ""
    return Share(name=name, open=row["open"], overdue=row["overdue"], address=address)


# The list ----------------------------------------------------------------------------------------


def _cases(opened: QuerySet[Message], on: datetime.date) -> list[Case]:
    letters = Delivery.objects.filter(purpose__in=Delivery.CARRYING).order_by("-created_at", "-pk")
    rows = list(
        opened.select_related(
            "topic", "contract__client", "contract__branch", "specialist", "deputy_for"
        )
        .prefetch_related(Prefetch("deliveries", queryset=letters))
        .order_by("due_on", "pk")[:LISTED]
    )
    left = working_days.until((message.due_on for message in rows), on=on)
    return [
        Case(message=message, left=left[message.due_on], delivery=message.delivery)
        for message in rows
    ]
