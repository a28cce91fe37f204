"""The act of reconciliation as PDF: both sides mirrored, balances in words, one act a contract."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from accounts.models import JournalEntry, User
from billing import reconciliation
from billing.reconciliation import Act, Sides
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
DAY = datetime.date
QUARTER = {"starts_on": "2026-07-01", "ends_on": "2026-09-30", "scope": "contract"}


def act(browser: Browser, contract: Contract, **asked: str) -> list[str]:
    """The text of each page."""
    response = browser.get(
        reverse("billing:reconciliation-act", args=[contract.pk]), {**QUARTER, **asked}
    )
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    pages = PdfReader(io.BytesIO(response.content)).pages
    return [" ".join(page.extract_text().split()) for page in pages]


def test_an_act_of_one_contract(vega_reader: User, vega_contract: Contract, login: Login) -> None:
    make.charge(vega_contract, "100.00", booked_on=DAY(2026, 6, 30))
    make.charge(vega_contract, "1000.00", booked_on=DAY(2026, 7, 31), number="СФ-7")
    make.payment(vega_contract, "250.50", booked_on=DAY(2026, 8, 18), number="451")
    make.payment(vega_contract, "7.00", booked_on=DAY(2026, 10, 1), number="после")
    (text,) = act(login(vega_reader), vega_contract)
    for words in (
        "Акт сверки взаимных расчётов с 01.07.2026 по 30.09.2026",
        "№ 35-01-004217 от 14.03.2019",
        "Сальдо на 01.07.2026 100,00 Сальдо на 01.07.2026 100,00",
        "31.07.2026 Счёт-фактура № СФ-7 1 000,00 31.07.2026 Счёт-фактура № СФ-7 1 000,00",
        "18.08.2026 Платёжное поручение № 451 250,50 18.08.2026 Платёжное поручение № 451 250,50",
        "Обороты за период 1 000,00 250,50 Обороты за период 250,50 1 000,00",
        "Сальдо на 30.09.2026 849,50 Сальдо на 30.09.2026 849,50",
        "задолженность в пользу АО «Северэнергосбыт» — 849,50 ₽ (Восемьсот сорок девять рублей"
        " 50 копеек)",
        "От потребителя: ООО «Вега»",
        "Составлен по данным биллинга на",
    ):
        assert words in text, words
    assert "после" not in text
    entry = JournalEntry.objects.get(action=JournalEntry.Action.FILE_OPENED)
    assert entry.details["contracts"] == ["35-01-004217"]


def test_an_overpayment_and_nothing_at_all(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega)
    (text,) = act(browser, vega_contract)
    assert "задолженность отсутствует" in text
    assert "Операций за период нет" in text
    assert "Сальдо на 30.09.2026 0,00 Сальдо на 30.09.2026 0,00" in text
    make.payment(vega_contract, "1.01", booked_on=DAY(2026, 7, 1))
    (text,) = act(browser, vega_contract)
    assert "задолженность в пользу ООО «Вега» — 1,01 ₽ (Один рубль 01 копейка)" in text


def test_late_fees_stand_apart_and_offsets_move_nothing(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.charge(vega_contract, "1000.00", booked_on=DAY(2026, 7, 31))
    make.correction(vega_contract, "-50.00", booked_on=DAY(2026, 8, 2), number="К-1")
    make.advance(vega_contract, "300.00", booked_on=DAY(2026, 7, 9))
    make.offset(vega_contract, "300.00", booked_on=DAY(2026, 8, 1))
    make.late_fee(vega_contract, "12.34", booked_on=DAY(2026, 8, 3), number="П-1")
    (text,) = act(login(vega), vega_contract)
    energy, fees = text.split(" Пени ")
    assert "Обороты за период 950,00 300,00" in energy
    assert "Корректировочный акт № К-1 −50,00" in energy
    assert "— 650,00 ₽" in energy
    assert "Зачёт" not in text
    assert "12,34" not in energy
    assert "Счёт на пени № П-1 12,34" in fees
    assert "задолженность по пеням в пользу АО «Северэнергосбыт» — 12,34 ₽" in fees
    (one, other) = reconciliation.overviews([vega_contract], DAY(2026, 7, 1), DAY(2026, 9, 30))
    assert (one.entries, one.closing) == (3, Decimal("650.00"))
    assert (other.title, other.closing) == ("Пени", Decimal("12.34"))


def test_late_fees_of_before_are_an_opening_balance(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.late_fee(vega_contract, "12.34", booked_on=DAY(2026, 3, 3))
    (text,) = act(login(vega), vega_contract)
    assert text.count("Операций за период нет") == 4
    assert "Сальдо на 30.09.2026 12,34" in text


def test_all_contracts_in_one_file_an_act_each(
    vega: User, vega_contract: Contract, orion_contract: Contract, login: Login
) -> None:
    second = make.contract(vega_contract.client, number="35-01-009999")
    make.charge(second, "5.00", booked_on=DAY(2026, 8, 1))
    make.charge(orion_contract, "6.66", booked_on=DAY(2026, 8, 1))
    pages = act(login(vega), vega_contract, scope="company")
    assert len(pages) == 2
    assert "№ 35-01-004217" in pages[0]
    assert "№ 35-01-009999" in pages[1]
    assert "6,66" not in "".join(pages)


def test_a_long_act_repeats_its_head_and_numbers_its_pages(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    for number in range(90):
        make.charge(vega_contract, "1.00", booked_on=DAY(2026, 8, 1), number=str(number))
    pages = act(login(vega), vega_contract)
    assert len(pages) > 1
    for number, text in enumerate(pages, 1):
        assert f"Страница {number} из {len(pages)}" in text
    assert all("Дебет" in text for text in pages[:-1])


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"starts_on": "2026-09-30", "ends_on": "2026-07-01"},
        {"starts_on": "2026-07-01", "ends_on": "завтра"},
    ],
)
def test_a_period_of_which_none_is_made_leads_back(
    asked: dict[str, str], vega: User, vega_contract: Contract, login: Login
) -> None:
    address = reverse("billing:reconciliation-act", args=[vega_contract.pk])
    response = login(vega).get(address, asked)
    assert response.status_code == 302
    assert response["Location"].startswith(
        reverse("billing:reconciliation", args=[vega_contract.pk])
    )
    assert not JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).exists()


def test_what_is_too_long_is_not_made_while_a_person_waits(
    vega: User, vega_contract: Contract, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliation, "MAX_ROWS", 1)
    for number in range(2):
        make.charge(vega_contract, booked_on=DAY(2026, 8, 1), number=str(number))
    address = reverse("billing:reconciliation-act", args=[vega_contract.pk])
    browser = login(vega)
    assert browser.get(address, QUARTER).status_code == 200  # a single day cannot be split
    make.charge(vega_contract, booked_on=DAY(2026, 8, 2))
    assert browser.get(address, QUARTER).status_code == 302


def test_words_of_billing_do_not_become_markup(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.charge(vega_contract, booked_on=DAY(2026, 8, 1), title='<img src="file:///etc/passwd">')
    (text,) = act(login(vega), vega_contract)
    assert "<img" in text.replace("< img", "<img")


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    moves=st.lists(
        st.tuples(
            st.booleans(),
            st.decimals("0.01", "9999999.99", places=2),
            st.dates(DAY(2026, 1, 1), DAY(2026, 6, 30)),
        ),
        max_size=12,
    ),
    edge=st.dates(DAY(2026, 1, 2), DAY(2026, 6, 29)),
)
def test_an_act_closes_with_what_the_next_one_opens(
    moves: list[tuple[bool, Decimal, datetime.date]], edge: datetime.date, vega_contract: Contract
) -> None:
    vega_contract.ledger.all().delete()  # type: ignore[attr-defined]
    for is_charge, amount, day in moves:
        book = make.charge if is_charge else make.payment
        book(vega_contract, str(amount), booked_on=day)
    (before,) = reconciliation.acts([vega_contract], DAY(2026, 1, 1), edge)
    next_day = edge + datetime.timedelta(days=1)
    (after,) = reconciliation.acts([vega_contract], next_day, DAY(2026, 6, 30))
    (before_it,), (after_it,) = before.sections, after.sections
    assert before_it.closing == after_it.opening
    whole = sum((amount if is_charge else -amount for is_charge, amount, _ in moves), Decimal(0))
    assert after_it.closing.balance == whole
    assert len(before_it.rows) + len(after_it.rows) == len(moves)
    for one in (before_it, after_it):
        assert min(one.opening) == min(one.closing) == 0


def test_nothing_is_asked_for_each_contract(
    vega_contract: Contract, django_assert_num_queries: Callable[[int], object]
) -> None:
    contracts = [vega_contract, *(make.contract(vega_contract.client) for _ in range(5))]
    today = timezone.localdate()
    with django_assert_num_queries(5):  # type: ignore[attr-defined]
        found: list[Act] = reconciliation.acts(contracts, DAY(2026, 1, 1), today)
    closings = [section.closing for one in found for section in one.sections]
    assert closings == [Sides(Decimal(0), Decimal(0))] * 6
