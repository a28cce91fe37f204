"""The one rule that turns a user into rows."""

from __future__ import annotations

import datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from accounts.models import Client, Membership, User
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db


def seen(user: object) -> list[str]:
    return sorted(Contract.objects.visible_to(user).values_list("number", flat=True))


def test_a_member_sees_the_contracts_of_the_client(
    vega: User, vega_contract: Contract, orion_contract: Contract
) -> None:
    assert seen(vega) == [vega_contract.number]


def test_nobody_else_sees_anything(
    vega_contract: Contract, superuser: User, office: User, orion: User
) -> None:
    assert seen(AnonymousUser()) == []
    assert seen(superuser) == []
    assert seen(office) == []
    assert seen(orion) == []


def test_a_limited_membership_opens_the_listed_contracts(
    vega: User, vega_client: Client, vega_contract: Contract
) -> None:
    second = make.contract(vega_client)
    membership = Membership.objects.get(user=vega)
    make.limit(membership, second)
    assert seen(vega) == [second.number]


def test_a_limit_without_contracts_opens_none(vega: User, vega_contract: Contract) -> None:
    make.limit(Membership.objects.get(user=vega))
    assert seen(vega) == []


def test_a_limit_never_opens_another_clients_contract(vega: User, orion_contract: Contract) -> None:
    make.limit(Membership.objects.get(user=vega), orion_contract)
    assert seen(vega) == []


@pytest.mark.parametrize(
    ("change", "is_open"),
    [
        ({"ends_on": 0}, True),
        ({"ends_on": -1}, False),
        ({"starts_on": 0}, True),
        ({"starts_on": 1}, False),
    ],
)
def test_the_first_and_the_last_day_count(
    vega: User, vega_contract: Contract, change: dict[str, int], is_open: bool
) -> None:
    days = {
        field: timezone.localdate() + datetime.timedelta(days=shift)
        for field, shift in change.items()
    }
    Membership.objects.filter(user=vega).update(**days)
    assert bool(seen(vega)) is is_open


def test_a_revoked_membership_opens_nothing(vega: User, vega_contract: Contract) -> None:
    Membership.objects.filter(user=vega).update(revoked_at=timezone.now())
    assert seen(vega) == []


def test_a_disabled_person_sees_nothing(vega: User, vega_contract: Contract) -> None:
    User.objects.filter(pk=vega.pk).update(is_active=False)
    assert seen(vega) == []


def test_one_person_may_serve_two_companies(
    vega: User, orion_client: Client, vega_contract: Contract, orion_contract: Contract
) -> None:
    make.membership(vega, orion_client)
    assert len(seen(vega)) == 2
