"""Waking a worker: it hurries, and whatever the broker does it never holds up a page."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest
from django.core.cache import cache

from accounts.tasks import send_due_letters
from cabinet import celery

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(celery, "_pause_until", 0.0)


@pytest.fixture
def silent_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Something takes the line and never says a word, as after a cut without RST."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
        monkeypatch.setattr(celery.app.conf, "broker_url", address)
        monkeypatch.setattr(celery.app.conf, "broker_write_url", address)
        yield listener


def test_a_silent_broker_costs_a_second_or_two(silent_broker: socket.socket) -> None:
    began = time.monotonic()
    celery.wake(send_due_letters)
    # Not a measurement: without its own timeout this would be five seconds and more.
    assert time.monotonic() - began < 4.5
    assert celery.failed_wakes() == 1


def test_and_only_once_in_a_while(silent_broker: socket.socket) -> None:
    silent_broker.settimeout(0.1)
    celery.wake(send_due_letters)
    silent_broker.accept()
    for _ in range(5):
        celery.wake(send_due_letters)
    with pytest.raises(TimeoutError):
        silent_broker.accept()
    assert celery.failed_wakes() == 6


def test_a_count_that_fails_fails_nothing(
    silent_broker: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("no cache")

    monkeypatch.setattr(cache, "add", fail)
    celery.wake(send_due_letters)
    assert celery.failed_wakes() == 0
