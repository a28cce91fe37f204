"""«Смотреть как клиент»: the office looks at a client's pages with the client's eyes.

The member of the office keeps the session; for each request `request.user` becomes the client's
person, so that the one door (`Contract.objects.visible_to`) opens exactly what the person sees and
nobody needs a shortcut through it. Everything else is refused by default:

* only pages of the rooms in `ROOMS` and the open pages in `PAGES` answer; a new room is closed;
* nothing but GET and HEAD, and PostgreSQL refuses every write of a page (a read-only transaction
  that is rolled back), so that nothing can be marked, drafted or ordered in the client's name;
* what is known of it lies in the session on the server: it ends with the staff's logout, at the
  term, and at the next request after the staff's right or the person's access is gone.

Each page is written into the journal before it leaves, for every client whose rows it may show.
"""

from __future__ import annotations

import datetime
import re
import secrets
from collections.abc import Callable, Iterable
from html import unescape

from django.conf import settings
from django.db import InternalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import Resolver404, ResolverMatch, resolve
from django.utils import timezone

from accounts import journal
from accounts.models import Client, Membership, User
from accounts.visitor import Viewing, user_of

ROOMS = frozenset({"contracts", "documents", "meters", "billing", "messaging"})
PAGES = frozenset(
    {
        "accounts:front", "accounts:business", "accounts:individuals", "accounts:privacy",
        "accounts:accessibility", "accounts:help",
    }
)  # fmt: skip
RIGHT = "accounts.view_as_client"

_KEY = "viewing"
_READ_ONLY = "25006"  # PostgreSQL: a write within a read-only transaction
_TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL)


class ViewingRefused(Exception):
    """With these eyes nobody may look; the words say why."""


class Over(Exception):
    """The viewing has ended, the words say why; `client_id` is whose cabinet it was."""

    def __init__(self, words: str, client_id: int) -> None:
        """With the reason."""
        super().__init__(words)
        self.client_id = client_id


def may_view(user: User) -> bool:
    """Whether this member of the office may look with clients' eyes."""
    return user.is_staff and user.has_perm(RIGHT)


def eyes_of(client: Client) -> list[Membership]:
    """With whose eyes the client's cabinet can be looked at: those who may come in today."""
    people = Membership.objects.active().filter(client=client, user__is_staff=False)
    return list(
        people.filter(user__is_superuser=False)
        .select_related("user", "client")
        .order_by("user__last_name", "pk")
    )


def accesses_of(person: User, *, staff: User) -> list[Membership]:
    """Through which accesses `staff` may look with this person's eyes."""
    if not may_view(staff) or person.is_staff or person.is_superuser:
        return []
    return list(Membership.objects.active().filter(user=person).select_related("client"))


@transaction.atomic
def start(request: HttpRequest, *, client: Client, person: User, reason: str) -> None:
    """Begin to look with `person`'s eyes, for `settings.VIEWING`; every client of theirs is told.

    Raises:
        ViewingRefused: no right, no reason, or not a person who may come in at this client today.
    """
    staff = user_of(request)
    if not may_view(staff):
        raise ViewingRefused("У вас нет права смотреть кабинет глазами клиента.")
    if not reason.strip():
        raise ViewingRefused("Укажите причину: её увидит клиент.")
    if not _has_eyes(client.pk, person):
        raise ViewingRefused("У этого человека сейчас нет доступа к кабинету клиента.")
    key, until = secrets.token_hex(8), timezone.now() + settings.VIEWING
    for owner in _clients(person, first=client.pk):
        journal.record(
            journal.Action.VIEWING_STARTED,
            request=request,
            person=person,
            client=owner,
            subject=reason.strip(),
            details={
                "viewing": key,
                "until": until.isoformat(),
                "office_name": staff.full_name or staff.username,
                "office_position": staff.position,
            },
        )
    request.session[_KEY] = {
        "key": key,
        "staff": staff.pk,
        "person": person.pk,
        "client": client.pk,
        "client_name": client.short_name,
        "reason": reason.strip(),
        "until": until.isoformat(),
    }


def is_on(request: HttpRequest) -> bool:
    """Whether this session looks with a client's eyes."""
    return _KEY in request.session


