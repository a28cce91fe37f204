"""«История доступа»: what a client's director is told of who came in, and who of the office looked.

Three kinds of lines, each one walk of an index of the journal: looks of the office with the
company's eyes (with the pages that were opened), logins of the company's people, and accesses that
were issued, renewed and revoked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import TruncDate
from django.http import QueryDict

from accounts.journal import Action
from accounts.models import Client, JournalEntry, Membership, User
from accounts.roles import Right
from cabinet import formats, keyset

ORDER = keyset.Order(keys=("at", "pk"))
PAGE_ROWS = 50

VIEWS, LOGINS, ACCESSES = "views", "logins", "accesses"
KINDS = {
    VIEWS: "Просмотры офисом",
    LOGINS: "Входы",
    ACCESSES: "Выдача, изменение и отзыв",
}
_LOGINS = (Action.LOGIN, Action.LOGOUT, Action.SESSION_ENDED)
_ACCESSES = (
    Action.LOGIN_ISSUED, Action.ACCESS_GRANTED, Action.ACCESS_NARROWED, Action.ACCESS_REVOKED,
    Action.ACCESS_REQUESTED, Action.REQUEST_CLOSED,
)  # fmt: skip
_OPENED = (Action.PAGE_VIEWED, Action.FILE_OPENED)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line as the page shows it; `pages` are what the office opened, in their order."""

    at: str
    what: str
    who: str
    about: str
    pages: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class History:
    """A page of lines of one kind, and what else there is to choose from."""

    client: Client
    clients: Sequence[Client]
    kind: str
    page: keyset.Page
    rows: Sequence[Row]

    @property
    def kinds(self) -> list[tuple[str, str]]:
        """The kinds and their names, in the order of the page."""
        return list(KINDS.items())


def led_by(user: User) -> list[Client]:
    """The clients whose whole access this person may see."""
    led = Membership.objects.leading(Right.SEE_COLLEAGUES).filter(user=user)
    return list(Client.objects.filter(pk__in=led.values("client")))


def look(led: Sequence[Client], query: QueryDict) -> History:
    """The page that the address asks for; nonsense in it falls back to the first of each choice."""
    client = next((one for one in led if str(one.pk) == query.get("client")), led[0])
    kind = query.get("kind", "")
    kind = kind if kind in KINDS else VIEWS
    whole = _lines(client, kind)

    def fetch(condition: Q | None, names: Sequence[str], count: int) -> list[JournalEntry]:
        found = whole if condition is None else whole.filter(condition)
        return list(found.select_related("user", "person").order_by(*names)[:count])

    page = keyset.page(
        fetch,
        ORDER,
        size=PAGE_ROWS,
        after=keyset.place(whole, query.get("after")),
        before=keyset.place(whole, query.get("before")),
    )
    rows = _viewed(client, page.rows) if kind == VIEWS else [_row(entry) for entry in page.rows]
    return History(client=client, clients=led, kind=kind, page=page, rows=rows)


def _lines(client: Client, kind: str) -> QuerySet[JournalEntry]:
    if kind == VIEWS:
        return JournalEntry.objects.filter(client=client, action=Action.VIEWING_STARTED)
    if kind == ACCESSES:
        return JournalEntry.objects.filter(client=client, action__in=_ACCESSES)
    # Whoever acts for the client; a former one's logins as long as the access lasted.
    acting = Membership.objects.filter(client=client)
    then = acting.held(at=OuterRef("at"), day=OuterRef("day")).filter(user=OuterRef("user"))
    return JournalEntry.objects.annotate(day=TruncDate("at")).filter(
        Exists(then), user__in=acting.values("user"), action__in=_LOGINS
    )


def _viewed(client: Client, starts: Iterable[JournalEntry]) -> list[Row]:
    """Looks of the office with the pages and files that were opened, by one statement."""
    starts = list(starts)
    pages = defaultdict(list)
    keys = [entry.details["viewing"] for entry in starts]
    opened = JournalEntry.objects.filter(
        client=client, action__in=_OPENED, details__viewing__in=keys
    )
    if starts:
        opened = opened.filter(at__gte=min(entry.at for entry in starts))
    for entry in opened.order_by("at", "pk"):
        pages[entry.details["viewing"]].append(f"{formats.clock(entry.at)} {entry.subject}")
    return [
        Row(
            at=formats.moment(entry.at),
            what=entry.subject,
            who=_office_person(entry),
            about=entry.person.full_name if entry.person else formats.ABSENT,
            pages=pages[entry.details["viewing"]],
        )
        for entry in starts
    ]


def _row(entry: JournalEntry) -> Row:
    who = entry.user
    is_office = who is not None and who.is_staff
    return Row(
        at=formats.moment(entry.at),
        what=entry.get_action_display(),
        who=settings.RETAILER.name if is_office else _name(who),
        about=_about(entry),
    )


def _office_person(entry: JournalEntry) -> str:
    """Name and post at the time."""
    name, position = entry.details["office_name"], entry.details["office_position"]
    return f"{name}, {position}" if position else str(name)


def _about(entry: JournalEntry) -> str:
    if entry.action in _LOGINS:
        return str(entry.ip or formats.ABSENT)
    return _name(entry.person) if entry.person else entry.subject


def _name(user: User | None) -> str:
    return (user.full_name or user.username) if user else formats.ABSENT
