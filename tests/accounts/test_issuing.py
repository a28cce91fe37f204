"""Issuing a login and granting access by one: what is stored, and what is refused."""

from __future__ import annotations

import datetime
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import check_password
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from accounts import agreements, issuing, journal
from accounts.models import Basis, Client, JournalEntry, Membership, User
from accounts.roles import Role
from cabinet import numbers
from contracts.models import Contract
from tests import make
from tests.accounts.paper import PERSON, terms


def tomorrow() -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=1)


# Issuing ----------------------------------------------------------------------------------------


def test_everything_is_stored_at_once(
    vega_client: Client, vega_contract: Contract, office: User
) -> None:
    Client.objects.update(registered_on=None)
    issued = issuing.issue_login(client=vega_client, person=PERSON, terms=terms(), issued_by=office)

    user = User.objects.get(username=issued.login)
    assert (user.full_name, user.email, user.phone) == (
        "Новикова Ольга Юрьевна",
        "novikova@vega.example",
        "+7 900 000-00-07",
    )
    assert user.has_one_time_password
    assert check_password(issued.one_time_password, user.password)
    assert user.one_time_password_until is not None
    days = user.one_time_password_until - timezone.now()
    assert datetime.timedelta(days=9, hours=23) < days <= datetime.timedelta(days=10)
    address = EmailAddress.objects.get(user=user)
    assert (address.email, address.verified, address.primary) == (
        "novikova@vega.example",
        True,
        True,
    )

    membership = user.memberships.get()
    assert membership == issued.membership
    assert (membership.client, membership.role, membership.position) == (
        vega_client,
        Role.ACCOUNTANT,
        "бухгалтер",
    )
    assert membership.starts_on == membership.signed_on == timezone.localdate()
    assert membership.issued_by == office
    assert membership.agreement_number.startswith(f"ПС-{timezone.localdate().year}-")
    assert list(Contract.objects.visible_to(user)) == [vega_contract]
    vega_client.refresh_from_db()
    assert vega_client.registered_on == timezone.localdate()

    entry = JournalEntry.objects.get(action=journal.Action.LOGIN_ISSUED)
    assert (entry.user, entry.client) == (office, vega_client)
    assert issued.login in entry.subject
    assert entry.details["agreement"] == membership.agreement_number


def test_the_registration_day_is_set_once(vega_client: Client, office: User) -> None:
    before = vega_client.registered_on
    issuing.issue_login(client=vega_client, person=PERSON, terms=terms(), issued_by=office)
    vega_client.refresh_from_db()
    assert before is not None
    assert vega_client.registered_on == before


def test_the_login_comes_from_the_contract_and_never_repeats(
    vega_client: Client, vega_contract: Contract, orion_client: Client, office: User
) -> None:
    make.contract(orion_client, number="77-09-004217")  # another client's number ends alike
    logins = [
        issuing.issue_login(
            client=client,
            person=issuing.Person(last_name="А", first_name="Б", email=f"{number}@vega.example"),
            terms=terms(),
            issued_by=office,
        ).login
        for number, client in enumerate((vega_client, vega_client, orion_client))
    ]
    assert logins == ["ul-004217", "ul-004217-2", "ul-004217-3"]


def test_a_client_without_contracts_gets_a_login_too(vega_client: Client, office: User) -> None:
    issued = issuing.issue_login(client=vega_client, person=PERSON, terms=terms(), issued_by=office)
    assert issued.login == f"ul-{vega_client.pk:06d}"


