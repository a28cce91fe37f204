"""The nightly letter: what nobody living would answer, and nothing else."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from accounts.models import Client, Letter
from contracts import calendar_file, supervision
from contracts.models import CalendarDay, Contract, Specialist, Topic
from contracts.supervision import Rule
from messaging import tasks, unaddressed
from tests import make
from tests.contracts.calendars import published

pytestmark = pytest.mark.django_db

ONE_DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def today() -> datetime.date:
    """Calendars of this year and the next are loaded, whenever the test runs."""
    day = timezone.localdate()
    for year in (day.year, day.year + 1):
        CalendarDay.objects.create(date=datetime.date(year, 1, 1))
    return day


def look() -> unaddressed.Report:
    """What the letter would tell today."""
    return unaddressed.look(on=timezone.localdate())


def gone(person: Specialist) -> None:
    """Does not work here any more."""
    Specialist.objects.filter(pk=person.pk).update(is_active=False)


# Topics and contracts ---------------------------------------------------------------------------


def test_nothing_to_tell_no_letter(specialist: Specialist) -> None:
    assert look().is_empty
    tasks.report_unaddressed()
    assert not Letter.objects.exists()


def test_who_held_the_topic_is_gone(
    vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    gone(specialist)
    (gap,) = look().gaps
    assert (gap.branch, gap.topic, gap.count) == (vega_contract.branch, topic, 1)
    assert gap.scope == "все договоры (1)"
    assert gap.goes_to == f"группа темы «{topic.name}», {topic.email}"
    assert gap.reasons == [f"{specialist.short_name} больше не работает"]


@pytest.mark.parametrize("trouble", ["refused", "circle", "ended", "terminated", "covered"])
def test_what_makes_a_gap_and_what_does_not(
    trouble: str, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    match trouble:
        case "refused":
            Specialist.objects.update(refused_email=specialist.email)
        case "circle":
            other = make.specialist(specialist.branch)
            make.leave(specialist, other)
            make.leave(other, specialist)
        case "ended":
            specialist.assignments.update(ends_on=timezone.localdate() - ONE_DAY)
        case "terminated":
            gone(specialist)
            Contract.objects.update(terminated_on=timezone.localdate())
        case "covered":
            gone(specialist)
            own = make.specialist(vega_contract.branch)
            make.assignment(topic, own, contract=vega_contract)
    assert len(look().gaps) == (0 if trouble in ("terminated", "covered") else 1)


def test_a_branch_that_was_forgotten(
    vega_contract: Contract, orion_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    (gap,) = look().gaps
    assert gap.branch == orion_contract.branch
    assert gap.reasons == ["тема ни за кем не закреплена"]


def test_a_topic_that_was_always_the_groups_is_not_told_of(
    vega_contract: Contract, topic: Topic, settings: Settings
) -> None:
    assert look().is_empty
    Topic.objects.update(email="")
    (gap,) = look().gaps
    assert gap.goes_to == f"дежурный специалист, {settings.RETAILER.duty_email}"


def test_a_topic_that_clients_do_not_see_is_not_told_of(specialist: Specialist) -> None:
    gone(specialist)
    Topic.objects.update(is_active=False)
    assert look().is_empty


def test_some_contracts_of_a_branch_with_examples(
    vega_client: Client, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    own, left = (make.specialist(specialist.branch, last_name=name) for name in ("Белов", "Уткин"))
    for number in range(7):
        contract = make.contract(vega_client, vega_contract.branch, number=f"36-{number}")
        make.assignment(topic, left, contract=contract)
    for contract in (make.contract(vega_client, vega_contract.branch) for _ in range(2)):
        make.assignment(topic, own, contract=contract)
    gone(left)
    assert look().is_empty  # the branch's specialist answers instead
    gone(specialist)
    (gap,) = look().gaps
    assert gap.count == 8
    assert gap.examples == ["35-01-004217", "36-0", "36-1", "36-2", "36-3"]
    assert gap.scope.replace("\u00a0", " ") == (
        "8 договоров: № 35-01-004217, № 36-0, № 36-1, № 36-2, № 36-3 и другие"
    )
    assert [reason.replace("\u00a0", " ") for reason in gap.reasons] == [
        "Мельник И. П. больше не работает",
        "7 договоров с отдельным закреплением: Уткин И. П. больше не работает",
    ]


def test_the_report_agrees_with_the_rule(vega_client: Client) -> None:
    """Every topic of every contract: told of if and only if no person answers it."""
    branches = [make.branch() for _ in range(3)]
    topics = [make.topic() for _ in range(3)]
    people = [make.specialist(branch) for branch in branches for _ in range(3)]
    contracts = [make.contract(vega_client, branch) for branch in branches for _ in range(4)]
    for number, topic in enumerate(topics):
        for place, branch in enumerate(branches):
            if (number + place) % 3:
                make.assignment(topic, people[(number + 2 * place) % 9], branch=branch)
        for place, contract in enumerate(contracts):
            if (number + place) % 4 == 0:
                make.assignment(topic, people[(number + place) % 9], contract=contract)
    gone(people[0])
    Specialist.objects.filter(pk=people[1].pk).update(refused_email=people[1].email)
    make.leave(people[2], people[0])
    make.leave(people[3], people[4])
    expected: dict[tuple[int, int], int] = {}
    for contract in contracts:
        for found in supervision.supervisors(contract):
            if found.rule in (Rule.GROUP, Rule.DUTY):
                pair = (contract.branch_id, found.topic.pk)
                expected[pair] = expected.get(pair, 0) + 1
    assert expected
    assert {(gap.branch.pk, gap.topic.pk): gap.count for gap in look().gaps} == expected


# People, leaves, what ends ------------------------------------------------------------------------


def test_mailboxes_that_refused(specialist: Specialist) -> None:
    Specialist.objects.update(refused_email=specialist.email, refused_at=timezone.now())
    assert look().refused == [specialist]
    Specialist.objects.update(email="new@retailer.example")
    assert look().is_empty


@pytest.mark.parametrize(
    ("trouble", "words"),
    [("gone", "больше не работает"), ("away", "тоже отсутствует"), ("refused", "отказался")],
)
def test_a_deputy_who_will_not_be_there(specialist: Specialist, trouble: str, words: str) -> None:
    deputy = make.specialist(specialist.branch, last_name="Кузнецов")
    starts_on = timezone.localdate() + 5 * ONE_DAY
    make.leave(specialist, deputy, starts_on=starts_on, ends_on=starts_on + 9 * ONE_DAY)
    assert look().is_empty
    match trouble:
        case "gone":
            gone(deputy)
        case "refused":
            Specialist.objects.filter(pk=deputy.pk).update(refused_email=deputy.email)
        case "away":
            away_on = starts_on + 9 * ONE_DAY
            third = make.specialist(specialist.branch)
            make.leave(deputy, third, starts_on=away_on, ends_on=away_on)
    (line,) = look().leaves
    assert words in line
    assert "Кузнецов" in line


@pytest.mark.parametrize(("days", "is_told"), [(0, True), (14, True), (15, False)])
def test_an_assignment_that_ends(specialist: Specialist, days: int, is_told: bool) -> None:
    specialist.assignments.update(ends_on=timezone.localdate() + days * ONE_DAY)
    assert bool(look().ending) is is_told


@pytest.mark.parametrize(("gap", "is_told"), [(1, False), (2, True)])
def test_a_successor_begins_the_day_after(
    specialist: Specialist, topic: Topic, gap: int, is_told: bool
) -> None:
    ends_on = timezone.localdate() + 3 * ONE_DAY
    specialist.assignments.update(ends_on=ends_on)
    other = make.specialist(specialist.branch)
    make.assignment(topic, other, branch=specialist.branch, starts_on=ends_on + gap * ONE_DAY)
    assert bool(look().ending) is is_told


def test_after_a_contracts_own_specialist_the_branchs_one_answers(
    specialist: Specialist, topic: Topic, vega_contract: Contract
) -> None:
    own = make.specialist(specialist.branch, last_name="Белова")
    ends_on = timezone.localdate() + 3 * ONE_DAY
    make.assignment(topic, own, contract=vega_contract, ends_on=ends_on)
    assert look().is_empty
    specialist.assignments.update(ends_on=ends_on)
    lines = [line.replace("\u00a0", " ") for line in look().ending]
    assert len(lines) == 2
    assert any("договор № 35-01-004217" in line for line in lines)
    assert any(vega_contract.branch.name in line for line in lines)


# The letter -------------------------------------------------------------------------------------


def test_the_letter_to_the_office(
    vega_contract: Contract, topic: Topic, specialist: Specialist, settings: Settings
) -> None:
    topic.group_name = "отдел <расчётов> & связи"
    topic.save()
    gone(specialist)
    tasks.report_unaddressed()
    letter = Letter.objects.get()
    day = timezone.localdate().strftime("%d.%m.%Y")
    assert (letter.to, letter.subject) == (settings.RETAILER.email, f"Кому не придёт: {day}")
    plain = letter.plain.replace("\u00a0", " ")
    for text in (
        vega_contract.branch.name,
        f"* {topic.name}: все договоры (1). Пока получает: отдел <расчётов> & связи, {topic.email}",
        "Почему: Мельник И. П. больше не работает.",
        "http://testserver/office/contracts/assignment/",
    ):
        assert text in plain, text
    assert "отдел &lt;расчётов&gt; &amp; связи" in letter.html


def test_once_a_day(specialist: Specialist) -> None:
    gone(specialist)
    tasks.report_unaddressed()
    tasks.report_unaddressed()
    assert Letter.objects.count() == 1


def test_every_part_of_the_letter(specialist: Specialist) -> None:
    CalendarDay.objects.all().delete()
    deputy = make.specialist(specialist.branch)
    gone(deputy)
    make.leave(specialist, deputy)
    Specialist.objects.filter(pk=specialist.pk).update(refused_email=specialist.email)
    specialist.assignments.update(ends_on=timezone.localdate())
    assert look().gaps
    tasks.report_unaddressed()
    letter = Letter.objects.get()
    for text in (
        f"Календарь на {timezone.localdate().year} год не загружен",
        "отказались от письма",
        "некому замещать",
        "преемника нет",
    ):
        assert text in letter.plain
        assert text in letter.html


def test_a_year_that_is_not_loaded_is_told_of() -> None:
    CalendarDay.objects.all().delete()
    calendar_file.load([published(2026)])
    assert unaddressed.look(on=datetime.date(2026, 9, 30)).calendar == []
    assert unaddressed.look(on=datetime.date(2026, 10, 1)).calendar == [
        "Календарь на 2027 год не загружен"
    ]


def test_the_number_of_statements_does_not_grow(
    vega_client: Client, topic: Topic, specialist: Specialist
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            unaddressed.look(on=timezone.localdate())
        return len(captured)

    def more(count: int) -> None:
        for _ in range(count):
            branch = make.branch()
            person = make.specialist(branch, is_active=False)
            make.assignment(make.topic(), person, branch=branch, ends_on=timezone.localdate())
            make.contract(vega_client, branch)
            make.leave(make.specialist(branch), person)

    more(2)
    few = cost()
    more(18)
    assert cost() == few
