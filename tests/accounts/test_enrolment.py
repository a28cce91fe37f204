"""The wizard as the office walks it: from the ИНН to the slip."""

from __future__ import annotations

import datetime
import logging
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import journal
from accounts.models import Basis, Client, Enrolment, JournalEntry, Membership, User
from accounts.roles import Role
from contracts.models import Contract
from tests import make
from tests.accounts import paper
from tests.accounts.paper import NEW_PERSON, TERMS, begin, fill_in, finish, issue, step

Login = Callable[[User], Browser]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


@pytest.fixture
def enrolment(desk: Browser, vega_client: Client, vega_contract: Contract) -> Enrolment:
    """Begun for Vega, nothing filled in."""
    return begin(desk, vega_client)


def url(name: str, *args: int) -> str:
    return reverse(f"admin:accounts_enrolment_{name}", args=args)


# The whole way ----------------------------------------------------------------------------------


def test_from_the_inn_to_the_slip(
    desk: Browser, vega_client: Client, vega_contract: Contract, office: User
) -> None:
    page = desk.get(url("new"), {"q": vega_client.inn})
    assert vega_client.short_name in page.content.decode()
    key = page.context["form_key"]
    answer = desk.post(url("new"), {"client": vega_client.pk, "form_key": key}, follow=True)
    enrolment = Enrolment.objects.get()
    assert answer.redirect_chain[-1][0] == url("contracts", enrolment.pk)

    answer = step(desk, enrolment, "contracts", scope="chosen", contract_ids=[vega_contract.pk])
    assert answer.url == url("person", enrolment.pk)
    answer = step(desk, enrolment, "person", **NEW_PERSON)
    assert answer.url == url("terms", enrolment.pk)
    answer = step(desk, enrolment, "terms", **TERMS)
    assert answer.url == url("agreement", enrolment.pk)
    shown = desk.get(answer.url).content.decode()
    for words in ("Новикова Ольга Юрьевна", vega_contract.number, "устава", "бухгалтер"):
        assert words in shown

    answer = desk.post(url("print", enrolment.pk))
    assert answer.url == url("pdf", enrolment.pk)
    pdf = desk.get(answer.url)
    assert pdf["Content-Type"] == "application/pdf"
    enrolment.refresh_from_db()
    assert (enrolment.state, Membership.objects.count()) == (Enrolment.State.PRINTED, 0)
    number = enrolment.agreement_number
    assert number.startswith(f"ПС-{timezone.localdate().year}-")

    today = timezone.localdate()
    answer = step(desk, enrolment, "agreement", signed_on=today.isoformat(), scan=paper.scan())
    membership = Membership.objects.get()
    user = membership.user
    assert answer.status_code == 200
    assert "ul-004217" in answer.content.decode()
    password = answer.context["one_time_password"]
    assert password in answer.content.decode()
    assert user.check_password(password)
    assert "no-store" in answer["Cache-Control"]
    assert (membership.agreement_number, membership.signed_on) == (number, today)
    assert (membership.role, membership.issued_by) == (Role.ACCOUNTANT, office)
    assert list(Contract.objects.visible_to(user)) == [vega_contract]
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.membership) == (Enrolment.State.ISSUED, membership)
    assert enrolment.scan.name == "Соглашение.pdf"
    action = journal.Action
    # What any page of the office writes: tests/accounts/test_oversight.py.
    by_the_way = (action.OFFICE_VIEWED, action.OFFICE_DID, action.EXPORTED)
    deeds = JournalEntry.objects.exclude(action__in=by_the_way).order_by("pk")
    written = list(deeds.values_list("action", flat=True))
    assert written == [
        action.ENROLMENT_STARTED, action.AGREEMENT_PRINTED, action.AGREEMENT_SIGNED,
        action.LOGIN_ISSUED,
    ]  # fmt: skip


