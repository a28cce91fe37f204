"""What several tests of the room begin with."""

from __future__ import annotations

import importlib

import pytest
from django.apps import apps
from django.utils import timezone

from contracts.models import Contract
from contracts.periods import Month
from meters.models import ReadingRule, Register
from meters.window import Window
from tests import make
from tests.meters.table import registers


@pytest.fixture
def period() -> Month:
    """The month that the page asks for now."""
    return Window().reading_period(timezone.now())


@pytest.fixture
def rule_for_all(db: None) -> ReadingRule:
    """The row that a migration makes, again: tests that commit empty the tables after them."""
    if not ReadingRule.objects.filter(contract=None).exists():
        made_by = "meters.migrations.0003_rules_acts_answers_and_drafts"
        importlib.import_module(made_by).state_the_rule_for_all(apps, None)
    return ReadingRule.objects.get(contract=None)


@pytest.fixture
def known(vega_contract: Contract, period: Month) -> list[Register]:
    """The registers of Vega's two points; the month before showed 1000 and 2000."""
    found = registers(vega_contract)
    for register, value in zip(found, ("1000.0", "2000.0"), strict=True):
        make.reading(register, value, period=period.shifted(-1).first_day)
    return found
