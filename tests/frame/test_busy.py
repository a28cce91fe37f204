"""A page that waits for a lock in vain says so, and is safe to repeat."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import connection, connections, transaction
from django.test import Client as Browser

from accounts.models import User
from contracts.models import Contract, Specialist
from messaging.models import Message
from tests.messaging.post import address, key_of, values

pytestmark = pytest.mark.django_db(transaction=True)

Login = Callable[[User], Browser]


@pytest.fixture
def impatient() -> Iterator[None]:
    """This connection waits for a lock a tenth of a second."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    yield
    with connection.cursor() as cursor:
        cursor.execute("RESET lock_timeout")


@pytest.fixture
def locked() -> Iterator[Callable[[str], None]]:
    """`locked(table)`: another connection holds the table until the end of the test."""
    release = threading.Event()
    holders: list[threading.Thread] = []

    def hold(table: str, is_held: threading.Event) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
                is_held.set()
                release.wait(20)
        finally:
            connections.close_all()

    def lock(table: str) -> None:
        is_held = threading.Event()
        holders.append(threading.Thread(target=hold, args=[table, is_held]))
        holders[-1].start()
        assert is_held.wait(10)

    lock.release = release  # type: ignore[attr-defined]
    yield lock
    release.set()
    for holder in holders:
        holder.join()


def test_a_message_that_could_not_be_stored_and_then_could(
    vega: User, vega_contract: Contract, specialist: Specialist, login: Login, impatient: None,
    locked: Callable[[str], None], caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    browser = login(vega)
    typed = values(form_key=key_of(browser.get(address(vega_contract))))
    locked("messaging_message")
    response = browser.post(address(vega_contract), typed)
    text = response.content.decode()
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert "ничего не отправлено" in text
    assert "F5" in text
    assert "database busy at POST" in caplog.text
    locked.release.set()
    again = browser.post(address(vega_contract), typed)
    assert again.status_code == 302
    assert Message.objects.get().text == typed["text"]


@pytest.mark.parametrize("table", ["contracts_contract", "django_session"])
def test_a_page_that_could_not_be_read(
    table: str, vega: User, vega_contract: Contract, login: Login, impatient: None,
    locked: Callable[[str], None],
) -> None:  # fmt: skip
    """Whether the view waits, or the middleware before it."""
    browser = login(vega)
    browser.raise_request_exception = False
    locked(table)
    response = browser.get("/messages/")
    assert response.status_code == 503
    assert "С вашими данными ничего не случилось" in response.content.decode()


def test_a_statement_that_takes_too_long(
    vega: User, login: Login, locked: Callable[[str], None]
) -> None:
    browser = login(vega)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '200ms'")
    locked("messaging_message")
    assert browser.get("/messages/").status_code == 503
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout")