def test_one_login_for_several_companies(
    desk: Browser, vega: User, orion_client: Client, orion_contract: Contract
) -> None:
    enrolment = begin(desk, orion_client)
    step(desk, enrolment, "contracts", scope="all")
    page = desk.get(url("person", enrolment.pk), {"q": "громов"}).content.decode()
    assert "ООО «Вега»" in page
    assert "vega@vega.example" in page
    fill_in(desk, enrolment, user=vega)
    answer = finish(desk, enrolment)
    assert answer.url == reverse("admin:accounts_enrolment_change", args=[enrolment.pk])
    membership = Membership.objects.get(client=orion_client)
    assert membership.user == vega
    vega.refresh_from_db()
    assert vega.check_password(make.PASSWORD)
    assert "прежние" in desk.get(answer.url).content.decode()


def test_an_order_needs_number_and_date(desk: Browser, enrolment: Enrolment) -> None:
    fill_in(desk, enrolment)
    order = {**TERMS, "basis": Basis.ORDER}
    answer = step(desk, enrolment, "terms", **order)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Укажите номер приказа." in page
    assert "Укажите дату приказа." in page
    order |= {"basis_number": "5-к", "basis_on": "2026-02-01"}
    assert step(desk, enrolment, "terms", **order).status_code == 302
    page = desk.get(url("agreement", enrolment.pk)).content.decode().replace("\u00a0", " ")
    assert "приказа № 5-к от 01.02.2026" in page
    finish(desk, enrolment)
    assert Membership.objects.get().basis_on == datetime.date(2026, 2, 1)


# The company ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("3501000011", "контрольная цифра не сходится"),
        ("7707083893", "нет в данных биллинга"),
        ("770708389", "введено 9"),
        ("Нет такой", "никого нет"),
    ],
)
def test_a_company_that_is_not_found_is_told_why(typed: str, words: str, desk: Browser) -> None:
    page = desk.get(url("new"), {"q": typed}).content.decode()
    assert words in page


@pytest.mark.parametrize("typed", ["Вега", "004217", "inn", " inn "])
def test_a_company_is_found(typed: str, desk: Browser, vega_contract: Contract) -> None:
    client = vega_contract.client
    typed = typed.replace("inn", client.inn)
    cards = desk.get(url("new"), {"q": typed}).context["cards"]
    assert [card["client"] for card in cards] == [client]


def test_finding_people_costs_the_same_with_more_of_them(
    desk: Browser,
    enrolment: Enrolment,
    vega: User,
    vega_client: Client,
    statements: Callable[[Browser, str], int],
) -> None:
    step(desk, enrolment, "contracts", scope="all")
    address = f"{url('person', enrolment.pk)}?q=vega.example"
    few = statements(desk, address)
    for _ in range(15):
        make.membership(make.user(), vega_client)
    assert statements(desk, address) == few


def test_what_is_unfinished_is_offered_again(
    desk: Browser, enrolment: Enrolment, vega_client: Client
) -> None:
    page = desk.get(url("new"), {"client": vega_client.pk}).content.decode()
    assert "Уже оформляется" in page
    assert url("contracts", enrolment.pk) in page


def test_finding_costs_the_same_with_more_companies(
    desk: Browser, vega_contract: Contract, statements: Callable[[Browser, str], int]
) -> None:
    address = f"{url('new')}?q=Пример"
    make.contract(make.client())
    few = statements(desk, address)
    for _ in range(15):
        client = make.client()
        make.contract(client)
        make.membership(make.user(), client)
        begin(desk, client)
    assert statements(desk, address) == few


# Back and forth ---------------------------------------------------------------------------------


def test_any_clerk_goes_on_where_another_stopped(
    desk: Browser, enrolment: Enrolment, login: Login, office: User
) -> None:
    step(desk, enrolment, "contracts", scope="all")
    colleague = make.user("colleague", is_staff=True, last_name="Зорина")
    colleague.groups.set(office.groups.all())
    other = login(colleague)
    listed = other.get(reverse("admin:accounts_enrolment_changelist")).content.decode()
    assert url("person", enrolment.pk) in listed
    fill_in(other, enrolment)
    finish(other, enrolment)
    assert Membership.objects.get().issued_by == colleague


