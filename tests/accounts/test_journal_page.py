"""The journal in the workplace: found by client, person, action and day; taken out as a table."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable

import openpyxl
import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import journal
from accounts.admin import journal as page
from accounts.models import Client, JournalEntry, User

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Action = JournalEntry.Action
LIST = "admin:accounts_journalentry_changelist"


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work, in a portal with a little past."""
    return login(office)


@pytest.fixture
def past(vega: User, orion: User, vega_client: Client, office: User) -> list[JournalEntry]:
    """Vega's login, a file of Orion's, a login issued to Vega, a refused stranger."""
    return [
        journal.record(Action.LOGIN, user=vega, subject="вход Веги"),
        journal.record(Action.FILE_OPENED, user=orion, subject="файл Ориона"),
        journal.record(
            Action.LOGIN_ISSUED, user=office, person=vega, client=vega_client, subject="выдан"
        ),
        journal.record(Action.LOGIN_REFUSED, login="stranger", subject="чужой"),
    ]


def found(browser: Browser, **query: str) -> set[str]:
    rows = browser.get(reverse(LIST), query).context["cl"].result_list
    return {row.subject for row in rows if row.action != Action.OFFICE_VIEWED}


def _text(kind: str, content: bytes) -> str:
    if kind == "csv":
        return content.decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(content))
    return str([[cell.value for cell in row] for row in book.active.rows])


def test_by_client_person_action_and_address(
    desk: Browser, past: list[JournalEntry], vega_client: Client
) -> None:
    # With what its people did that names no client: a login.
    assert found(desk, inn=vega_client.inn) == {"выдан", "вход Веги"}
    assert found(desk, client__id__exact=str(vega_client.pk)) == {"выдан"}
    assert found(desk, who="vega") == {"вход Веги"}
    assert found(desk, who="stranger") == {"чужой"}
    assert found(desk, whom="VEGA") == {"выдан"}
    assert found(desk, action__exact="file_opened") == {"файл Ориона"}
    assert found(desk, action__exact="file_opened", who="vega") == set()
    assert found(desk, from_ip="203.0.113.7") == set()


def test_what_is_typed_is_one_form_and_keeps_what_is_chosen(
    desk: Browser, past: list[JournalEntry]
) -> None:
    answer = desk.get(reverse(LIST), {"who": "vega", "action__exact": "login"})
    html = BeautifulSoup(answer.content, "html.parser")
    inputs = html.select("input[form=typed-filters]")
    typed = {str(tag["name"]): str(tag["value"]) for tag in inputs}
    assert typed == {"inn": "", "who": "vega", "whom": "", "since": "", "until": "", "from_ip": ""}
    (form,) = html.select("form#typed-filters")
    kept = {str(tag["name"]): str(tag["value"]) for tag in form.select("input")}
    assert kept == {"action__exact": "login"}
    assert found(desk, **typed, **kept) == {"вход Веги"}


def test_by_day_in_the_retailers_time_zone(desk: Browser, past: list[JournalEntry]) -> None:
    today = timezone.localdate()
    tomorrow = today + datetime.timedelta(days=1)
    assert len(found(desk, since=today.isoformat(), until=f"{today:%d.%m.%Y}")) == 4
    assert found(desk, since=tomorrow.isoformat()) == set()
    assert found(desk, until=(today - datetime.timedelta(days=1)).isoformat()) == set()


@pytest.mark.parametrize(
    "query", [{"inn": "1"}, {"whom": "nobody"}, {"since": "вчера"}, {"from_ip": "x"}]
)
def test_nonsense_is_said(query: dict[str, str], desk: Browser, past: list[JournalEntry]) -> None:
    answer = desk.get(reverse(LIST), query)
    assert not answer.context["cl"].result_list
    assert "не подходит" in answer.content.decode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_it_is_taken_out_as_it_is_filtered(
    kind: str, desk: Browser, past: list[JournalEntry], office: User
) -> None:
    address = reverse("admin:accounts_journalentry_export", args=[kind])
    answer = desk.get(address, {"who": "vega"})
    assert answer.status_code == 200
    assert "вход Веги" in _text(kind, answer.content)
    entry = JournalEntry.objects.get(action=Action.EXPORTED)
    assert entry.user == office
    assert entry.details["rows"] == 1
    assert entry.details["query"] == "who=vega"


def test_too_much_is_refused_and_not_cut_off(
    desk: Browser, past: list[JournalEntry], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MAX_ROWS", 3)
    answer = desk.get(reverse("admin:accounts_journalentry_export", args=["csv"]), follow=True)
    assert "сузьте отбор" in answer.content.decode()


def test_only_for_whoever_sees_the_journal(db: None, vega: User, login: Login) -> None:
    for user in (vega, User.objects.create(username="clerk", is_staff=True)):
        address = reverse("admin:accounts_journalentry_export", args=["csv"])
        assert login(user).get(address).status_code == 403


def test_twenty_entries_cost_what_two_do(
    desk: Browser,
    vega: User,
    vega_client: Client,
    statements: Callable[[Browser, str], int],
) -> None:
    def write(times: int) -> None:
        for _ in range(times):
            journal.record(Action.LOGIN_ISSUED, user=vega, person=vega, client=vega_client)

    write(2)
    few = statements(desk, reverse(LIST))
    write(20)
    assert statements(desk, reverse(LIST)) == few


@pytest.mark.parametrize(
    "query", [{"who": "vega"}, {"inn": ""}, {"whom": "vega"}, {"action__exact": "login"}, {}]
)
def test_every_filter_walks_an_index(
    query: dict[str, str], desk: Browser, past: list[JournalEntry], vega_client: Client
) -> None:
    """Where neither scanning nor sorting pays, no plan does it: each order is an index's own."""
    query = {name: value or vega_client.inn for name, value in query.items()}
    rows = desk.get(reverse(LIST), query).context["cl"].queryset
    with connection.cursor() as cursor:
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off;"
            " SET LOCAL enable_sort = off; SET LOCAL enable_incremental_sort = off"
        )
    plan = rows.select_related(None)[:50].explain()
    assert "Sort" not in plan
    assert "journal_by_" in plan