def test_access_to_chosen_contracts_only(
    vega_client: Client, vega_contract: Contract, office: User
) -> None:
    make.contract(vega_client)
    issued = issuing.issue_login(
        client=vega_client,
        person=PERSON,
        terms=terms(contract_ids=[vega_contract.pk]),
        issued_by=office,
    )
    assert list(Contract.objects.visible_to(issued.membership.user)) == [vega_contract]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"signed_on": "tomorrow"}, "signed_on"),
        ({"basis": Basis.POWER_OF_ATTORNEY, "basis_number": "12"}, "ends_on"),
        ({"basis": Basis.POWER_OF_ATTORNEY, "ends_on": "tomorrow"}, "basis_number"),
        (
            {"basis": Basis.POWER_OF_ATTORNEY, "basis_number": "  ", "ends_on": "tomorrow"},
            "basis_number",
        ),
        ({"basis": Basis.ORDER, "basis_number": "5"}, "basis_on"),
        ({"basis": Basis.ORDER, "basis_on": "yesterday"}, "basis_number"),
        ({"basis": Basis.ORDER, "basis_number": "5", "basis_on": "tomorrow"}, "basis_on"),
        ({"ends_on": "yesterday"}, "ends_on"),
        ({"ends_on": "in a thousand years"}, "ends_on"),
        ({"contract_ids": []}, "contracts"),
        ({"contract_ids": "foreign"}, "contracts"),
    ],
)
def test_what_is_refused_leaves_nothing(
    values: dict, field: str, vega_client: Client, orion_contract: Contract, office: User
) -> None:
    named = {
        "tomorrow": tomorrow(),
        "yesterday": timezone.localdate() - datetime.timedelta(days=1),
        "in a thousand years": datetime.date(3026, 11, 26),
        "foreign": [orion_contract.pk],
    }
    values = {
        key: named.get(value, value) if isinstance(value, str) else value
        for key, value in values.items()
    }
    before = User.objects.count()
    with pytest.raises(issuing.IssuingRefused) as refused:
        issuing.issue_login(
            client=vega_client, person=PERSON, terms=terms(**values), issued_by=office
        )
    assert field in refused.value.reasons
    assert User.objects.count() == before
    assert not Membership.objects.exists()
    assert not JournalEntry.objects.exists()


def test_a_term_is_kept_to_its_last_day(vega_client: Client, office: User) -> None:
    issued = issuing.issue_login(
        client=vega_client,
        person=PERSON,
        terms=terms(
            basis=Basis.POWER_OF_ATTORNEY, basis_number="12/Д", ends_on=timezone.localdate()
        ),
        issued_by=office,
    )
    assert issued.membership.is_active
    assert issued.membership.basis_number == "12/Д"


def test_the_database_asks_an_order_for_number_and_date(vega: User, vega_client: Client) -> None:
    membership = vega.memberships.get()
    membership.basis, membership.basis_number = Basis.ORDER, "5"
    with pytest.raises(IntegrityError, match="order_has_number_and_date"), transaction.atomic():
        membership.save()
    membership.basis_on = timezone.localdate()
    membership.save()


def test_numbers_of_agreements_do_not_repeat(vega_client: Client, office: User) -> None:
    issued = issuing.issue_login(client=vega_client, person=PERSON, terms=terms(), issued_by=office)
    following = issuing.next_agreement_number()
    assert numbers.is_number_valid(following)
    assert following != issued.membership.agreement_number
    with pytest.raises(issuing.IssuingRefused, match="номером уже есть"):
        issuing.grant_membership(
            client=make.client(), user=issued.membership.user, position="", terms=terms(),
            issued_by=office, agreement_number=issued.membership.agreement_number,
        )  # fmt: skip


def test_an_address_belongs_to_one_person(vega: User, vega_client: Client, office: User) -> None:
    EmailAddress.objects.create(user=vega, email=PERSON.email.lower(), verified=True, primary=True)
    with pytest.raises(issuing.IssuingRefused) as refused:
        issuing.issue_login(client=vega_client, person=PERSON, terms=terms(), issued_by=office)
    assert "vega" in refused.value.reasons["email"]


def test_one_form_gives_one_login(vega_client: Client, office: User) -> None:
    key = uuid.uuid4()
    issued = issuing.issue_login(
        client=vega_client, person=PERSON, terms=terms(), issued_by=office, form_key=key
    )
    with pytest.raises(issuing.AlreadyIssued) as again:
        issuing.issue_login(
            client=vega_client, person=PERSON, terms=terms(), issued_by=office, form_key=key
        )
    assert again.value.membership == issued.membership
    assert Membership.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_get_ten_logins(
    vega_client: Client, vega_contract: Contract, office: User
) -> None:
    def issue(number: int) -> str:
        try:
            return issuing.issue_login(
                client=vega_client,
                person=issuing.Person(
                    last_name="А", first_name="Б", email=f"p{number}@vega.example"
                ),
                terms=terms(),
                issued_by=office,
            ).login
        finally:
            connection.close()

    with ThreadPoolExecutor(10) as pool:
        logins = list(pool.map(issue, range(10)))
    assert sorted(logins) == sorted(
        ["ul-004217", *(f"ul-004217-{number}" for number in range(2, 11))]
    )