def test_a_step_may_be_seen_again_and_nothing_is_lost(desk: Browser, enrolment: Enrolment) -> None:
    fill_in(desk, enrolment)
    page = desk.get(url("person", enrolment.pk)).content.decode()
    for kept in ("Новикова", "novikova@vega.example", "+7 900 000-00-07"):
        assert f'value="{kept}"' in page
    before = Enrolment.objects.get()
    assert step(desk, enrolment, "person", **NEW_PERSON).status_code == 302
    assert Enrolment.objects.get().version == before.version  # nothing was changed


def test_a_later_step_waits_for_the_earlier_ones(desk: Browser, enrolment: Enrolment) -> None:
    for name in ("person", "terms", "agreement"):
        assert desk.get(url(name, enrolment.pk)).url == url("contracts", enrolment.pk)


def test_a_change_by_somebody_else_is_told_and_what_was_typed_stays(
    desk: Browser, enrolment: Enrolment
) -> None:
    fill_in(desk, enrolment)
    seen = Enrolment.objects.get().version
    step(desk, enrolment, "terms", **{**TERMS, "position": "директор"})
    address = url("terms", enrolment.pk)
    answer = desk.post(address, {"version": seen, **TERMS, "position": "сторож"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "оформление изменено" in page
    assert 'value="сторож"' in page
    enrolment.refresh_from_db()
    assert enrolment.position == "директор"
    version = str(answer.context["form"]["version"].value())
    again = desk.post(address, {"version": version, **TERMS, "position": "сторож"})
    assert again.status_code == 302


def test_a_change_after_printing_asks_for_a_new_print(desk: Browser, enrolment: Enrolment) -> None:
    fill_in(desk, enrolment)
    desk.post(url("print", enrolment.pk))
    step(desk, enrolment, "terms", **{**TERMS, "role": Role.READER})
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.printed_at) == (Enrolment.State.FILLING, None)
    assert desk.get(url("pdf", enrolment.pk)).status_code == 302
    today = timezone.localdate().isoformat()
    answer = step(desk, enrolment, "agreement", signed_on=today, scan=paper.scan())
    assert answer.status_code == 422
    assert "Сначала напечатайте соглашение" in answer.content.decode()
    assert not Membership.objects.exists()


def test_giving_up_asks_for_a_reason(desk: Browser, enrolment: Enrolment) -> None:
    answer = step(desk, enrolment, "abandon", reason=" ")
    assert answer.status_code == 422
    step(desk, enrolment, "abandon", reason="клиент передумал")
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.abandoned_reason) == (
        Enrolment.State.ABANDONED,
        "клиент передумал",
    )
    assert step(desk, enrolment, "contracts", scope="all").status_code == 302
    assert Enrolment.objects.get().scope == ""
    entry = JournalEntry.objects.get(action=journal.Action.ENROLMENT_ABANDONED)
    assert entry.details["reason"] == "клиент передумал"


# Once -------------------------------------------------------------------------------------------


def test_a_company_sent_twice_begins_one(desk: Browser, vega_client: Client) -> None:
    form = {"client": vega_client.pk, "form_key": str(uuid.uuid4())}
    assert desk.post(url("new"), form).url == desk.post(url("new"), form).url
    assert Enrolment.objects.count() == 1


def test_a_reload_neither_issues_nor_shows_again(desk: Browser, enrolment: Enrolment) -> None:
    fill_in(desk, enrolment)
    first = finish(desk, enrolment)
    again = finish(desk, enrolment)
    assert Membership.objects.count() == 1
    assert again.status_code == 302
    page = desk.get(again.url).content.decode()
    assert first.context["one_time_password"] not in page
    assert "Оформление уже завершено" in page


