"""Who answers for a contract: every step of the rule, leaves, and what ends a step."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from contracts import supervision
from contracts.models import Contract, Specialist, Topic
from contracts.supervision import Rule
from tests import make

pytestmark = pytest.mark.django_db

ONE_DAY = datetime.timedelta(days=1)


@pytest.fixture
def own(vega_contract: Contract, topic: Topic, specialist: Specialist) -> Specialist:
    """The contract's own specialist for the topic, before the branch's one."""
    person = make.specialist(vega_contract.branch, last_name="Белова")
    make.assignment(topic, person, contract=vega_contract)
    return person


def found(contract: Contract, topic: Topic) -> tuple[Rule, str]:
    """By which rule, and the address."""
    supervisor = supervision.supervisor(contract, topic)
    return supervisor.rule, supervisor.to


def reasons(contract: Contract, topic: Topic) -> list[str]:
    """Why the steps before the deciding one found nobody."""
    return [step.reason for step in supervision.steps(contract, topic) if step.reason]


def gone(person: Specialist) -> None:
    """Does not work here any more."""
    Specialist.objects.filter(pk=person.pk).update(is_active=False)


def refused(person: Specialist) -> None:
    """The mail server refused the mailbox."""
    Specialist.objects.filter(pk=person.pk).update(refused_email=person.email)


# The steps --------------------------------------------------------------------------------------


def test_the_whole_way_down(
    vega_contract: Contract,
    topic: Topic,
    own: Specialist,
    specialist: Specialist,
    settings: Settings,
) -> None:
    assert found(vega_contract, topic) == (Rule.CONTRACT, own.email)
    gone(own)
    assert found(vega_contract, topic) == (Rule.BRANCH, specialist.email)
    gone(specialist)
    assert found(vega_contract, topic) == (Rule.GROUP, topic.email)
    topic.email = ""
    topic.save()
    assert found(vega_contract, topic) == (Rule.DUTY, settings.RETAILER.duty_email)
    assert reasons(vega_contract, topic) == [
        f"{own.short_name} больше не работает",
        f"{specialist.short_name} больше не работает",
        "у темы нет адреса группы",
    ]


def test_nobody_was_ever_named(vega_contract: Contract, topic: Topic) -> None:
    assert reasons(vega_contract, topic) == ["тема ни за кем не закреплена"] * 2
    assert found(vega_contract, topic) == (Rule.GROUP, topic.email)


def test_other_contracts_branches_and_topics_do_not_count(
    vega_contract: Contract, orion_contract: Contract, topic: Topic
) -> None:
    make.assignment(topic, make.specialist(make.branch()), contract=orion_contract)
    make.assignment(topic, make.specialist(make.branch()), branch=orion_contract.branch)
    make.assignment(make.topic(), make.specialist(make.branch()), contract=vega_contract)
    assert found(vega_contract, topic)[0] == Rule.GROUP


@pytest.mark.parametrize(
    ("starts", "ends", "holds"),
    [(0, None, True), (0, 0, True), (1, None, False), (-9, -1, False), (-9, 0, True)],
)
def test_the_days_of_an_assignment(
    vega_contract: Contract, topic: Topic, starts: int, ends: int | None, holds: bool
) -> None:
    today = timezone.localdate()
    person = make.specialist(vega_contract.branch)
    make.assignment(
        topic,
        person,
        branch=vega_contract.branch,
        starts_on=today + starts * ONE_DAY,
        ends_on=None if ends is None else today + ends * ONE_DAY,
    )
    assert (found(vega_contract, topic)[1] == person.email) is holds


def test_a_topic_that_clients_do_not_see_still_finds_somebody(
    vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    topic.is_active = False
    topic.save()
    assert supervision.supervisors(vega_contract) == []
    assert found(vega_contract, topic) == (Rule.BRANCH, specialist.email)


def test_a_mailbox_that_refused_holds_nothing_until_it_changes(
    vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    refused(specialist)
    assert found(vega_contract, topic)[0] == Rule.GROUP
    assert f"ящик {specialist.email} отказался от письма" in reasons(vega_contract, topic)
    Specialist.objects.filter(pk=specialist.pk).update(email="new@retailer.example")
    assert found(vega_contract, topic) == (Rule.BRANCH, "new@retailer.example")


# Leaves -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("starts", "ends", "is_away"), [(-1, 0, True), (0, 1, True), (1, 2, False), (-2, -1, False)]
)
def test_the_first_and_the_last_day_of_a_leave_count(
    vega_contract: Contract,
    specialist: Specialist,
    topic: Topic,
    starts: int,
    ends: int,
    is_away: bool,
) -> None:
    deputy = make.specialist(vega_contract.branch)
    today = timezone.localdate()
    make.leave(
        specialist, deputy, starts_on=today + starts * ONE_DAY, ends_on=today + ends * ONE_DAY
    )
    answering = supervision.supervisor(vega_contract, topic)
    assert (answering.specialist == deputy) is is_away
    assert (answering.deputy_for == specialist) is is_away


def test_the_deputy_of_the_deputy_until_the_first_of_them_is_back(
    vega_contract: Contract, specialist: Specialist, topic: Topic
) -> None:
    first, second = (make.specialist(vega_contract.branch) for _ in range(2))
    today = timezone.localdate()
    make.leave(specialist, first, ends_on=today + 9 * ONE_DAY)
    make.leave(first, second, ends_on=today + 2 * ONE_DAY)
    answering = supervision.supervisor(vega_contract, topic)
    assert (answering.specialist, answering.deputy_for, answering.until) == (
        second,
        specialist,
        today + 2 * ONE_DAY,
    )
    assert "замещает: Мельник" in answering.substitute_note


def test_a_circle_of_leaves_is_nobody(
    vega_contract: Contract, specialist: Specialist, topic: Topic
) -> None:
    first, second = (make.specialist(vega_contract.branch) for _ in range(2))
    make.leave(specialist, first)
    make.leave(first, second)
    make.leave(second, specialist)
    assert found(vega_contract, topic)[0] == Rule.GROUP
    assert f"{specialist.short_name} и замещающие отсутствуют" in reasons(vega_contract, topic)


@pytest.mark.parametrize("trouble", [gone, refused])
def test_a_deputy_who_cannot_answer_ends_the_step(
    vega_contract: Contract, own: Specialist, specialist: Specialist, topic: Topic, trouble
) -> None:
    deputy = make.specialist(vega_contract.branch)
    make.leave(own, deputy)
    trouble(deputy)
    assert found(vega_contract, topic) == (Rule.BRANCH, specialist.email)


def test_a_specialist_who_left_still_has_a_deputy_while_the_leave_lasts(
    vega_contract: Contract, specialist: Specialist, topic: Topic
) -> None:
    deputy = make.specialist(vega_contract.branch)
    make.leave(specialist, deputy)
    gone(specialist)
    assert found(vega_contract, topic) == (Rule.BRANCH, deputy.email)


def test_the_deputy_of_a_named_person(topic: Topic, specialist: Specialist) -> None:
    step = supervision.of_person(topic, Rule.MANUAL, specialist)
    assert step.found
    assert (step.found.to, step.found.rule) == (specialist.email, Rule.MANUAL)
    deputy = make.specialist(specialist.branch)
    make.leave(specialist, deputy)
    assert supervision.of_person(topic, Rule.MANUAL, specialist).found.to == deputy.email


# Many -------------------------------------------------------------------------------------------


def test_one_supervisor_for_each_topic_in_the_offices_order(
    vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    last = make.topic(order=topic.order + 2, name="Яблоки")
    middle = make.topic(order=topic.order + 1, group_name="отдел расчётов")
    listed = supervision.supervisors(vega_contract)
    assert [one.topic for one in listed] == [topic, middle, last]
    assert [one.label for one in listed[:2]] == [
        f"{topic.name} — {specialist.short_name}",
        f"{middle.name} — отдел расчётов",
    ]
    assert [one.specialist for one in listed] == [specialist, None, None]


def test_the_number_of_statements_does_not_grow(vega_contract: Contract) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            for one in supervision.supervisors(vega_contract):
                assert one.name
                assert one.label
                assert one.substitute_note is not None
        return len(captured)

    def more(count: int) -> None:
        for _ in range(count):
            holder, deputy = (make.specialist(make.branch()) for _ in range(2))
            make.leave(holder, deputy)
            make.assignment(make.topic(), holder, contract=vega_contract)

    more(2)
    few = cost()
    more(18)
    assert cost() == few == 3


def test_who_holds_something_and_cannot_be_reached(
    vega_contract: Contract, topic: Topic, own: Specialist, specialist: Specialist
) -> None:
    assert supervision.unreachable() == {}
    gone(make.specialist(vega_contract.branch))  # holds nothing
    refused(own)
    make.leave(specialist, own)
    assert set(supervision.unreachable()) == {own.pk, specialist.pk}
    assert supervision.unreachable()[specialist.pk] == f"ящик {own.email} отказался от письма"
