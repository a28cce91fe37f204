"""Dates in the office's lists are written as everywhere on the portal."""

from __future__ import annotations

import datetime

from django.utils import formats


def test_a_day_and_a_moment_are_short() -> None:
    moment = datetime.datetime(2026, 11, 6, 9, 3)
    assert formats.localize(moment.date()) == "06.11.2026"
    assert formats.localize(moment) == "06.11.2026\xa009:03"
