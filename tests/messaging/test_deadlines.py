"""The day that a client is promised, and half of the way to it."""

from __future__ import annotations

import datetime

import pytest

from contracts import calendar_file
from messaging import deadlines
from tests import make
from tests.contracts.calendars import published

pytestmark = pytest.mark.django_db

Day = datetime.date


@pytest.mark.parametrize(
    ("days", "on", "remind_on", "due_on"),
    [
        (5, Day(2026, 11, 23), Day(2026, 11, 26), Day(2026, 11, 30)),
        (2, Day(2026, 11, 23), Day(2026, 11, 24), Day(2026, 11, 25)),
        (1, Day(2026, 11, 23), Day(2026, 11, 24), Day(2026, 11, 24)),
        (3, Day(2025, 12, 29), Day(2026, 1, 12), Day(2026, 1, 13)),
        (2, Day(2026, 12, 29), Day(2026, 12, 30), Day(2027, 1, 11)),
        (1, Day(2026, 11, 28), Day(2026, 11, 30), Day(2026, 11, 30)),
    ],
)
def test_a_promise_counts_working_days(days: int, on: Day, remind_on: Day, due_on: Day) -> None:
    calendar_file.load([published(2025), published(2026)])
    promise = deadlines.promise(make.topic(answer_days=days), on=on)
    assert promise == deadlines.Promise(remind_on=remind_on, due_on=due_on)
