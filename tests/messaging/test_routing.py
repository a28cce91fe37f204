"""Who gets a message: each step of the rule, in its order."""

from __future__ import annotations

import datetime

import pytest
from django.utils import timezone

from contracts.models import Branch, Contract, Topic
from messaging import routing
from messaging.routing import Rule
from tests import make

pytestmark = pytest.mark.django_db


def test_the_specialist_of_the_contract_comes_first(vega_contract: Contract, topic: Topic) -> None:
    own, common = make.specialist(vega_contract.branch), make.specialist(vega_contract.branch)
    make.assignment(topic, common, branch=vega_contract.branch)
    make.assignment(topic, own, contract=vega_contract)
    route = routing.route(vega_contract, topic)
    assert (route.rule, route.to, route.specialist) == (Rule.CONTRACT, own.email, own)


def test_then_the_specialist_of_the_branch(vega_contract: Contract, topic: Topic) -> None:
    common = make.specialist(vega_contract.branch)
    make.assignment(topic, common, branch=vega_contract.branch)
    make.assignment(make.topic(), make.specialist(vega_contract.branch), contract=vega_contract)
    route = routing.route(vega_contract, topic)
    assert (route.rule, route.to, route.specialist) == (Rule.BRANCH_TOPIC, common.email, common)


def test_then_the_branchs_common_address(vega_contract: Contract, topic: Topic) -> None:
    elsewhere = make.specialist(make.branch())
    make.assignment(topic, elsewhere, branch=elsewhere.branch)
    route = routing.route(vega_contract, topic)
    assert (route.rule, route.to) == (Rule.BRANCH, vega_contract.branch.email)
    assert route.specialist is None


def test_and_at_last_the_topics(vega_contract: Contract, topic: Topic) -> None:
    Branch.objects.update(email="")
    vega_contract.refresh_from_db()
    route = routing.route(vega_contract, topic)
    assert (route.rule, route.to) == (Rule.TOPIC, topic.email)


def test_a_deputy_during_a_leave(vega_contract: Contract, topic: Topic) -> None:
    holder, deputy = make.specialist(vega_contract.branch), make.specialist(vega_contract.branch)
    make.assignment(topic, holder, contract=vega_contract)
    leave = make.leave(holder, deputy)
    route = routing.route(vega_contract, topic)
    assert (route.to, route.deputy_for, route.until) == (deputy.email, holder, leave.ends_on)


def test_somebody_who_left_gets_nothing(vega_contract: Contract, topic: Topic) -> None:
    gone = make.specialist(vega_contract.branch, is_active=False)
    make.assignment(topic, gone, contract=vega_contract)
    assert routing.route(vega_contract, topic).rule == Rule.BRANCH


def test_an_assignment_that_ended_yesterday(vega_contract: Contract, topic: Topic) -> None:
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    make.assignment(
        topic, make.specialist(vega_contract.branch), contract=vega_contract, ends_on=yesterday
    )
    assert routing.route(vega_contract, topic).rule == Rule.BRANCH


def test_somebody_without_an_address_is_passed_over(vega_contract: Contract, topic: Topic) -> None:
    make.assignment(topic, make.specialist(vega_contract.branch, email=""), contract=vega_contract)
    assert routing.route(vega_contract, topic).to == vega_contract.branch.email


def test_every_topic_that_clients_see_has_a_route(vega_contract: Contract, topic: Topic) -> None:
    make.topic(is_active=False)
    second = make.topic()
    holder = make.specialist(vega_contract.branch)
    make.assignment(second, holder, contract=vega_contract)
    routes = routing.routes(vega_contract)
    assert {route.topic: route.specialist for route in routes} == {topic: None, second: holder}
    assert {route.label for route in routes} == {
        "Договор и общие вопросы — общий адрес отделения",
        f"{second.name} — {holder.short_name}",
    }
