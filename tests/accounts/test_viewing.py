"""«Смотреть как клиент»: what the office sees with a client's eyes, and all that it may not."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
import time_machine
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import Client, JournalEntry, Membership, User
from contracts.models import Contract
from documents.models import Opening
from tests import make
from tests.contents import content_of
from tests.frame.test_walk import ALL
from tests.samples import samples

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Action = JournalEntry.Action
REASON = "Звонок: не находит счёт"


# Files that do not exist yet are made by workers, not for these eyes.
MADE_AT_FIRST_OPENING = {"documents:document-file", "meters:submission-paper"}


def begin(browser: Browser, person: User, client: Client, reason: str = REASON) -> int:
    """Start to look; the status of the answer."""
    membership = Membership.objects.get(user=person, client=client)
    address = reverse("admin:accounts_client_view_as", args=[client.pk])
    return browser.post(address, {"membership": membership.pk, "reason": reason}).status_code


@pytest.fixture
def eyes(
    office: User, vega: User, vega_client: Client, vega_contract: Contract, login: Login
) -> Browser:
    """The office with Vega's director's eyes."""
    User.objects.filter(pk=office.pk).update(position="старший инспектор")
    browser = login(office)
    assert begin(browser, vega, vega_client) == 302
    return browser


def fingerprint() -> dict[str, int]:
    """How often each table was written so far, the journal, sessions and cookies' rows aside."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_stat_get_xact_tuples_inserted(oid)"
            " + pg_stat_get_xact_tuples_updated(oid) + pg_stat_get_xact_tuples_deleted(oid)"
            " FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        counts = dict(cursor.fetchall())
    ours = ("accounts_journal", "django_session", "usersessions_usersession")
    return {table: count for table, count in counts.items() if not table.startswith(ours)}


# The way through ------------------------------------------------------------------------------


def test_the_office_sees_what_the_client_sees(eyes: Browser, vega_contract: Contract) -> None:
    page = eyes.get(reverse("contracts:contract", args=[vega_contract.pk]))
    html = page.content.decode()
    assert page.status_code == 200
    assert vega_contract.number in html
    assert "Вы смотрите глазами клиента: Громов Андрей Ильич" in html
    assert REASON in html
    assert "Зимина" in html
    assert "осталось 15 минут" in html.replace("\u00a0", " ")
    assert 'action="/viewing/end/"' in html


def test_the_page_leaves_the_screen_at_the_term(eyes: Browser) -> None:
    assert 0 < int(eyes.get(reverse("contracts:home"))["Refresh"]) <= 15 * 60 + 1


def test_what_is_not_the_clients_stays_closed(eyes: Browser, orion_contract: Contract) -> None:
    answer = eyes.get(reverse("contracts:contract", args=[orion_contract.pk]))
    assert answer.status_code == 404
    assert "Вы смотрите глазами клиента" in answer.content.decode()


def test_each_page_is_in_the_journal(
    eyes: Browser, office: User, vega: User, vega_client: Client, vega_contract: Contract
) -> None:
    address = reverse("billing:debt", args=[vega_contract.pk])
    eyes.get(address, {"month": "10"})
    entry = JournalEntry.objects.filter(action=Action.PAGE_VIEWED).latest("pk")
    assert (entry.user, entry.person, entry.client) == (office, vega, vega_client)
    assert entry.details["path"] == f"{address}?month=10"
    assert vega_contract.number in entry.subject
    assert entry.request_id
    started = JournalEntry.objects.get(action=Action.VIEWING_STARTED)
    assert started.subject == REASON
    assert entry.details["viewing"] == started.details["viewing"]
    assert not JournalEntry.objects.filter(user=vega).exists()


def test_every_client_of_the_person_is_told_of_pages_that_show_its_rows(
    office: User, vega: User, vega_client: Client, orion_client: Client, login: Login
) -> None:
    make.membership(vega, orion_client)
    browser = login(office)
    begin(browser, vega, vega_client)
    browser.get(reverse("contracts:home"))
    for action in (Action.VIEWING_STARTED, Action.PAGE_VIEWED):
        told = JournalEntry.objects.filter(action=action).values_list("client", flat=True)
        assert set(told) == {vega_client.pk, orion_client.pk}, action


