"""What the tests of the room share: reading a page, filling the form."""

from __future__ import annotations

import html
import re
import uuid
from typing import Any

from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse

from contracts.models import Contract
from contracts.periods import Month
from meters.models import Register


def address(contract: Contract) -> str:
    """The page of readings."""
    return reverse("meters:readings", args=[contract.pk])


def registers(contract: Contract) -> list[Register]:
    """The contract's registers in the order of the table."""
    return list(
        Register.objects.filter(meter__installations__point__contract=contract).order_by(
            "meter__installations__point__number", "order", "pk"
        )
    )


def hand_in(browser: Browser, contract: Contract, *values: str, **data: Any) -> HttpResponse:
    """Type `values` into the table from the top and press «Передать» (or `action=`)."""
    typed = {
        f"r{register.pk}": value
        for register, value in zip(registers(contract), values, strict=False)
    }
    form = {
        "action": "send",
        "form_key": str(uuid.uuid4()),
        "correction": "typo",
        **typed,
        **data,
    }
    return browser.post(address(contract), form)  # type: ignore[return-value]


def text(response: Any) -> str:
    """The page's words: without markup, with every space a plain one."""
    body = html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return re.sub(r"\s+", " ", body)


def inputs(response: Any) -> dict[str, str]:
    """Inputs for readings by name, with what stands in them."""
    found = re.findall(r'<input[^>]*name="(r\d+)"[^>]*>', response.content.decode())
    tags = re.findall(r'<input[^>]*name="r\d+"[^>]*>', response.content.decode())
    values = [html.unescape(re.findall(r'value="([^"]*)"', tag)[0]) for tag in tags]
    return dict(zip(found, values, strict=True))


def earlier(period: Month) -> Any:
    """The first day of the month before, as readings store it."""
    return period.shifted(-1).first_day
