"""Many people at once are allowed exactly what each of them is allowed alone."""

from __future__ import annotations

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Client, User
from accounts.roles import Right, Role
from contracts.access import contracts_allowing, people_allowed, people_seeing
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("right", list(Right))
def test_the_same_pairs_as_person_by_person(
    right: Right,
    vega: User,
    vega_accountant: User,
    vega_engineer: User,
    vega_reader: User,
    vega_former: User,
    vega_client: Client,
    vega_contract: Contract,
    orion: User,
    orion_client: Client,
    orion_contract: Contract,
    superuser: User,
    office: User,
) -> None:
    second = make.contract(vega_client)
    limited = make.user("limited")
    make.limit(make.membership(limited, vega_client, Role.ENGINEER), second)
    # A limit to a contract that is not the client's any more opens nothing.
    make.limit(make.membership(limited, orion_client, Role.DIRECTOR), vega_contract)
    make.membership(vega_engineer, orion_client, Role.READER)
    revoked = make.user("revoked")
    make.membership(revoked, vega_client, revoked_at=timezone.now(), revoked_reason="уволился")
    tomorrow = timezone.localdate() + datetime.timedelta(days=1)
    make.membership(make.user("tomorrow"), vega_client, starts_on=tomorrow)
    make.membership(make.user("blocked", is_active=False), vega_client)
    everybody = list(User.objects.all())
    found = people_allowed(right, [user.pk for user in everybody])
    assert len(found) == len(set(found))
    keys = list(Contract.objects.values_list("pk", flat=True))
    assert set(people_allowed(right, contracts=keys)) == set(found)
    for key in keys:
        of_one = {pair for pair in found if pair[1] == key}
        assert set(people_allowed(right, contracts=[key])) == of_one
    assert set(found) == {
        (user.pk, contract.pk) for user in everybody for contract in contracts_allowing(user, right)
    }
    assert found
    assert people_seeing(keys) == {
        (user.pk, contract.pk)
        for user in everybody
        for contract in Contract.objects.visible_to(user)
    }
    of_second = {(user, key) for user, key in people_seeing(keys) if key == second.pk}
    assert people_seeing([second.pk]) == of_second
    assert (vega_reader.pk, second.pk) in of_second


def test_only_those_who_were_asked_about(
    vega: User, vega_engineer: User, vega_contract: Contract
) -> None:
    assert people_allowed(Right.SUBMIT_READINGS, [vega.pk]) == [(vega.pk, vega_contract.pk)]
    assert people_allowed(Right.SUBMIT_READINGS, []) == []


def test_one_statement(vega: User, vega_engineer: User, vega_contract: Contract) -> None:
    with CaptureQueriesContext(connection) as captured:
        people_allowed(Right.SUBMIT_READINGS, [vega.pk, vega_engineer.pk])
    assert len(captured) == 1
