"""«Сузить доступ»: a lower role, fewer contracts, an earlier day; never anything wider."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping

import pytest
from django.conf import settings
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import journal, narrowing
from accounts.models import Client, EndingNotice, JournalEntry, Letter, Membership, User
from accounts.narrowing import CLOSED, Choice
from accounts.roles import Role
from contracts.models import Contract, ContractLimit
from tests import make
from tests.accounts.paper import enter

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def second(vega_client: Client) -> Contract:
    """Vega's other contract."""
    contract = make.contract(vega_client, number="35-01-005000")
    make.installation(make.point(contract))
    return contract


def in_days(days: int) -> datetime.date:
    return timezone.localdate() + datetime.timedelta(days=days)


def narrow(by: User, person: User, role: str, **values: object) -> list[tuple[str, str]]:
    membership = person.memberships.get()
    return narrowing.narrow(membership=membership, by=by, choice=Choice(role=role, **values))  # type: ignore[arg-type]


def reasons(by: User, person: User, role: str, **values: object) -> Mapping[str, str]:
    with pytest.raises(narrowing.NarrowingRefused) as refused:
        narrow(by, person, role, **values)
    assert not Letter.objects.exists()
    assert not JournalEntry.objects.filter(action=journal.Action.ACCESS_NARROWED).exists()
    return refused.value.reasons


def limits(person: User) -> dict[int, str]:
    return dict(
        ContractLimit.objects.filter(membership__user=person).values_list("contract", "role")
    )


# The page ---------------------------------------------------------------------------------------


def test_a_lower_role_counts_at_the_next_request(
    vega: User, vega_accountant: User, vega_client: Client, vega_contract: Contract, login: Login
) -> None:
    theirs, _ = enter("vega-accountant", make.PASSWORD)
    readings = reverse("meters:readings", args=[vega_contract.pk])
    assert theirs.post(readings).status_code != 403
    page = reverse(
        "accounts:access-narrow", args=[vega_client.pk, vega_accountant.memberships.get().pk]
    )
    browser = login(vega)
    asked = browser.get(page)
    assert [value for value, _ in asked.context["form"].fields["role"].choices] == [
        "accountant",
        "engineer",
        "reader",
    ]
    answer = browser.post(page, {"role": "reader"}, follow=True)
    assert "роль: бухгалтер → только просмотр" in answer.content.decode()
    assert theirs.post(readings).status_code == 403
    assert theirs.get(readings).status_code == 200


def test_a_closed_contract_is_gone_at_the_next_request(
    vega: User,
    vega_engineer: User,
    vega_client: Client,
    vega_contract: Contract,
    second: Contract,
    login: Login,
) -> None:
    theirs, _ = enter("vega-engineer", make.PASSWORD)
    pages = [reverse("contracts:contract", args=[one.pk]) for one in (vega_contract, second)]
    assert [theirs.get(page).status_code for page in pages] == [200, 200]
    page = reverse(
        "accounts:access-narrow", args=[vega_client.pk, vega_engineer.memberships.get().pk]
    )
    login(vega).post(
        page,
        {
            "role": "engineer",
            f"contract_{vega_contract.pk}": "same",
            f"contract_{second.pk}": CLOSED,
        },
    )
    assert [theirs.get(page).status_code for page in pages] == [200, 404]
    membership = vega_engineer.memberships.get()
    assert not membership.all_contracts
    assert limits(vega_engineer) == {vega_contract.pk: ""}


def test_what_is_wider_is_neither_offered_nor_taken(
    vega: User, vega_engineer: User, vega_client: Client, vega_contract: Contract, login: Login
) -> None:
    page = reverse(
        "accounts:access-narrow", args=[vega_client.pk, vega_engineer.memberships.get().pk]
    )
    refused = login(vega).post(
        page, {"role": "director", f"contract_{vega_contract.pk}": "director"}
    )
    assert refused.status_code == 422
    html = refused.content.decode()
    assert "она шире прежней" in html
    assert f'href="#id_contract_{vega_contract.pk}"' in html
    assert vega_engineer.memberships.get().role == Role.ENGINEER


def test_a_refused_form_keeps_what_was_chosen(
    vega: User, vega_engineer: User, vega_client: Client, vega_contract: Contract, login: Login
) -> None:
    page = reverse(
        "accounts:access-narrow", args=[vega_client.pk, vega_engineer.memberships.get().pk]
    )
    yesterday = in_days(-1).isoformat()
    refused = login(vega).post(page, {"role": "reader", "ends_on": yesterday})
    assert refused.status_code == 422
    html = refused.content.decode()
    assert "Этот день уже прошёл" in html
    assert f'value="{yesterday}"' in html
    assert '<option value="reader" selected>' in html


# The rule ---------------------------------------------------------------------------------------


