"""Settings: a wrong variable stops the start with its name."""

from __future__ import annotations

import contextlib
import re
import runpy
import socket
import threading
from importlib import metadata
from pathlib import Path
from typing import Any

import environs
import pytest
from django.conf import settings as live_settings
from django.core.checks import Warning
from django.test import Client as Browser
from django.urls import reverse
from kombu import Connection, Exchange, Queue
from kombu.exceptions import OperationalError
from packaging.version import Version
from pytest_django import Settings

from accounts.models import User
from cabinet import celery, checks
from cabinet.settings import base
from tests import certificates
from tests.accounts.test_login import log_in

REQUIREMENTS = Path(live_settings.BASE_DIR, "requirements", "base.in").read_text()


def loaded(monkeypatch: pytest.MonkeyPatch, **variables: str) -> dict[str, Any]:
    """The settings that these variables make."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(base.__file__)


@pytest.mark.parametrize("minutes", ["полчаса", "", "1.5"])
def test_a_malformed_variable_is_named(monkeypatch: pytest.MonkeyPatch, minutes: str) -> None:
    monkeypatch.setenv("SESSION_IDLE_MINUTES", minutes)
    with pytest.raises(environs.EnvError, match="SESSION_IDLE_MINUTES"):
        runpy.run_path(base.__file__)


# Secrets ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_key_of_the_installation_is_replaced_without_ending_sessions(
    vega: User, settings: Settings
) -> None:
    """Second factors have a test of their own: tests/accounts/test_second_factor.py."""
    browser = Browser()
    log_in(browser, "vega")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-" + "x" * 50
    assert browser.get(reverse("contracts:home")).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    settings.SECRET_KEY = "a-third-" + "y" * 50
    assert browser.get(reverse("contracts:home")).status_code == 302


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL", "CELERY_BROKER_URL", "EMAIL_URL"])
def test_no_secret_has_a_default(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv(name)
    with pytest.raises(environs.EnvError, match=name):
        runpy.run_path(base.__file__)


def test_no_key_stands_in_the_tree() -> None:
    """Passwords in the code are ruff's matter (S105–S107)."""
    root = Path(live_settings.BASE_DIR)
    tops = [top for top in root.iterdir() if not top.name.startswith(".") and top.name != "var"]
    files = [file for top in tops for file in (top, *top.rglob("*")) if file.is_file()]
    assert len(files) > 1000
    for file in files:
        assert file.suffix not in {".env", ".jks", ".key", ".p12", ".pem", ".pfx"}, file
        found = re.search(rb"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b", file.read_bytes())
        assert not found, file


# Neighbours ------------------------------------------------------------------------------------


def test_a_pickled_message_is_not_unpacked(tmp_path: Path) -> None:
    """Whoever writes into Redis must not run code in a worker."""
    queue = Queue("security-test", Exchange("security-test"), routing_key="x")
    opened: list[object] = []
    with Connection("memory://") as line:
        consumer = celery.app.amqp.TaskConsumer(
            line.default_channel,
            queues=[queue],
            callbacks=[lambda body, message: opened.append(body)],
            on_decode_error=lambda message, error: opened.append(type(error).__name__),
        )
        for serializer in ("pickle", "yaml", "json"):
            line.Producer().publish(
                [[], {}, {}], serializer=serializer, exchange=queue.exchange, routing_key="x",
                declare=[queue],
            )  # fmt: skip
        with consumer:
            for _ in range(3):
                line.drain_events(timeout=2)
    assert opened == ["ContentDisallowed", "ContentDisallowed", [[], {}, {}]]


def test_the_database_may_be_asked_for_its_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    address = "postgresql://portal@db/portal?sslmode=verify-full&sslrootcert=/ca.pem"
    options = loaded(monkeypatch, DATABASE_URL=address)["DATABASES"]["default"]["OPTIONS"]
    assert (options["sslmode"], options["sslrootcert"]) == ("verify-full", "/ca.pem")
    assert "lock_timeout" in options["options"]


@pytest.mark.parametrize("is_known", [True, False])
def test_redis_may_be_asked_for_its_certificate(is_known: bool, tmp_path: Path) -> None:
    made: list[bool] = []
    context = certificates.server_side(tmp_path, name="localhost")

    def answer(listener: socket.socket) -> None:
        line, _ = listener.accept()
        with contextlib.suppress(OSError), context.wrap_socket(line, server_side=True) as tls:
            made.append(tls.recv(1) != b"")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = threading.Thread(target=answer, args=[listener])
        server.start()
        trusted = f"&ssl_ca_certs={tmp_path}/certificate.pem" if is_known else ""
        port = listener.getsockname()[1]
        address = f"rediss://:secret@localhost:{port}/0?ssl_cert_reqs=required{trusted}"
        options = live_settings.CELERY_BROKER_TRANSPORT_OPTIONS
        with (
            celery.app.connection_for_write(address, transport_options=options) as line,
            pytest.raises(
                OperationalError, match=None if is_known else "CERTIFICATE_VERIFY_FAILED"
            ),
        ):
            line.ensure_connection(max_retries=0)
        server.join(5)
    assert made == ([True] if is_known else [])


@pytest.mark.parametrize(
    ("address", "warnings"),
    [
        ("submission://mail.example.org:587", 0),
        ("smtp://mail.example.org:465?ssl=true", 0),
        ("smtp://localhost", 0),
        ("smtp://127.0.0.1:1025", 0),
        ("smtp://mail.example.org", 1),
    ],
)
def test_a_start_warns_of_letters_in_the_clear(
    address: str, warnings: int, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    made = loaded(monkeypatch, EMAIL_URL=address)
    for name in ("EMAIL_HOST", "EMAIL_USE_TLS", "EMAIL_USE_SSL"):
        setattr(settings, name, made[name])
    found = checks.mail_is_sealed(None)
    assert [warning.id for warning in found] == ["cabinet.W002"] * warnings
    assert all(isinstance(warning, Warning) for warning in found)


# Libraries -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("package", "version"),
    [
        ("celery", "5.7"),
        ("defusedxml", "0.7"),
        ("Django", "5.2.19"),
        ("gunicorn", "22"),
        ("weasyprint", "70"),
    ],
)
def test_what_runs_is_past_the_known_advisories(package: str, version: str) -> None:
    """docs/security.md, Advisories."""
    assert Version(metadata.version(package)) >= Version(version)
    floor = re.search(rf"^{package}(?:\[\w+\])?>=([\d.]+)", REQUIREMENTS, re.M)
    assert floor
    assert Version(floor[1]) >= Version(version)
