"""docker-compose.yml: what an installation of one's own starts with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml


@pytest.fixture
def services() -> dict[str, Any]:
    """The services with their settings."""
    file = Path(__file__).parents[2] / "docker-compose.yml"
    found: dict[str, Any] = yaml.safe_load(file.read_text())["services"]
    return found


def test_one_start_prepares_the_database_and_the_office(services: dict[str, Any]) -> None:
    command = services["migrate"]["command"]
    for step in ("migrate --noinput", "createcachetable", "ensure_office_groups"):
        assert f"manage.py {step}" in command


def test_the_portal_trusts_the_proxy_in_front_of_it_and_no_other(services: dict[str, Any]) -> None:
    assert services["web"]["environment"]["TRUSTED_PROXY_COUNT"] == "1"
    assert [name for name, service in services.items() if "ports" in service] == ["nginx"]


def test_nothing_runs_with_more_rights_than_it_needs(services: dict[str, Any]) -> None:
    for name in ("migrate", "web", "worker", "beat"):
        assert services[name]["cap_drop"] == ["ALL"]
        assert services[name]["read_only"]
        assert services[name]["security_opt"] == ["no-new-privileges:true"]
    for name in ("postgres", "redis"):
        assert services[name]["networks"] == ["inside"]


def test_redis_asks_for_a_password(services: dict[str, Any]) -> None:
    redis = services["redis"]
    assert "--requirepass ${REDIS_PASSWORD}" in redis["command"]
    assert redis["environment"]["REDISCLI_AUTH"] == "${REDIS_PASSWORD}"
    for name in ("web", "worker", "beat"):
        broker = services[name]["environment"]["CELERY_BROKER_URL"]
        assert broker.startswith("redis://:${REDIS_PASSWORD:?")
