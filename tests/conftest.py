"""The personas: who appears in the tests, by name, always the same.

`vega` is a company with a contract of two points; its people come in every role, one of them no
longer. `orion` is somebody else's company: nothing of Vega's may ever reach it.
"""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts import office as office_groups
from accounts.models import Client, User
from accounts.roles import Role
from billing.models import VatRate
from contracts.models import Contract, Specialist, Topic
from tests import factors, make

# Tests that are rolled back leave dead rows by the million: a plan that was made for an empty
# table, as that of a foreign key, would read them all for every row. Benches measure without it.
settings.DATABASES["default"]["OPTIONS"]["options"] += " -c plan_cache_mode=force_custom_plan"
# A page's limit is not for the checks of a thousand rows at once, made on a busy machine.
settings.DATABASES["default"]["OPTIONS"]["options"] += " -c statement_timeout=2min"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that commit come last: they leave an empty database.

    pytest-django says so too, but pytest then brings together all that drive the same browser.
    """
    items.sort(key=_commits)


def _commits(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("django_db")
    fixtures = getattr(item, "fixturenames", ())
    return bool(
        (marker and marker.kwargs.get("transaction"))
        or {"transactional_db", "live_server"} & set(fixtures)
    )


# What puts rows into tables: migration, function.
_FILLING = (
    ("billing.migrations.0002_accounts_instalments_and_turnovers", "add_terms_of_the_law"),
    ("billing.migrations.0003_payment_kit", "enter_rates"),
    ("meters.migrations.0003_rules_acts_answers_and_drafts", "state_the_rule_for_all"),
)


@pytest.fixture(autouse=True)
def _rows_of_migrations(request: pytest.FixtureRequest) -> None:
    """A test that commits begins with what migrations bring, as every other: the last took it."""
    if _commits(request.node):
        request.getfixturevalue("transactional_db")
        if not VatRate.objects.exists():
            for migration, name in _FILLING:
                getattr(importlib.import_module(migration), name)(apps, None)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """What is never emptied is emptied between tests that commit."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for table in ("accounts_journalentry", "accounts_journallink"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_is_never_emptied")


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, settings: Settings) -> None:
    """Each test has a folder of its own for private files."""
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture(autouse=True)
def _fresh_limits(request: pytest.FixtureRequest) -> Iterator[None]:
    """Limits of tries live in the cache: a test begins with none used up."""
    uses_database = bool({"db", "transactional_db", "live_server"} & set(request.fixturenames))
    if uses_database:
        request.getfixturevalue("db")  # so that it is still open when the cache is cleared
    yield
    if uses_database:
        cache.clear()


@pytest.fixture
def vega_client(db: None) -> Client:
    """Vega, the company."""
    return make.client(
        short_name="ООО «Вега»", full_name="Общество с ограниченной ответственностью «Вега»"
    )


@pytest.fixture
def orion_client(db: None) -> Client:
    """Orion, another company."""
    return make.client(short_name="АО «Орион»", full_name="Акционерное общество «Орион»")


@pytest.fixture
def vega(vega_client: Client) -> User:
    """Vega's director."""
    user = make.user("vega", last_name="Громов", first_name="Андрей", patronymic="Ильич")
    make.membership(user, vega_client, Role.DIRECTOR, position="генеральный директор")
    return user


@pytest.fixture
def vega_accountant(vega_client: Client) -> User:
    """Vega's accountant."""
    user = make.user("vega-accountant")
    make.membership(user, vega_client, Role.ACCOUNTANT, position="главный бухгалтер")
    return user


@pytest.fixture
def vega_engineer(vega_client: Client) -> User:
    """Vega's energy engineer."""
    user = make.user("vega-engineer", last_name="Лапин", first_name="Олег", patronymic="Игоревич")
    make.membership(user, vega_client, Role.ENGINEER, position="главный энергетик")
    return user


@pytest.fixture
def vega_reader(vega_client: Client) -> User:
    """Somebody at Vega who may only look."""
    user = make.user("vega-reader", last_name="Юдина", first_name="Анна", patronymic="Львовна")
    make.membership(user, vega_client, Role.READER)
    return user


@pytest.fixture
def vega_former(vega_client: Client) -> User:
    """Somebody whose access to Vega ended long ago, also on the days to which tests travel."""
    user = make.user("vega-former", last_name="Былов", first_name="Егор", patronymic="")
    make.membership(user, vega_client, Role.DIRECTOR, ends_on=datetime.date(2026, 1, 31))
    return user


@pytest.fixture
def orion(orion_client: Client) -> User:
    """Orion's director: the stranger of every test about Vega."""
    user = make.user(
        "orion", last_name="Чужаков", first_name="Пётр", patronymic="Ильич", email="p@orion.example"
    )
    make.membership(user, orion_client, Role.DIRECTOR)
    return user


@pytest.fixture
def office(db: None) -> User:
    """A member of the office who does all of its work: the group «Администратор», no more."""
    return make.member(
        office_groups.ADMINISTRATOR, last_name="Зимина", email="zimina@retailer.example"
    )


@pytest.fixture
def front_desk(db: None) -> User:
    """Who issues access at the counter."""
    return make.member(office_groups.FRONT_DESK, "desk")


@pytest.fixture
def superuser(db: None) -> User:
    """An administrator."""
    return make.user("admin", is_staff=True, is_superuser=True, email="admin@retailer.example")


@pytest.fixture
def topic(db: None) -> Topic:
    """What a client may write about."""
    return make.topic(code="general", name="Договор и общие вопросы")


@pytest.fixture
def vega_contract(vega_client: Client) -> Contract:
    """Vega's contract: two points with a meter each, a balance."""
    contract = make.contract(vega_client, number="35-01-004217")
    for _ in range(2):
        make.installation(make.point(contract))
    make.balance(contract)
    return contract


@pytest.fixture
def orion_contract(orion_client: Client) -> Contract:
    """Orion's contract."""
    contract = make.contract(orion_client, number="35-02-000777")
    make.installation(make.point(contract))
    return contract


@pytest.fixture
def specialist(vega_contract: Contract, topic: Topic) -> Specialist:
    """The one who holds the topic for the branch of Vega's contract."""
    person = make.specialist(vega_contract.branch)
    make.assignment(topic, person, branch=vega_contract.branch)
    return person


@pytest.fixture
def login() -> Callable[[User], Browser]:
    """`login(vega)` is a browser in which Vega's director is logged in; staff with their factor."""

    def log_in(user: User) -> Browser:
        browser = Browser()
        browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        if user.is_staff:
            factors.count_as_passed(browser, user)
        return browser

    return log_in


@pytest.fixture
def statements() -> Callable[[Browser, str], int]:
    """`statements(browser, url)`: what a second visit to the page costs, in SQL statements."""

    def count(browser: Browser, url: str) -> int:
        assert browser.get(url).status_code == 200
        with CaptureQueriesContext(connection) as captured:
            browser.get(url)
        return len(captured)

    return count
