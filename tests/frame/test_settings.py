"""Settings: a wrong variable stops the start with its name."""

from __future__ import annotations

import runpy

import environs
import pytest

from cabinet.settings import base


@pytest.mark.parametrize("day", ["0", "29", "-1"])
def test_readings_are_due_on_a_day_that_every_month_has(
    monkeypatch: pytest.MonkeyPatch, day: str
) -> None:
    monkeypatch.setenv("READINGS_DUE_DAY", day)
    with pytest.raises(environs.EnvValidationError, match=f"READINGS_DUE_DAY.*{day} is not a day"):
        runpy.run_path(base.__file__)


def test_the_last_day_that_every_month_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READINGS_DUE_DAY", "28")
    assert runpy.run_path(base.__file__)["READINGS_DUE_DAY"] == 28