def test_the_button_ends_it(eyes: Browser, vega_client: Client) -> None:
    answer = eyes.post(reverse("accounts:viewing-end"))
    assert answer["Location"] == reverse("admin:accounts_client_change", args=[vega_client.pk])
    assert eyes.get(answer["Location"]).status_code == 200
    assert JournalEntry.objects.filter(action=Action.VIEWING_ENDED, client=vega_client).exists()
    html = eyes.get(reverse("accounts:help")).content.decode()
    assert "Вы смотрите глазами" not in html


# Nothing is done in the client's name ----------------------------------------------------------


@pytest.mark.parametrize("name", ALL)
def test_no_page_writes_anything(name: str, request: pytest.FixtureRequest, eyes: Browser) -> None:
    """Every address of the portal: shown without a trace, or refused; never a fault."""
    address = reverse(name, kwargs=samples(name, request))
    if name in {"account_logout", "accounts:viewing-end"}:
        return
    before = fingerprint()
    answer = eyes.get(address)
    assert answer.status_code < 500, answer.status_code
    assert fingerprint() == before
    room = name.partition(":")[0]
    if name in MADE_AT_FIRST_OPENING:
        assert answer.status_code == 403
    elif room in {"contracts", "documents", "meters", "billing", "messaging"}:
        assert answer.status_code in {200, 302, 404, 405}, answer.status_code
    elif answer.status_code != 403:
        assert name in {
            "accounts:front", "accounts:business", "accounts:individuals", "accounts:privacy",
            "accounts:accessibility", "accounts:help",
        }  # fmt: skip


@pytest.mark.parametrize("name", ALL)
def test_nothing_is_posted(name: str, request: pytest.FixtureRequest, eyes: Browser) -> None:
    if name in {"account_logout", "accounts:viewing-end"}:
        return
    address = reverse(name, kwargs=samples(name, request))
    before = fingerprint()
    for method in ("post", "put", "patch", "delete", "options"):
        answer = getattr(eyes, method)(address, {"text": "x"})
        assert answer.status_code == 405
    assert "Только просмотр" in eyes.post(address).content.decode()
    assert fingerprint() == before


def test_a_document_stays_new_to_the_client(
    eyes: Browser, vega: User, office: User, vega_contract: Contract
) -> None:
    document = make.document(
        vega_contract, "transfer_act", content=content_of("transfer_act", vega_contract)
    )
    address = reverse("documents:document-file", args=[vega_contract.pk, document.pk])
    eyes.post(reverse("accounts:viewing-end"))
    answer = Browser()
    answer.force_login(vega)
    assert answer.get(address).status_code == 200
    opened = Opening.objects.count()
    begin(eyes, vega, vega_contract.client)
    assert eyes.get(address).status_code == 200
    assert Opening.objects.count() == opened
    entry = JournalEntry.objects.filter(action=Action.FILE_OPENED).latest("pk")
    assert (entry.user, entry.person) == (office, vega)
    assert entry.details["sha256"]
    assert entry.details["path"] == address


