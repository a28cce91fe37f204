"""The walk: every address of the resolver, asked by everybody.

Anonymous goes to the login page; a stranger and a superuser get 404 for what is Vega's; Vega's
director gets an answer. An address without sample arguments fails: add a sample.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator

import pytest
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from accounts.models import User
from contracts.models import Contract
from tests import make
from tests.samples import OPEN, SAMPLES, samples

pytestmark = pytest.mark.django_db

OFFICE_NAMESPACE = "admin"


def names(resolver: URLResolver | None = None, namespace: str = "") -> Iterator[str]:
    """Every named address with its namespace; the office's are walked by their own test."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace == OFFICE_NAMESPACE:
                continue
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from names(pattern, inner)
        elif isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}"


ALL = sorted(set(names()))


def test_every_address_has_a_sample() -> None:
    missing = [name for name in ALL if name not in SAMPLES]
    assert not missing, f"add a sample to tests/samples.py: {missing}"


def test_no_sample_is_left_over() -> None:
    assert set(SAMPLES) == set(ALL)


@pytest.fixture
def address(request: pytest.FixtureRequest, vega: User) -> str:
    """The address of the parametrised name with arguments of Vega's."""
    return reverse(request.param, kwargs=samples(request.param, request))


@pytest.fixture
def vega_limited(vega_contract: Contract) -> User:
    """Somebody at Vega whose access is limited to another of its contracts."""
    user, other = make.user("vega-limited"), make.contract(vega_contract.client)
    membership = make.membership(user, vega_contract.client, all_contracts=False)
    membership.limits.create(contract=other)
    return user


CLOSED = [name for name in ALL if name not in OPEN]
OF_CONTRACT = [name for name in CLOSED if "contract" in SAMPLES.get(name, {})]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("address", CLOSED, indirect=True)
def test_anonymous_goes_to_the_login_page(address: str, method: str) -> None:
    response = getattr(Browser(), method)(address)
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("who", ["orion", "superuser", "office", "vega_former", "vega_limited"])
@pytest.mark.parametrize("address", OF_CONTRACT, indirect=True)
def test_a_stranger_finds_nothing(
    address: str,
    who: str,
    method: str,
    request: pytest.FixtureRequest,
    login: Callable[[User], Browser],
) -> None:
    response = getattr(login(request.getfixturevalue(who)), method)(address)
    if who == "vega_former":  # the session itself ends
        assert response.status_code == 302
        assert response["Location"] == reverse("account_login")
    else:
        assert response.status_code == 404


# What an address names beside its contract or company; a kind of file is nobody's.
INNER = [name for name in CLOSED if set(SAMPLES[name]) - {"contract", "company", "kind"}]


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("name", INNER)
def test_nothing_of_vegas_is_found_under_another_owner(
    name: str,
    method: str,
    request: pytest.FixtureRequest,
    orion: User,
    orion_contract: Contract,
    login: Callable[[User], Browser],
) -> None:
    """Orion's own contract in the address, and the key of Vega's row behind it."""
    arguments = samples(name, request)
    own = {"contract": orion_contract.pk, "company": orion_contract.client_id}
    address = reverse(name, kwargs=arguments | {key: own[key] for key in own if key in arguments})
    assert getattr(login(orion), method)(address).status_code in {404, 405}, address


@pytest.mark.parametrize("address", ALL, indirect=True)
def test_the_owner_gets_an_answer(
    address: str, vega: User, login: Callable[[User], Browser]
) -> None:
    response = login(vega).get(address)
    assert response.status_code in {200, 302, 405}, response.status_code


@pytest.mark.parametrize("name", OPEN)
def test_open_pages_are_open(name: str, request: pytest.FixtureRequest) -> None:
    address = reverse(name, kwargs=samples(name, request))
    assert Browser().get(address).status_code in {200, 302}


@pytest.mark.parametrize("address", OF_CONTRACT, indirect=True)
def test_an_unknown_contract_is_not_found(
    address: str, vega: User, login: Callable[[User], Browser]
) -> None:
    parts = address.split("/")
    parts[2] = str(uuid.uuid4().int % 10**9 + 10**9)
    assert login(vega).get("/".join(parts)).status_code == 404
