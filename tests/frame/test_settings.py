"""Settings: a wrong variable stops the start with its name."""

from __future__ import annotations

import runpy

import environs
import pytest

from cabinet.settings import base


@pytest.mark.parametrize("minutes", ["полчаса", "", "1.5"])
def test_a_malformed_variable_is_named(monkeypatch: pytest.MonkeyPatch, minutes: str) -> None:
    monkeypatch.setenv("SESSION_IDLE_MINUTES", minutes)
    with pytest.raises(environs.EnvError, match="SESSION_IDLE_MINUTES"):
        runpy.run_path(base.__file__)
