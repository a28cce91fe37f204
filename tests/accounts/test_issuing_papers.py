"""The agreement and the slip as PDF: what stands on them, on how many pages, and who gets them."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts import agreements, issuing
from accounts.models import Basis, Client, JournalEntry, Membership, User
from accounts.roles import Role
from accounts.terms import Terms
from cabinet import formats
from contracts.models import Contract
from tests import make

Login = Callable[[User], Browser]


def pages(pdf: bytes) -> list[str]:
    """The text of each page, spaces and line breaks (and breaks of words) evened out."""
    texts = (page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return [" ".join(text.replace("\u00a0", " ").split()) for text in texts]


def filled(membership: Membership) -> bytes:
    """The agreement of one access, in two copies."""
    return agreements.filled_agreements([agreements.of_membership(membership)])


@pytest.fixture
def issued(vega_client: Client, vega_contract: Contract, office: User) -> issuing.Issued:
    """An accountant's login on a power of attorney, for one contract."""
    make.contract(vega_client, number="35-01-009999")
    return issuing.issue_login(
        client=vega_client,
        person=issuing.Person(
            last_name="Новикова", first_name="Ольга", patronymic="Юрьевна",
            email="novikova@vega.example", phone="+7 900 000-00-07", position="бухгалтер",
        ),
        terms=Terms(
            role=Role.ACCOUNTANT,
            basis=Basis.POWER_OF_ATTORNEY,
            basis_number="12/Д",
            signed_on=timezone.localdate(),
            ends_on=timezone.localdate() + datetime.timedelta(days=90),
            contract_ids=[vega_contract.pk],
        ),
        issued_by=office,
    )  # fmt: skip


def test_the_blank_agreement_is_two_pages_of_lines_to_fill_in() -> None:
    text = pages(agreements.blank_agreement())
    assert len(text) == 2
    assert "Пользовательское соглашение № ____" in text[0]
    assert "152-ФЗ" in " ".join(text)
    assert "Северэнергосбыт" in text[0]


def test_the_agreement_brings_its_own_letters() -> None:
    """A sign that PT Sans lacks would come from whatever face the machine happens to have."""
    fonts = {
        str(font.get_object()["/BaseFont"])
        for page in PdfReader(io.BytesIO(agreements.blank_agreement())).pages
        for font in page["/Resources"]["/Font"].values()
    }
    assert fonts
    assert all("PT-Sans" in font for font in fonts), fonts


def test_the_agreement_is_filled_in_for_both_sides(
    issued: issuing.Issued, vega_contract: Contract
) -> None:
    membership = issued.membership
    text = pages(filled(membership))
    assert len(text) == 4
    assert "Экземпляр Поставщика" in text[0]
    assert "Экземпляр Клиента" in text[2]
    for first, second in (text[:2], text[2:]):
        both = first + second
        for words in (
            membership.agreement_number,
            vega_contract.client.inn,
            "Новикова Ольга Юрьевна",
            "№ 12/Д",
            f"{membership.ends_on:%d.%m.%Y}",
            f"{membership.signed_on:%d.%m.%Y}",
            vega_contract.number,
            "novikova@vega.example",
        ):
            assert words in both, words
        assert "35-01-009999" not in both
        assert "____" in second
    assert issued.one_time_password not in " ".join(text)


def test_the_agreement_names_every_contract_in_force(vega: User, vega_client: Client) -> None:
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    numbers = [f"35-01-{number:06d}" for number in range(1, 16)]
    for number in numbers:
        make.contract(vega_client, number=number)
    make.contract(vega_client, number="35-01-009999", terminated_on=yesterday)
    words = agreements.contracts_in_words(vega_client, None, {})
    assert words.startswith("все договоры Клиента (")
    assert all(number in words for number in numbers)
    assert "35-01-009999" not in words


def test_a_long_name_still_fits_two_pages(issued: issuing.Issued) -> None:
    client = issued.membership.client
    client.full_name = (
        "Общество с ограниченной ответственностью "
        + "«Производственно-коммерческое объединение» " * 9
    )
    client.legal_address = "160000, Новоборская область, г. Новоборск, ул. Длинная, " * 8
    assert len(pages(filled(issued.membership))) == 4