@pytest.mark.django_db(transaction=True)
def test_a_double_click_issues_once(
    office: User, vega_client: Client, vega_contract: Contract, login: Login
) -> None:
    desks = [login(office), login(office)]
    enrolment = begin(desks[0], vega_client)
    fill_in(desks[0], enrolment)
    desks[0].post(url("print", enrolment.pk))
    enrolment.refresh_from_db()
    today = timezone.localdate().isoformat()

    def click(desk: Browser) -> int:
        form = {"version": enrolment.version, "signed_on": today, "scan": paper.scan()}
        try:
            return desk.post(url("agreement", enrolment.pk), form).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        answers = list(threads.map(click, desks))
    assert answers.count(200) == 1
    assert Membership.objects.count() == 1


def test_the_slip_is_printed_once(desk: Browser, vega_client: Client) -> None:
    answer = issue(desk, vega_client)
    address = reverse("admin:accounts_user_slip", args=[answer.context["person"].pk])
    form = {"one_time_password": answer.context["one_time_password"]}
    assert desk.post(address, form)["Content-Type"] == "application/pdf"
    again = desk.post(address, form, follow=True)
    assert "Листок не напечатан" in again.content.decode()
    assert JournalEntry.objects.filter(action=journal.Action.SLIP_PRINTED).count() == 1


def test_a_page_read_later_does_not_show_the_password(desk: Browser, enrolment: Enrolment) -> None:
    fill_in(desk, enrolment)
    answer = finish(desk, enrolment)
    password, person = answer.context["one_time_password"], answer.context["person"]
    for page in (
        reverse("admin:accounts_enrolment_change", args=[enrolment.pk]),
        reverse("admin:accounts_user_change", args=[person.pk]),
        reverse("admin:accounts_membership_changelist"),
        reverse("admin:accounts_journalentry_changelist"),
        reverse("admin:index"),
    ):
        assert password not in desk.get(page).content.decode()


def test_the_password_is_not_logged(
    desk: Browser, enrolment: Enrolment, caplog: pytest.LogCaptureFixture
) -> None:
    fill_in(desk, enrolment)
    with caplog.at_level(logging.DEBUG):
        answer = finish(desk, enrolment)
        desk.get(url("contracts", 10**6))
    assert "/enrolment/1000000/" in caplog.text  # the log does speak
    assert answer.context["one_time_password"] not in caplog.text


# The signature ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"scan": ""}, "Приложите скан"),
        ({"signed_on": ""}, "Укажите дату."),
        ({"signed_on": "2999-01-01"}, "Дата подписания ещё не наступила"),
        ({"signed_on": "2020-01-01"}, "раньше его не могли подписать"),
        ({"scan": ("вирус.exe", b"MZ")}, "не такого вида"),
        ({"scan": ("скан.pdf", b"no pdf")}, "не похоже на PDF"),
        ({"scan": ("скан.pdf", b"")}, "пустой"),
        ({"scan": ("таблица.xlsx", b"PK")}, "PDF, JPEG, PNG"),
    ],
)
def test_nothing_opens_before_the_signature(
    values: dict, words: str, desk: Browser, enrolment: Enrolment
) -> None:
    fill_in(desk, enrolment)
    if isinstance(values.get("scan"), tuple):
        values = {"scan": paper.scan(*values["scan"])}
    answer = finish(desk, enrolment, **values)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "<title>Ошибка: " in answer.content.decode()
    assert not Membership.objects.exists()
    assert not User.objects.filter(email=NEW_PERSON["email"]).exists()


def test_a_scan_is_not_asked_twice(desk: Browser, enrolment: Enrolment) -> None:
    fill_in(desk, enrolment)
    refused = finish(desk, enrolment, signed_on="31.02.2026")
    assert refused.status_code == 422
    assert "Приложен «Соглашение.pdf»" in refused.content.decode()
    answer = step(desk, enrolment, "agreement", signed_on=timezone.localdate().isoformat())
    assert answer.status_code == 200
    assert Membership.objects.get().enrolment.scan.name == "Соглашение.pdf"


