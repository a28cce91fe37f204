"""What every answer carries, and what no template or setting may contain."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from cabinet import flash
from contracts.models import Contract
from tests import make
from tests.frame.test_walk import ALL
from tests.samples import samples

pytestmark = pytest.mark.django_db

EXPECTED = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


@pytest.mark.parametrize("name", ALL)
def test_every_answer_is_guarded_and_kept_by_nobody(
    name: str, vega: User, login: Callable[[User], Browser], request: pytest.FixtureRequest
) -> None:
    response = login(vega).get(reverse(name, kwargs=samples(name, request)))
    for header, value in EXPECTED.items():
        assert response[header] == value, header
    caching = response["Cache-Control"]
    assert "no-store" in caching
    assert "private" in caching
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy


def test_the_policy_of_pages(db: None) -> None:
    policy = Browser().get("/")["Content-Security-Policy"]
    for directive in (
        "script-src 'self'", "style-src 'self'", "form-action 'self'", "base-uri 'none'",
        "object-src 'none'", "frame-ancestors 'none'",
    ):  # fmt: skip
        assert directive in policy


def test_a_form_without_its_token_is_refused_in_words(vega: User) -> None:
    browser = Browser(enforce_csrf_checks=True)
    response = browser.post(reverse("account_login"), {"login": "vega", "password": "x"})
    assert response.status_code == 403
    assert "<h1" in response.content.decode()


def test_no_inline_script_or_style_in_any_template() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|\sstyle=|<style|\son\w+=|javascript:", re.I)
    checked = 0
    for path in Path(settings.BASE_DIR, "templates").rglob("*.html"):
        if {"pdf", "letters"} & set(path.parts) or "/documents/kinds/" in path.as_posix():
            continue
        checked += 1
        assert not inline.search(path.read_text()), path
    assert checked > 30


def test_private_files_have_no_address(db: None) -> None:
    for path in (
        "/media/",
        "/media/documents/x.pdf",
        "/var/media/x",
        "/static/../manage.py",
        "/static/%2e%2e/manage.py",
        "/static/",
        "/static/css/",
        "/.git/config",
        "/.env",
        "/.svn/entries",
        "/metrics",
        "/server-status",
        "/debug/",
        "/admin/",
        "/backup.sql",
        "/docker-compose.yml",
    ):
        answer = Browser().get(path)
        assert answer.status_code in {302, 404}, path
        if answer.status_code == 302:  # as for any address: who is not logged in learns nothing
            assert answer["Location"].startswith(reverse("account_login")), path


def test_health_says_one_word() -> None:
    for name in ("live", "ready"):
        assert Browser().get(reverse(name)).content == b"ok"


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch):
    """The settings as of an installation behind https."""
    for name, value in {
        "SITE_URL": "https://kabinet.example.org",
        "SECRET_KEY": "x" * 60,
        "DATABASE_URL": "postgresql://portal@/portal",
        "CELERY_BROKER_URL": "redis://127.0.0.1/0",
        "EMAIL_URL": "submission://127.0.0.1:587",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("DEMO", raising=False)
    module = importlib.import_module("cabinet.settings.base")
    fresh = importlib.reload(module)
    yield fresh
    monkeypatch.undo()
    importlib.reload(module)


def test_an_installation_behind_https_has_host_cookies_and_hsts(production) -> None:
    assert production.SESSION_COOKIE_NAME == "__Host-sessionid"
    assert production.CSRF_COOKIE_NAME == "__Host-csrftoken"
    assert production.SESSION_COOKIE_SECURE
    assert production.CSRF_COOKIE_SECURE
    assert production.SECURE_SSL_REDIRECT
    assert production.SECURE_HSTS_SECONDS >= 31_536_000
    assert production.ALLOWED_HOSTS == ["kabinet.example.org"]
    assert production.EMAIL_USE_TLS
    assert production.ALLAUTH_TRUSTED_PROXY_COUNT == 0
    assert production.DEMO is False
    assert production.DEBUG is False


COOKIE_SETTINGS = [
    f"{cookie}_COOKIE_{name}"
    for cookie in ("SESSION", "CSRF")
    for name in ("NAME", "SECURE", "HTTPONLY", "SAMESITE")
]


def test_every_cookie_of_an_installation_keeps_to_its_host(
    production,
    settings: Settings,
    vega: User,
    vega_contract: Contract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in COOKIE_SETTINGS:
        setattr(settings, name, getattr(production, name))
    monkeypatch.setattr(flash._PrefixedCookie, "cookie_name", f"{production.COOKIE_PREFIX}messages")
    browser = Browser()
    pages = [
        browser.get("/", secure=True),
        browser.post(
            reverse("account_login"), {"login": "vega", "password": make.PASSWORD}, secure=True
        ),
        browser.post(  # leaves a message for the next page
            reverse("accounts:notifications"), {"document_letters": "never"}, secure=True
        ),
        browser.get(reverse("messaging:message-new", args=[vega_contract.pk]), secure=True),
        browser.post(reverse("account_logout"), secure=True),
    ]
    cookies = [morsel for page in pages for morsel in page.cookies.values() if morsel.value]
    assert {morsel.key for morsel in cookies} == {
        "__Host-sessionid", "__Host-csrftoken", "__Host-messages",
    }  # fmt: skip
    for morsel in cookies:
        assert (morsel["secure"], morsel["httponly"], morsel["path"]) == (True, True, "/")
        assert (morsel["samesite"], morsel["domain"]) == ("Lax", "")


def test_an_installation_tells_browsers_to_come_by_https_only(
    production, settings: Settings
) -> None:
    for name in dir(production):
        if name.startswith("SECURE_"):
            setattr(settings, name, getattr(production, name))
    answer = Browser().get("/live", secure=True)
    policy = answer["Strict-Transport-Security"].split("; ")
    assert policy == ["max-age=31536000", "includeSubDomains", "preload"]
    led = Browser().get("/business/", secure=False)
    assert (led.status_code, led["Location"]) == (301, "https://testserver/business/")


def test_background_work_speaks_json_only() -> None:
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_TASK_IGNORE_RESULT
    assert settings.CELERY_TASK_ACKS_LATE
    assert settings.CELERY_TASK_REJECT_ON_WORKER_LOST
    assert settings.CELERY_WORKER_PREFETCH_MULTIPLIER == 1
    assert settings.SESSION_SERIALIZER.endswith("JSONSerializer")
