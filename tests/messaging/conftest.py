"""The mail server of these tests, and a broker that is not there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kombu import pools

from cabinet import celery
from tests.smtp_server import free_port, smtp

__all__ = ["no_broker", "smtp"]


@pytest.fixture
def no_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Redis is down: nobody listens at the broker's address."""
    address = f"redis://127.0.0.1:{free_port()}/0"
    monkeypatch.setattr(celery.app.conf, "broker_url", address)
    monkeypatch.setattr(celery.app.conf, "broker_write_url", address)
    _forget_connections()
    yield
    _forget_connections()


def _forget_connections() -> None:
    pools.reset()
    celery.app._pool = None
    celery.app.amqp._producer_pool = None
