"""The wizard's deeds without its pages: what none of them may be talked into."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts import enrolling, issuing
from accounts.models import Client, Enrolment, Membership, User
from contracts.models import Contract
from tests import make

State = Enrolment.State


@pytest.fixture
def enrolment(vega_client: Client, vega_contract: Contract, office: User) -> Enrolment:
    """Filled in, not printed."""
    return make.enrolment(vega_client, office)


def test_nothing_is_issued_that_is_not_signed(enrolment: Enrolment, office: User) -> None:
    printed = enrolling.print_agreement(enrolment=enrolment, by=office)
    scan = make.agreement_scan(office)
    printed = enrolling.attach_scan(enrolment=printed, scan=scan)
    with pytest.raises(issuing.IssuingRefused, match="после подписания"):
        enrolling.issue(enrolment=printed, by=office)
    assert not Membership.objects.exists()


def test_a_second_issue_names_the_first(enrolment: Enrolment, office: User) -> None:
    enrolment = enrolling.print_agreement(enrolment=enrolment, by=office)
    scan = make.agreement_scan(office)
    enrolment = enrolling.attach_scan(enrolment=enrolment, scan=scan)
    today = timezone.localdate()
    enrolment = enrolling.sign(enrolment=enrolment, signed_on=today, by=office)
    given = enrolling.issue(enrolment=enrolment, by=office)
    assert isinstance(given, issuing.Issued)
    with pytest.raises(issuing.AlreadyIssued) as again:
        enrolling.issue(enrolment=enrolment, by=office)
    assert again.value.membership == given.membership


def test_a_change_after_the_signature_voids_it(enrolment: Enrolment, office: User) -> None:
    enrolment = enrolling.print_agreement(enrolment=enrolment, by=office)
    number = enrolment.agreement_number
    enrolment = enrolling.attach_scan(enrolment=enrolment, scan=make.agreement_scan(office))
    today = timezone.localdate()
    enrolment = enrolling.sign(enrolment=enrolment, signed_on=today, by=office)
    enrolment = enrolling.change(enrolment=enrolment, by=office, position="директор")
    assert (enrolment.state, enrolment.scan, enrolment.signed_on) == (State.FILLING, None, None)
    enrolment = enrolling.print_agreement(enrolment=enrolment, by=office)
    assert enrolment.agreement_number != number, "another text is another paper"


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"state": State.PRINTED}, "enrolment_printed_has_number"),
        (
            {"state": State.SIGNED, "agreement_number": "X", "printed_at": timezone.now()},
            "enrolment_signed_has_day_and_scan",
        ),
        ({"state": State.ABANDONED}, "enrolment_abandoned_has_reason"),
        ({"scope": Enrolment.Scope.CHOSEN}, "enrolment_chosen_contracts"),
    ],
)
def test_the_database_refuses_what_cannot_be(
    values: dict, constraint: str, enrolment: Enrolment
) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Enrolment.objects.filter(pk=enrolment.pk).update(**values)