def test_a_day_of_signature_is_kept_when_the_access_is_refused(
    desk: Browser, enrolment: Enrolment
) -> None:
    """Somebody else got the address between the print and the signature."""
    fill_in(desk, enrolment)
    owner = make.user("owner", email=NEW_PERSON["email"])
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    answer = finish(desk, enrolment)
    assert answer.status_code in (302, 422)
    assert not Membership.objects.exists()
    page = desk.get(url("person", enrolment.pk)).content.decode()
    assert "Новикова" in page


def test_the_office_opens_the_scan(
    desk: Browser, enrolment: Enrolment, vega: User, login: Login
) -> None:
    fill_in(desk, enrolment)
    finish(desk, enrolment)
    address = url("scan", enrolment.pk)
    answer = desk.get(address)
    assert answer["Content-Disposition"].startswith("attachment")
    assert b"".join(answer.streaming_content) == paper.PDF
    entry = JournalEntry.objects.filter(action=journal.Action.FILE_OPENED).latest("pk")
    assert entry.client == enrolment.client
    assert login(vega).get(address).status_code == 403


# Whom -------------------------------------------------------------------------------------------


def test_an_address_of_somebody_leads_to_that_person(
    desk: Browser, vega: User, orion_client: Client
) -> None:
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=vega, email=vega.email, verified=True, primary=True)
    enrolment = begin(desk, orion_client)
    step(desk, enrolment, "contracts", scope="all")
    answer = step(desk, enrolment, "person", **{**NEW_PERSON, "email": vega.email.upper()})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "выберите его логин" in page
    assert f'name="user" value="{vega.pk}"' in page
    assert 'value="Новикова"' in page


@pytest.mark.parametrize("who", ["office", "disabled", "nobody"])
def test_whose_login_is_not_chosen(
    who: str, desk: Browser, enrolment: Enrolment, office: User
) -> None:
    step(desk, enrolment, "contracts", scope="all")
    disabled = make.user("disabled", is_active=False)
    key = {"office": office.pk, "disabled": disabled.pk, "nobody": 10**9}[who]
    step(desk, enrolment, "person", user=key)
    enrolment.refresh_from_db()
    assert enrolment.user is None


