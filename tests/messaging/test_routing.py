"""Who has a message: the rule when it is sent, another way when that one fails."""

from __future__ import annotations

import uuid

import pytest
from pytest_django import Settings

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from contracts.supervision import Rule
from messaging import routing, sending
from messaging.models import Delivery, Message
from tests import make

pytestmark = pytest.mark.django_db


def send(author: User, contract: Contract, topic: Topic) -> Message:
    """Send a message."""
    return sending.send_message(
        author=author,
        contract=contract,
        form_key=uuid.uuid4(),
        topic=topic,
        text=f"Вопрос {uuid.uuid4()}",
        email="buh@vega.example",
        phone="+7 900 000-00-01",
    )


def test_the_decision_is_kept_with_the_message_and_its_letter(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    message = send(vega, vega_contract, topic)
    letter = message.deliveries.get(purpose=Delivery.Purpose.QUESTION)
    for row in (message, letter):
        assert (row.rule, row.to, row.specialist) == (Rule.BRANCH, specialist.email, specialist)


def test_a_deputy_and_how_long(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    leave = make.leave(specialist, make.specialist(vega_contract.branch))
    message = send(vega, vega_contract, topic)
    assert (message.specialist, message.deputy_for, message.deputy_until) == (
        leave.deputy, specialist, leave.ends_on
    )  # fmt: skip


def test_a_group_and_the_duty_address_have_names(
    vega: User, vega_contract: Contract, topic: Topic, settings: Settings
) -> None:
    assert send(vega, vega_contract, topic).addressee == f"группа темы «{topic.name}»"
    topic.group_name = "Отдел расчётов"
    topic.save()
    assert send(vega, vega_contract, topic).addressee == "Отдел расчётов"
    topic.email = ""
    topic.save()
    message = send(vega, vega_contract, topic)
    assert (message.addressee, message.to) == (
        "дежурный специалист", settings.RETAILER.duty_email
    )  # fmt: skip


def test_the_way_back_leads_past_every_refusal(topic: Topic, settings: Settings) -> None:
    duty = settings.RETAILER.duty_email
    topic.fallback_email = "zapas@retailer.example"

    def to(*refused: str) -> str | None:
        found = routing.fallback(topic, refused=set(refused))
        return found.to if found else None

    assert to("gone@retailer.example") == "zapas@retailer.example"
    assert to("Zapas@Retailer.example") == topic.email
    assert to("zapas@retailer.example", topic.email) == duty
    assert to("zapas@retailer.example", topic.email, duty) is None
