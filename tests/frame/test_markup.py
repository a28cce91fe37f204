"""What people typed is text on every page of the client's: never a tag."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract, Specialist
from documents.models import Kind
from tests import hostile, make
from tests.frame.test_walk import ALL
from tests.samples import samples

pytestmark = pytest.mark.django_db


def test_no_text_becomes_markup(
    vega: User,
    vega_accountant: User,
    vega_contract: Contract,
    specialist: Specialist,
    login: Callable[[User], Browser],
    request: pytest.FixtureRequest,
) -> None:
    browser = login(vega)
    addresses = {name: reverse(name, kwargs=samples(name, request)) for name in ALL}
    make.charge(vega_contract)
    make.instalment(vega_contract)
    make.opening(make.document(vega_contract, Kind.PLANNED_BILL), vega)
    filled = hostile.fill()
    assert {"accounts.Client.short_name", "messaging.Message.text", "meters.MeteringPoint.name",
            "contracts.Topic.name", "documents.Document.title"} <= filled  # fmt: skip
    shown = set()
    for name, address in addresses.items():
        answer = browser.get(address)
        if answer.get("Content-Type", "").startswith("text/html"):
            html = answer.content.decode()
            assert hostile.MARK not in html, name
            if hostile.ESCAPED in html:
                shown.add(name)
    assert len(shown) > 40, "the words are there"