def test_another_person_instead_of_a_chosen_login(
    desk: Browser, enrolment: Enrolment, orion: User
) -> None:
    step(desk, enrolment, "contracts", scope="all")
    step(desk, enrolment, "person", user=orion.pk)
    step(desk, enrolment, "person", another="")
    enrolment.refresh_from_db()
    assert enrolment.user is None


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("person", {"last_name": ""}, "Укажите фамилию."),
        ("person", {"email": "не адрес"}, "Адрес введён с ошибкой"),
        ("person", {"phone": "900 000"}, "Введите номер полностью, с кодом"),
        ("person", {"phone": " "}, "Укажите телефон."),
        ("terms", {"role": ""}, "Выберите роль."),
        ("terms", {"role": "admin"}, "Выберите корректный вариант"),
        ("terms", {"basis": Basis.POWER_OF_ATTORNEY}, "Укажите номер доверенности."),
        (
            "terms",
            {"basis": Basis.POWER_OF_ATTORNEY, "basis_number": "7"},
            "Укажите последний день срока доверенности.",
        ),
        ("terms", {"ends_on": "2020-01-01"}, "Этот день уже прошёл"),
        ("terms", {"ends_on": "31.02.2026"}, "Дата введена с ошибкой"),
        ("contracts", {"scope": "chosen"}, "Отметьте хотя бы один договор"),
        ("contracts", {"scope": "chosen", "contract_ids": "foreign"}, "договор другого клиента"),
        ("contracts", {"scope": "all", "contract_ids": "own"}, "Выберите что-то одно"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(
    name: str,
    values: dict,
    words: str,
    desk: Browser,
    enrolment: Enrolment,
    vega_contract: Contract,
    orion_contract: Contract,
) -> None:
    fill_in(desk, enrolment)
    keys = {"foreign": [orion_contract.pk], "own": [vega_contract.pk]}
    if "contract_ids" in values:
        values = {**values, "contract_ids": keys[values["contract_ids"]]}
    form = {"person": NEW_PERSON, "terms": TERMS, "contracts": {}}[name]
    answer = step(desk, enrolment, name, **{**form, **values})
    assert answer.status_code == 422
    field = next(
        field for field, errors in answer.context["form"].errors.items() if words in str(errors)
    )
    assert f'href="#id_{field}' in answer.content.decode()


def test_only_listed_fields_count(
    desk: Browser, vega_client: Client, orion_client: Client, vega_contract: Contract
) -> None:
    enrolment = begin(desk, vega_client)
    extra = {"client": orion_client.pk, "state": "issued", "agreement_number": "X", "is_staff": 1}
    step(desk, enrolment, "contracts", scope="all", **extra)
    step(desk, enrolment, "person", **NEW_PERSON, username="boss", **extra)
    step(desk, enrolment, "terms", **TERMS, starts_on="2020-01-01", **extra)
    finish(desk, enrolment, **extra)
    membership = Membership.objects.get()
    assert (membership.client, membership.user.is_staff) == (vega_client, False)
    assert membership.user.username != "boss"
    assert membership.agreement_number != "X"
    assert membership.starts_on == timezone.localdate()


# Who may ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["new", "contracts", "person", "terms", "agreement", "abandon", "print", "pdf", "scan"]
)
def test_strangers_issue_nothing(name: str, enrolment: Enrolment, vega: User, login: Login) -> None:
    address = url(name) if name == "new" else url(name, enrolment.pk)
    reader = make.user("auditor", is_staff=True)
    for browser in (login(vega), login(reader)):
        assert browser.get(address).status_code in (403, 405)
        assert browser.post(address, {}).status_code in (403, 405)
    assert Browser().post(address).status_code in (302, 405)


@pytest.mark.parametrize("name", ["contracts", "person", "terms", "agreement", "abandon", "pdf"])
def test_an_unknown_enrolment_is_not_found(name: str, desk: Browser) -> None:
    assert desk.get(url(name, 10**6)).status_code == 404


def test_reading_changes_nothing(desk: Browser, enrolment: Enrolment) -> None:
    fill_in(desk, enrolment)
    before = Enrolment.objects.values().get()
    for name in ("contracts", "person", "terms", "agreement", "abandon", "pdf", "print"):
        desk.get(url(name, enrolment.pk))
    assert Enrolment.objects.values().get() == before


# Lists ------------------------------------------------------------------------------------------


def test_the_list_shows_what_is_unfinished(
    desk: Browser, enrolment: Enrolment, orion_client: Client
) -> None:
    done = begin(desk, orion_client)
    fill_in(desk, done)
    finish(desk, done)
    address = reverse("admin:accounts_enrolment_changelist")
    assert list(desk.get(address).context["cl"].result_list) == [enrolment]
    issued = desk.get(address, {"state": "issued"}).context["cl"].result_list
    assert list(issued) == [done]
    assert len(desk.get(address, {"state": "all"}).context["cl"].result_list) == 2


def test_the_list_costs_the_same_with_more_rows(
    desk: Browser, enrolment: Enrolment, statements: Callable[[Browser, str], int]
) -> None:
    address = reverse("admin:accounts_enrolment_changelist")
    few = statements(desk, address)
    for _ in range(18):
        begin(desk, make.client())
    assert statements(desk, address) == few


def test_the_client_page_leads_to_the_wizard(desk: Browser, vega_client: Client) -> None:
    page = desk.get(reverse("admin:accounts_client_change", args=[vega_client.pk])).content.decode()
    assert f'href="{url("new")}?client={vega_client.pk}"' in page
    assert f'href="{url("transfer", vega_client.pk)}"' in page