def test_postgresql_itself_refuses_to_write(
    eyes: Browser, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that wants to write is refused even if nobody thought of it."""

    def write(*args: object, **kwargs: object) -> None:
        Client.objects.update(phone="+7")

    monkeypatch.setattr("billing.views.debt.DebtView.get_context_data", write)
    answer = eyes.get(reverse("billing:debt", args=[vega_contract.pk]))
    assert answer.status_code == 403
    assert "от имени клиента" in answer.content.decode()
    assert not Client.objects.filter(phone="+7").exists()
    entry = JournalEntry.objects.get(action=Action.VIEWING_REFUSED)
    assert entry.subject == f"GET {reverse('billing:debt', args=[vega_contract.pk])}"
    assert not JournalEntry.objects.filter(action=Action.PAGE_VIEWED).exists()


# It cannot be widened ---------------------------------------------------------------------------


def test_the_workplace_is_closed_meanwhile(eyes: Browser, vega_client: Client) -> None:
    for name in ("index", "accounts_client_changelist", "accounts_user_changelist"):
        assert eyes.get(reverse(f"admin:{name}")).status_code == 403
    before = JournalEntry.objects.filter(action=Action.VIEWING_STARTED).count()
    address = reverse("admin:accounts_client_view_as", args=[vega_client.pk])
    assert eyes.post(address, {"reason": "ещё"}).status_code == 405
    assert JournalEntry.objects.filter(action=Action.VIEWING_STARTED).count() == before
    assert JournalEntry.objects.filter(action=Action.VIEWING_REFUSED).count() == 4


def test_a_reason_is_required(office: User, vega: User, vega_client: Client, login: Login) -> None:
    browser = login(office)
    for reason in ("", "   "):
        assert begin(browser, vega, vega_client, reason) == 422
    assert not JournalEntry.objects.filter(action=Action.VIEWING_STARTED).exists()
    assert browser.get(reverse("admin:index")).status_code == 200


def test_never_with_the_eyes_of_staff(
    office: User, superuser: User, vega_client: Client, login: Login
) -> None:
    make.membership(superuser, vega_client)
    plain = make.user("plain-super", is_superuser=True)
    make.membership(plain, vega_client)
    browser = login(office)
    for person in (superuser, plain):
        assert begin(browser, person, vega_client) == 422
    assert browser.get(reverse("admin:index")).status_code == 200


def test_never_with_the_eyes_of_another_clients_person(
    office: User, vega: User, vega_client: Client, orion: User, orion_client: Client, login: Login
) -> None:
    browser = login(office)
    foreign = Membership.objects.get(user=orion)
    address = reverse("admin:accounts_client_view_as", args=[vega_client.pk])
    answer = browser.post(address, {"membership": foreign.pk, "reason": REASON})
    assert answer.status_code == 422


def test_only_with_the_right(vega: User, vega_client: Client, login: Login) -> None:
    clerk = make.user("clerk", is_staff=True)
    clerk.user_permissions.add(Permission.objects.get(codename="view_client"))
    browser = login(clerk)
    assert begin(browser, vega, vega_client) == 403
    page = browser.get(reverse("admin:accounts_client_change", args=[vega_client.pk]))
    assert "Смотреть как клиент" not in page.content.decode()


@pytest.mark.parametrize("what", ["right", "staff", "membership", "person", "time"])
def test_it_ends_at_the_next_request(
    what: str, eyes: Browser, office: User, vega: User, vega_client: Client
) -> None:
    later = timezone.now()
    if what == "right":
        office.groups.clear()
    elif what == "staff":
        User.objects.filter(pk=office.pk).update(is_staff=False)
        make.membership(office, make.client())  # else the session itself would end
    elif what == "membership":
        Membership.objects.filter(user=vega).update(revoked_at=timezone.now())
    elif what == "person":
        User.objects.filter(pk=vega.pk).update(is_active=False)
    else:
        later += datetime.timedelta(minutes=15, seconds=1)
    with time_machine.travel(later, tick=True):
        answer = eyes.get(reverse("contracts:home"))
        assert answer.status_code == 302
        assert answer["Location"] == reverse("admin:accounts_client_change", args=[vega_client.pk])
        home = eyes.get(reverse("contracts:home"))
    assert "Вы смотрите" not in home.content.decode()
    assert "35-01-004217" not in home.content.decode()
    assert JournalEntry.objects.filter(action=Action.VIEWING_ENDED).exists()


def test_the_staffs_logout_ends_it(eyes: Browser, office: User, login: Login) -> None:
    assert eyes.post(reverse("account_logout")).status_code == 302
    assert JournalEntry.objects.filter(action=Action.VIEWING_ENDED).exists()
    assert JournalEntry.objects.get(action=Action.LOGOUT).user == office
    eyes.force_login(office)
    assert "Вы смотрите" not in eyes.get(reverse("accounts:help")).content.decode()


def test_the_end_of_the_staffs_session_ends_it(eyes: Browser, office: User, vega: User) -> None:
    with time_machine.travel(timezone.now() + datetime.timedelta(minutes=31), tick=True):
        assert eyes.get(reverse("contracts:home")).status_code == 302
    entry = JournalEntry.objects.get(action=Action.VIEWING_ENDED)
    assert (entry.user, entry.person) == (office, vega)
    assert "не пользовались" in entry.subject
    assert JournalEntry.objects.get(action=Action.SESSION_ENDED).user == office