def test_the_office_downloads_the_agreement(
    issued: issuing.Issued, office: User, login: Login
) -> None:
    answer = login(office).get(
        reverse("admin:accounts_membership_agreement", args=[issued.membership.pk])
    )
    assert answer["Content-Type"] == "application/pdf"
    assert issued.membership.agreement_number in pages(answer.content)[0]
    entry = JournalEntry.objects.get(action=JournalEntry.Action.FILE_OPENED)
    assert (entry.user, entry.client) == (office, issued.membership.client)
    assert issued.membership.agreement_number in entry.subject


def test_a_stranger_does_not(issued: issuing.Issued, orion: User, login: Login) -> None:
    address = reverse("admin:accounts_membership_agreement", args=[issued.membership.pk])
    assert login(orion).get(address).status_code == 403
    assert Browser().get(address).status_code == 302
    assert not JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).exists()


def test_the_slip_holds_login_password_address_and_term(
    issued: issuing.Issued, office: User, login: Login
) -> None:
    user = issued.membership.user
    address = reverse("admin:accounts_user_slip", args=[user.pk])
    answer = login(office).post(address, {"one_time_password": issued.one_time_password})
    assert answer["Content-Type"] == "application/pdf"
    text = pages(answer.content)
    assert len(text) == 1
    for words in (
        issued.login,
        issued.one_time_password,
        "http://testserver",
        f"{timezone.localtime(user.one_time_password_until):%d.%m.%Y %H:%M}",
        "ООО «Вега»",
    ):
        assert words in text[0], words


def test_a_slip_promises_no_more_than_the_access(issued: issuing.Issued, office: User) -> None:
    user, today = issued.membership.user, timezone.localdate()
    Membership.objects.filter(user=user).update(ends_on=None, basis=Basis.CHARTER)
    whole = agreements.slip_of(user, "x")
    assert whole.access_ends_on is None
    Membership.objects.filter(user=user).update(ends_on=today)
    slip = agreements.slip_of(user, "x")
    assert slip.access_ends_on == today
    assert slip.valid_until == formats.moment(
        timezone.make_aware(
            datetime.datetime.combine(today + datetime.timedelta(days=1), datetime.time())
        )
    )
    (text,) = pages(agreements.slips([slip]))
    assert f"Доступ открыт по {formats.day(today)}" in text
    Membership.objects.filter(user=user).update(ends_on=today + datetime.timedelta(days=99))
    assert agreements.slip_of(user, "x").valid_until == whole.valid_until


@pytest.mark.parametrize("why", ["wrong", "empty", "expired", "used", "own"])
def test_no_slip_of_a_password_that_does_not_hold(
    why: str, issued: issuing.Issued, office: User, login: Login
) -> None:
    user, password = issued.membership.user, issued.one_time_password
    match why:
        case "wrong":
            password = "abcd-efgh-jkmn-pqrs"
        case "empty":
            password = ""
        case "expired":
            User.objects.filter(pk=user.pk).update(one_time_password_until=timezone.now())
        case "used":
            issuing.reissue_password(user=user, by=office)
        case "own":
            user.set_password(make.PASSWORD)
            user.has_one_time_password = False
            user.save()
            password = make.PASSWORD
    answer = login(office).post(
        reverse("admin:accounts_user_slip", args=[user.pk]), {"one_time_password": password}
    )
    assert answer.status_code == 302


def test_the_slip_is_made_by_sending_only(
    issued: issuing.Issued, office: User, login: Login
) -> None:
    address = reverse("admin:accounts_user_slip", args=[issued.membership.user_id])
    answer = login(office).get(address, {"one_time_password": issued.one_time_password})
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    text = answer.content.decode()
    assert "Эта страница открывается только кнопкой" in text
    assert "Вернуться в рабочее место" in text
    assert issued.one_time_password not in text
