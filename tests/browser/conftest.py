"""Chromium, a real worker and a real mail server for the journeys."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import connection
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django.live_server_helper import LiveServer

from tests.smtp_server import MailServer

# Playwright's own loop runs in this thread; Django's check would refuse every query beside it.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Debian's Chromium, without reaching for the network."""
    return {
        **browser_type_launch_args,
        "executable_path": "/usr/bin/chromium",
        "args": CHROMIUM_FLAGS,
    }


@pytest.fixture
def context(browser: Browser, live_server: LiveServer) -> Iterator[BrowserContext]:
    """A visitor with a wide screen; every message of the console that is an error is kept."""
    context = browser.new_context(
        base_url=live_server.url, locale="ru-RU", viewport={"width": 1440, "height": 900}
    )
    context.set_default_timeout(15_000)
    yield context
    context.close()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the browser's console complained of: broken files, violations of the policy."""
    found: list[str] = []
    page.on(
        "console", lambda message: found.append(message.text) if message.type == "error" else None
    )
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server for the worker's process; the test's own process sends nothing."""
    server = MailServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def worker(
    live_server: LiveServer, mail_server: MailServer, tmp_path: Path
) -> Iterator[MailServer]:
    """A Celery worker of its own process, as in production, on the test's database."""
    database = django_settings.DATABASES["default"]
    name = connection.settings_dict["NAME"]
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "cabinet.settings.base",
        "DATABASE_URL": (
            f"postgresql://{database['USER']}:{database['PASSWORD']}@/{name}?host={database['HOST']}"
            if str(database["HOST"]).startswith("/")
            else f"postgresql://{database['USER']}:{database['PASSWORD']}"
            f"@{database['HOST']}:{database['PORT']}/{name}"
        ),
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        "MEDIA_ROOT": str(tmp_path / "media"),
        "SITE_URL": live_server.url,
        "SECRET_KEY": django_settings.SECRET_KEY,
    }
    log = (tmp_path / "worker.log").open("wb")
    process = subprocess.Popen(
        [
            sys.executable, "-m", "celery", "-A", "cabinet", "worker", "--beat",
            "--schedule", str(tmp_path / "beat"), "--concurrency", "1",
            "--without-gossip", "--without-mingle", "--loglevel", "info",
        ],
        env=env, stdout=log, stderr=subprocess.STDOUT, cwd=django_settings.BASE_DIR,
    )  # fmt: skip
    yield mail_server
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    log.close()