@pytest.mark.django_db(transaction=True)
def test_clients_whose_numbers_end_alike_do_not_collide(office: User) -> None:
    clients = [make.client() for _ in range(6)]
    for number, client in enumerate(clients):
        make.contract(client, number=f"35-{number:02d}-009999")

    def issue(client: Client) -> str:
        try:
            return issuing.issue_login(
                client=client,
                person=issuing.Person(
                    last_name="А", first_name="Б", email=f"c{client.pk}@vega.example"
                ),
                terms=terms(),
                issued_by=office,
            ).login
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        logins = list(pool.map(issue, clients))
    assert len(set(logins)) == 6


# Access by a login that exists ------------------------------------------------------------------


def test_one_login_for_two_companies(
    vega: User,
    vega_contract: Contract,
    orion_client: Client,
    orion_contract: Contract,
    office: User,
) -> None:
    membership = issuing.grant_membership(
        client=orion_client, user=vega, position="советник", terms=terms(), issued_by=office
    )
    assert set(Contract.objects.visible_to(vega)) == {vega_contract, orion_contract}
    vega.refresh_from_db()
    assert not vega.has_one_time_password
    entry = JournalEntry.objects.get(action=journal.Action.ACCESS_GRANTED)
    assert (entry.client, entry.details["membership"]) == (orion_client, membership.pk)


@pytest.mark.parametrize("who", ["twice", "staff", "disabled"])
def test_whom_access_is_not_granted(
    who: str, vega: User, vega_client: Client, orion_client: Client, office: User
) -> None:
    user, client = {
        "twice": (vega, vega_client),
        "staff": (office, orion_client),
        "disabled": (vega, orion_client),
    }[who]
    if who == "disabled":
        User.objects.filter(pk=vega.pk).update(is_active=False)
    before = Membership.objects.count()
    with pytest.raises(issuing.IssuingRefused) as refused:
        issuing.grant_membership(
            client=client, user=user, position="", terms=terms(), issued_by=office
        )
    assert list(refused.value.reasons) == ["login"]
    assert Membership.objects.count() == before


def test_a_new_paper_after_the_old_one_ended(
    vega_former: User, vega_client: Client, office: User
) -> None:
    membership = issuing.grant_membership(
        client=vega_client, user=vega_former, position="", terms=terms(), issued_by=office
    )
    assert membership.is_active


def test_another_role_at_one_contract(
    vega_client: Client, vega_contract: Contract, office: User
) -> None:
    second = make.contract(vega_client)
    roles = {second.pk: Role.READER}
    issued = issuing.issue_login(
        client=vega_client,
        person=PERSON,
        terms=terms(contract_ids=[vega_contract.pk, second.pk], contract_roles=roles),
        issued_by=office,
    )
    limits = dict(issued.membership.limits.values_list("contract", "role"))
    assert limits == {vega_contract.pk: "", second.pk: Role.READER}
    words = agreements.of_membership(issued.membership).contracts
    assert f"{second.number} (только просмотр)" in words
    assert f"{vega_contract.number}," in words or words.endswith(vega_contract.number)


def test_a_role_is_for_a_contract_that_opens(
    vega_client: Client, vega_contract: Contract, orion_contract: Contract, office: User
) -> None:
    for contract_ids, contract in (
        ([vega_contract.pk], make.contract(vega_client)),
        (None, orion_contract),
    ):
        wrong = terms(contract_ids=contract_ids, contract_roles={contract.pk: Role.READER})
        with pytest.raises(issuing.IssuingRefused) as refused:
            issuing.issue_login(client=vega_client, person=PERSON, terms=wrong, issued_by=office)
        assert set(refused.value.reasons) == {"contracts"}