def test_all_contracts_stay_open_to_those_to_come_unless_one_is_closed(
    vega: User, vega_accountant: User, vega_contract: Contract, second: Contract
) -> None:
    narrow(vega, vega_accountant, Role.ACCOUNTANT, contracts={second.pk: Role.READER})
    assert vega_accountant.memberships.get().all_contracts
    assert limits(vega_accountant) == {second.pk: Role.READER}
    narrow(vega, vega_accountant, Role.ENGINEER, contracts={vega_contract.pk: CLOSED})
    assert not vega_accountant.memberships.get().all_contracts
    assert limits(vega_accountant) == {second.pk: Role.READER}


def test_the_office_and_both_people_are_told_what_changed(
    vega: User, vega_accountant: User, vega_contract: Contract, second: Contract
) -> None:
    last_day = in_days(60)
    narrow(
        vega,
        vega_accountant,
        Role.ENGINEER,
        contracts={second.pk: CLOSED, vega_contract.pk: Role.READER},
        ends_on=last_day,
    )
    letters = {letter.to: letter.plain.replace("\u00a0", " ") for letter in Letter.objects.all()}
    assert set(letters) == {vega.email, vega_accountant.email, settings.RETAILER.email}
    for plain in letters.values():
        for words in (
            "Роль: бухгалтер → энергетик",
            "Закрыты договоры: № 35-01-005000",
            "Роль по договору № 35-01-004217: бухгалтер → только просмотр",
            f"Последний день доступа: {last_day:%d.%m.%Y}",
            "Кто изменил: Громов Андрей Ильич",
        ):
            assert words in plain
    entry = JournalEntry.objects.get(action=journal.Action.ACCESS_NARROWED)
    assert entry.details["before"]["roles"] == {
        str(vega_contract.pk): "accountant",
        str(second.pk): "accountant",
    }
    assert entry.details["after"]["roles"] == {str(vega_contract.pk): "reader"}


@pytest.mark.parametrize("own", ["", Role.READER])
def test_a_role_of_a_contract_is_never_widened_by_the_role_above(
    own: str, vega: User, vega_engineer: User, vega_contract: Contract, second: Contract
) -> None:
    make.limit(vega_engineer.memberships.get(), vega_contract)
    ContractLimit.objects.create(
        membership=vega_engineer.memberships.get(), contract=second, role=own
    )
    found = {"contracts": {second.pk: ""}}
    if own:
        words = reasons(vega, vega_engineer, Role.ENGINEER, **found)
        assert set(words) == {f"contract_{second.pk}"}
        assert "только просмотр" in words[f"contract_{second.pk}"]
    else:
        assert set(reasons(vega, vega_engineer, Role.ENGINEER, **found)) == {""}, "no change"


def test_a_wider_role_of_a_contract_may_stay_when_the_role_above_falls(
    vega: User, vega_accountant: User, vega_contract: Contract, second: Contract
) -> None:
    narrow(vega, vega_accountant, Role.READER, contracts={second.pk: Role.ENGINEER})
    assert limits(vega_accountant) == {second.pk: Role.ENGINEER}
    assert vega_accountant.memberships.get().role == Role.READER


def test_the_last_day_is_only_earlier(vega: User, vega_engineer: User) -> None:
    Membership.objects.filter(user=vega_engineer).update(ends_on=in_days(40))
    assert set(reasons(vega, vega_engineer, Role.ENGINEER, ends_on=in_days(41))) == {"ends_on"}
    assert set(reasons(vega, vega_engineer, Role.ENGINEER, ends_on=in_days(-1))) == {"ends_on"}
    assert set(reasons(vega, vega_engineer, Role.ENGINEER, ends_on=in_days(40))) == {""}
    narrow(vega, vega_engineer, Role.ENGINEER, ends_on=timezone.localdate())
    assert vega_engineer.memberships.get().ends_on == timezone.localdate()
    assert vega_engineer.memberships.get().is_active


def test_the_letter_of_an_earlier_day_stands_for_the_reminder_of_its_step(
    vega: User, vega_engineer: User
) -> None:
    narrow(vega, vega_engineer, Role.ENGINEER, ends_on=in_days(20))
    told = EndingNotice.objects.values_list("user__username", "step", "ends_on")
    assert set(told) == {("vega", 30, in_days(20)), ("vega-engineer", 30, in_days(20))}


def test_what_is_refused(
    vega: User,
    vega_engineer: User,
    vega_reader: User,
    vega_former: User,
    vega_contract: Contract,
    orion_contract: Contract,
) -> None:
    everything = {vega_contract.pk: CLOSED}
    assert (
        "Не остаётся ни одного договора"
        in reasons(vega, vega_engineer, Role.ENGINEER, contracts=everything)[""]
    )
    foreign = {orion_contract.pk: Role.READER}
    assert "доступа и не было" in reasons(vega, vega_engineer, Role.ENGINEER, contracts=foreign)[""]
    assert "Ничего не изменено" in reasons(vega, vega_reader, Role.READER)[""]
    assert "Свой доступ" in reasons(vega, vega, Role.READER)[""]
    assert "уже не действует" in reasons(vega, vega_former, Role.READER)[""]
    assert set(reasons(vega, vega_reader, Role.ENGINEER)) >= {"role"}