def resume(request: HttpRequest) -> Viewing:
    """The viewing of this session, if it still may go on.

    Raises:
        Over: the term is over, or the right or the access is gone; it is ended and written down.
    """
    kept = request.session[_KEY]
    staff = user_of(request)
    person = User.objects.filter(pk=kept["person"]).first()
    until = datetime.datetime.fromisoformat(kept["until"])
    reason = None
    if staff.pk != kept["staff"] or not may_view(staff):
        reason = "Просмотр глазами клиента завершён: у вас больше нет этого права."
    elif timezone.now() >= until:
        reason = "Просмотр глазами клиента завершён: время истекло."
    elif person is None or not _has_eyes(kept["client"], person):
        reason = "Просмотр глазами клиента завершён: у этого человека больше нет доступа."
    if reason or person is None:
        stop(request, words=reason or "")
        raise Over(reason or "", kept["client"])
    return Viewing(
        key=kept["key"],
        staff=staff,
        person=person,
        client_id=kept["client"],
        client_name=kept["client_name"],
        reason=kept["reason"],
        until=until,
    )


@transaction.atomic
def stop(request: HttpRequest, *, words: str = "по кнопке") -> int | None:
    """End the viewing of this session; whose cabinet it was, None if there was no viewing."""
    kept = request.session.pop(_KEY, None)
    if kept is None:
        return None
    person = User.objects.get(pk=kept["person"])
    for owner in _clients(person, first=kept["client"]):
        journal.record(
            journal.Action.VIEWING_ENDED,
            request=request,
            user=user_of(request),
            person=person,
            client=owner,
            subject=words,
            details={"viewing": kept["key"]},
        )
    return int(kept["client"])


def destination(request: HttpRequest) -> ResolverMatch | None:
    """What the address leads to; None where it leads nowhere."""
    try:
        return resolve(request.path_info)
    except Resolver404:
        return None


def is_own(match: ResolverMatch | None) -> bool:
    """Whether the address is one of the staff's own: end the viewing, log out."""
    return match is not None and match.view_name in {"accounts:viewing-end", "account_logout"}


def is_open(match: ResolverMatch | None) -> bool:
    """Whether a page may be looked at; an address that leads nowhere answers 404 by itself."""
    if match is None:
        return True
    return match.view_name in PAGES or (match.namespaces[:1] or [""])[0] in ROOMS


def read_only(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """The answer made within a transaction in which PostgreSQL refuses to write."""

    def answer(request: HttpRequest) -> HttpResponse:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
            response = get_response(request)
            transaction.set_rollback(True)
        return response

    return answer


def is_refused_write(exception: BaseException) -> bool:
    """Whether the page wanted to write."""
    return (
        isinstance(exception, InternalError)
        and getattr(exception.__cause__, "sqlstate", None) == _READ_ONLY
    )


@transaction.atomic
def note(request: HttpRequest, viewing: Viewing, response: HttpResponse) -> None:
    """Write into the journal what was looked at, before it leaves."""
    viewing.is_over = True
    details = {"path": request.get_full_path()[:500], "status": response.status_code}
    for entry in viewing.entries:
        entry.details |= details
        entry.save(force_insert=True)
    if not viewing.entries:
        for owner in _shown(request, viewing, response):
            journal.record(
                journal.Action.PAGE_VIEWED,
                request=request,
                client=owner,
                subject=_title(response) or request.path,
                details=details,
            )


def note_refused(request: HttpRequest, viewing: Viewing) -> None:
    """Write down what was tried and refused."""
    viewing.is_over = True
    journal.record(
        journal.Action.VIEWING_REFUSED,
        request=request,
        client=Client.objects.get(pk=viewing.client_id),
        subject=f"{request.method} {request.path}",
    )


def _has_eyes(client_id: int, person: User) -> bool:
    if person.is_staff or person.is_superuser or not person.is_active:
        return False
    return Membership.objects.active().filter(client=client_id, user=person).exists()


def _clients(person: User, *, first: int) -> list[Client]:
    """The clients for whom the person acts today and `first`, which comes first."""
    own = Membership.objects.active().filter(user=person).values("client")
    found = Client.objects.filter(pk__in=own) | Client.objects.filter(pk=first)
    return sorted(found.distinct(), key=lambda client: client.pk != first)


def _shown(request: HttpRequest, viewing: Viewing, response: HttpResponse) -> Iterable[Client]:
    """Whose rows the page may show: the contract's client, or all for whom the person acts."""
    match = request.resolver_match
    contract = match.kwargs.get("contract") if match else None
    if response.status_code >= 400:
        return Client.objects.filter(pk=viewing.client_id)
    if contract is None:
        return _clients(viewing.person, first=viewing.client_id)
    return Client.objects.filter(contracts=contract)


def _title(response: HttpResponse) -> str:
    """The page's own title, without the portal's name."""
    if response.streaming or not response.get("Content-Type", "").startswith("text/html"):
        return ""
    found = _TITLE.search(response.content.decode("utf-8", "replace"))
    return unescape(found[1]).rpartition(" — ")[0].strip() if found else ""
