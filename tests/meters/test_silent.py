"""«Кто не передал показания»: who is on the list, what it says, and what «Напомнить» does."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Client, Letter, User
from accounts.roles import Role
from contracts.models import Contract
from contracts.periods import Month
from meters import office_reminders, progress, silence
from meters.models import OfficeReminder, ReadingReminder, ReadingRule
from tests import make
from tests.meters.table import registers

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
NOVEMBER = Month(2026, 11)
DEADLINE_DAY = datetime.datetime.fromisoformat("2026-12-01T11:00:00+03:00")


@pytest.fixture(autouse=True)
def _on_the_last_day(db: None) -> Iterator[None]:
    ReadingRule.objects.all().delete()
    with time_machine.travel(DEADLINE_DAY, tick=False):
        yield


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


def page_of(desk: Browser, **query: Any) -> str:
    answer = desk.get(reverse("admin:meters_silent"), query)
    assert answer.status_code == 200
    return answer.content.decode().replace("\u00a0", " ")


def hand_in(contract: Contract, how_many: int | None = None) -> None:
    for register in registers(contract)[:how_many]:
        make.reading(register, "100", period=NOVEMBER.first_day)


def remind(desk: Browser, *contracts: Contract, **more: Any) -> Any:
    data = {"contract": [one.pk for one in contracts], "form_key": uuid.uuid4(), **more}
    return desk.post(reverse("admin:meters_silent_remind"), data, follow=True)


# The list ---------------------------------------------------------------------------------------


def test_it_counts_as_the_clients_pages_do(
    vega_contract: Contract, orion_contract: Contract
) -> None:
    hand_in(vega_contract, 1)
    hand_in(orion_contract)
    _, found = silence.count_and_keys(NOVEMBER, silence.Filters())
    assert [line[:3] for line in found] == [(vega_contract.pk, 1, 2)]
    pairs = [(vega_contract.pk, NOVEMBER), (orion_contract.pk, NOVEMBER)]
    counted = progress.of_contracts(pairs, DEADLINE_DAY.date())
    assert counted[vega_contract.pk].done == 1
    assert counted[orion_contract.pk].is_whole
    shares, total = silence.by_branch(NOVEMBER)
    assert (total.contracts, total.done, total.silent) == (2, 1, 0)
    assert (total.points, total.points_done) == (3, 2)
    assert {share.branch: share.left for share in shares} == {
        vega_contract.branch: 1,
        orion_contract.branch: 0,
    }


def test_terminated_contracts_and_automatic_meters_are_not_asked_for(
    vega_contract: Contract, orion_contract: Contract
) -> None:
    Contract.objects.filter(pk=vega_contract.pk).update(terminated_on=DEADLINE_DAY.date())
    for point in orion_contract.points.all():
        meter = point.installations.get().meter
        meter.is_automatic = True
        meter.save()
    assert silence.count_and_keys(NOVEMBER, silence.Filters()) == (0, [])
    assert silence.by_branch(NOVEMBER)[1].contracts == 0


def test_it_names_telephones_the_specialist_and_the_branch(
    desk: Browser, vega_contract: Contract, vega_engineer: User, vega_reader: User
) -> None:
    Client.objects.filter(pk=vega_contract.client_id).update(phone="+7 900 111-22-33")
    topic = make.topic(code="meters", name="Приборы учёта")
    person = make.specialist(vega_contract.branch, last_name="Рогов")
    make.assignment(topic, person, branch=vega_contract.branch)
    page = page_of(desk)
    for words in (
        "+7 900 111-22-33",
        "Лапин Олег Игоревич, главный энергетик",
        vega_engineer.phone,
        "Рогов И. П.",
        vega_contract.branch.name,
        "0 из 2",
        "срок — до 1 декабря 23:59 (МСК)",
    ):
        assert words in page
    assert "Юдина" not in page, "who may only look is not called"


def test_the_contracts_own_specialist_goes_before_the_branchs(
    desk: Browser, vega_contract: Contract, orion_contract: Contract
) -> None:
    topic = make.topic(code="meters", name="Приборы учёта")
    common, own = (make.specialist(vega_contract.branch, last_name=n) for n in ("Общин", "Свой"))
    make.assignment(topic, common, branch=vega_contract.branch)
    make.assignment(topic, own, contract=vega_contract)
    assert "№ 35-01-004217" in page_of(desk, specialist=own.pk)
    assert "По этому отбору переданы все показания" in page_of(desk, specialist=common.pk)


def test_filters_by_branch_and_by_who_has_begun(
    desk: Browser, vega_contract: Contract, orion_contract: Contract
) -> None:
    hand_in(vega_contract, 1)
    page = page_of(desk, branch=orion_contract.branch_id)
    assert "35-02-000777" in page
    assert "35-01-004217" not in page
    page = page_of(desk, only_silent="1")
    assert "35-02-000777" in page
    assert "35-01-004217" not in page
    answer = desk.get(reverse("admin:meters_silent"), {"branch": "999999"})
    assert answer.status_code == 422
    assert "Отделение: такого в списке нет." in answer.content.decode()


def test_the_month_before_can_be_asked_for(desk: Browser, vega_contract: Contract) -> None:
    hand_in(vega_contract)
    assert "По этому отбору переданы все показания" in page_of(desk)
    assert "35-01-004217" in page_of(desk, period="2026-10")


def test_as_many_statements_however_long_the_list_is(
    desk: Browser, vega_client: Client, vega_engineer: User, statements: Callable[..., int]
) -> None:
    def grow(count: int) -> None:
        for _ in range(count):
            contract = make.contract(vega_client)
            make.installation(make.point(contract))
            client = make.client()
            make.installation(make.point(make.contract(client)))
            make.membership(make.user(), client, Role.ENGINEER)

    address = reverse("admin:meters_silent")
    grow(1)
    few = statements(desk, address)
    grow(18)
    assert statements(desk, address) == few
    with CaptureQueriesContext(connection) as captured:
        silence.by_branch(NOVEMBER)
    assert len([one for one in captured if "meters_meteringpoint" in one["sql"]]) == 1
    assert len(captured) == 3, "the topic, the points, and the branches' names"


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_list_is_saved_as_a_table(
    desk: Browser, vega_contract: Contract, vega_engineer: User, kind: str
) -> None:
    answer = desk.get(reverse("admin:meters_silent_file", args=[kind]))
    assert answer.status_code == 200
    if kind == "csv":
        text = answer.content.decode("utf-8-sig")
        assert "35-01-004217" in text
        assert "Лапин Олег Игоревич +7 900 000-00-01" in text
    assert desk.get(reverse("admin:meters_silent_file", args=["pdf"])).status_code == 404


def test_only_for_those_who_may(db: None, login: Login, vega: User) -> None:
    nobody = login(make.user("auditor", is_staff=True))
    for name, args in (("meters_silent", []), ("meters_silent_file", ["csv"])):
        assert nobody.get(reverse(f"admin:{name}", args=args)).status_code == 403
    assert nobody.post(reverse("admin:meters_silent_remind")).status_code == 403
    assert login(vega).get(reverse("admin:meters_silent")).status_code == 403


# «Напомнить» ------------------------------------------------------------------------------------


def test_the_chosen_are_written_to_once_a_day(
    desk: Browser,
    login: Login,
    office: User,
    vega_contract: Contract,
    vega_engineer: User,
    vega_reader: User,
) -> None:
    answer = remind(desk, vega_contract)
    assert "Напоминание отправлено: 1 письмо." in answer.content.decode().replace("\u00a0", " ")
    letter = Letter.objects.get()
    assert letter.to == vega_engineer.email
    assert letter.subject == "Показания за ноябрь ещё не переданы"
    assert "35-01-004217" in letter.plain
    assert "осталось 13 часов" in letter.plain.replace("\u00a0", " ")
    assert "Зимина Н. В." in page_of(desk), "who has reminded them is said"
    again = remind(desk, vega_contract).content.decode()
    assert "Писем не отправлено." in again
    assert Letter.objects.count() == 1
    with time_machine.travel(DEADLINE_DAY + datetime.timedelta(days=1), tick=False):
        remind(login(office), vega_contract, period="2026-11")
    assert Letter.objects.count() == 2


def test_after_the_term_the_letter_says_so(
    login: Login, office: User, vega_contract: Contract, vega_engineer: User
) -> None:
    with time_machine.travel(DEADLINE_DAY + datetime.timedelta(days=2), tick=False):
        remind(login(office), vega_contract, period="2026-11")
    words = Letter.objects.get().plain.replace("\u00a0", " ")
    assert "Срок был до 1 декабря 23:59 (МСК)" in words
    assert "«после срока»" in words


def test_one_letter_for_all_contracts_of_a_person(
    desk: Browser, vega_client: Client, vega_contract: Contract, vega_engineer: User
) -> None:
    second = make.contract(vega_client)
    make.installation(make.point(second))
    remind(desk, vega_contract, second)
    assert second.number in Letter.objects.get().plain
    asked = OfficeReminder.objects.get()
    assert (asked.letters, asked.told, asked.done_at is None) == (1, 2, False)


def test_who_wants_no_reminders_or_has_handed_in_gets_none(
    desk: Browser, vega_contract: Contract, vega_engineer: User, orion_contract: Contract
) -> None:
    User.objects.filter(pk=vega_engineer.pk).update(wants_reading_reminders=False)
    hand_in(orion_contract)
    words = remind(desk, vega_contract, orion_contract).content.decode().replace("\u00a0", " ")
    assert "По 1 договору писать некому" in words
    assert not Letter.objects.exists()
    assert "выберите договоры" in remind(desk, orion_contract).content.decode()


def test_a_whole_branch_is_asked_about_first_and_written_by_a_worker(
    desk: Browser,
    vega_contract: Contract,
    vega_engineer: User,
    orion_contract: Contract,
    orion: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(office_reminders, "AT_ONCE", 0)
    branch = vega_contract.branch_id
    question = remind(desk, all="1", branch=branch).content.decode().replace("\u00a0", " ")
    assert f"отделение «{vega_contract.branch}», 1 договор" in question
    assert not OfficeReminder.objects.exists()
    answer = remind(desk, all="1", branch=branch, confirmed="1")
    assert "Письма уйдут в ближайшие минуты" in answer.content.decode()
    assert not Letter.objects.exists()
    office_reminders.carry_out_undone()
    assert [letter.to for letter in Letter.objects.all()] == [vega_engineer.email]
    office_reminders.carry_out_undone()
    assert Letter.objects.count() == 1


def test_a_worker_that_died_leaves_the_rest_to_the_next(
    vega_contract: Contract, vega_engineer: User, vega: User, office: User
) -> None:
    asked = make.office_reminder(office, vega_contract, period=NOVEMBER.first_day)
    ReadingReminder.objects.create(
        user=vega,
        contract=vega_contract,
        period=NOVEMBER.first_day,
        step=ReadingReminder.Step.OFFICE,
        office_reminder=asked,
        day=DEADLINE_DAY.date(),
    )
    office_reminders.carry_out(asked.pk)
    assert [letter.to for letter in Letter.objects.all()] == [vega_engineer.email]
    asked.refresh_from_db()
    assert (asked.letters, asked.told) == (2, 1)


def test_a_form_that_comes_twice_is_one_reminder(
    desk: Browser, vega_contract: Contract, vega_engineer: User
) -> None:
    key = uuid.uuid4()
    for _ in range(2):
        remind(desk, vega_contract, form_key=key)
    assert OfficeReminder.objects.count() == 1
    assert Letter.objects.count() == 1


def test_the_portals_own_reminders_go_on(vega_contract: Contract, vega_engineer: User) -> None:
    from meters import reminders

    office = make.user("clerk", is_staff=True)
    office_reminders.ask(
        contracts=[vega_contract.pk],
        period=NOVEMBER,
        title="",
        by=office,
        form_key=uuid.uuid4(),
    )
    with time_machine.travel(DEADLINE_DAY + datetime.timedelta(hours=8), tick=False):
        assert reminders.remind() == 1


def test_what_another_reminder_overtook_is_told_all_the_same(
    vega_client: Client,
    vega_contract: Contract,
    vega_engineer: User,
    office: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody else reminds of one contract between looking and writing; the other is told."""
    second = make.contract(vega_client)
    make.installation(make.point(second))
    both = [vega_contract.pk, second.pk]
    looked = office_reminders._waiting
    others: list[OfficeReminder] = []

    def slowly(asked: OfficeReminder, now: datetime.datetime) -> Any:
        found = list(looked(asked, now))
        if not others:
            others.append(asked)
            other = make.office_reminder(office, vega_contract, period=NOVEMBER.first_day)
            office_reminders.carry_out(other.pk)
        return found

    monkeypatch.setattr(office_reminders, "_waiting", slowly)
    office_reminders.ask(
        contracts=both, period=NOVEMBER, title="", by=office, form_key=uuid.uuid4()
    )
    letters = [letter.plain for letter in Letter.objects.order_by("pk")]
    assert len(letters) == 2
    assert vega_contract.number in letters[0]
    assert second.number in letters[1]
    assert vega_contract.number not in letters[1]
