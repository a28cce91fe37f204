"""«Документы»: search by month, year and kind, exactly as the manual says."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable

import pytest
from bs4 import BeautifulSoup
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from documents.models import Document, Kind
from tests import make
from tests.contents import content_of

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def period(month: int, year: int = 2026) -> datetime.date:
    return datetime.date(year, month, 1)


@pytest.fixture
def archive(vega_contract: Contract) -> Contract:
    """Two kinds in September and October 2026, one in October 2025."""
    for month, kind, number in (
        (period(10), Kind.VAT_INVOICE, "СФ-10"),
        (period(10), Kind.TRANSFER_ACT, "АПП-10"),
        (period(9), Kind.VAT_INVOICE, "СФ-9"),
        (period(9), Kind.TRANSFER_ACT, "АПП-9"),
        (period(10, 2025), Kind.VAT_INVOICE, "СФ-10-25"),
    ):
        make.document(vega_contract, kind, number=number, period=month)
    return vega_contract


def address(contract: Contract) -> str:
    return reverse("documents:document-list", args=[contract.pk])


def numbers(response) -> list[str]:
    return [row.number for row in response.context["rows"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"month": "10", "year": "2026", "kind": "vat_invoice"}, ["СФ-10"]),
        ({"month": "10", "year": "2026", "kind": ""}, ["АПП-10", "СФ-10"]),
        ({"month": "", "year": "2026", "kind": ""}, ["АПП-10", "СФ-10", "АПП-9", "СФ-9"]),
        ({"month": "", "year": "2026", "kind": "transfer_act"}, ["АПП-10", "АПП-9"]),
        ({"year": "2025"}, ["СФ-10-25"]),
    ],
)
def test_month_year_and_kind(
    query: dict[str, str], found: list[str], vega: User, archive: Contract, login: Login
) -> None:
    response = login(vega).get(address(archive), query)
    assert response.status_code == 200
    assert numbers(response) == found
    html = response.content.decode()
    assert all(f">{number}</td>" in html for number in found)


def test_the_first_visit_shows_the_newest_month(
    vega: User, archive: Contract, login: Login
) -> None:
    html = login(vega).get(address(archive)).content.decode()
    assert re.search(r'<option value="10" selected>Октябрь</option>', html)
    assert re.search(r'<option value="2026" selected>2026</option>', html)
    assert "Октябрь 2026: 2\u00a0документа" in html
    assert "СФ-9" not in html


def test_a_document_of_the_next_year_can_be_found(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    next_year = timezone.localdate().year + 1
    make.document(vega_contract, Kind.PLANNED_BILL, number="П-1", period=period(1, next_year))
    assert numbers(login(vega).get(address(vega_contract))) == ["П-1"]


def test_a_row_says_what_it_is_and_opens_in_a_new_window(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    bill = make.document(
        vega_contract, Kind.PLANNED_BILL, number="П-10", issued_on=datetime.date(2026, 10, 1),
        content=content_of(Kind.PLANNED_BILL, vega_contract), period=period(10),
    )  # fmt: skip
    act = make.document(
        vega_contract, Kind.RECONCILIATION_ACT, amount=None, period=period(10),
        content=content_of(Kind.RECONCILIATION_ACT, vega_contract),
    )  # fmt: skip
    Document.objects.filter(pk=bill.pk).update(path="x.pdf", size=98304, sha256="0" * 64)
    html = login(vega).get(address(vega_contract)).content.decode()
    file = reverse("documents:document-file", args=[vega_contract.pk, bill.pk])
    link = re.search(rf'<a[^>]* href="{file}"[^>]*>(.*?)</a>', html)
    assert 'target="_blank"' in link.group()
    assert 'rel="noopener"' in link.group()
    assert link.group(1).startswith("Плановый счёт")
    assert f'href="{file}?download=1"' in html
    for words in (
        "01.10.2026",
        "октябрь\u00a02026, 30\u00a0%",
        "398\u00a0214,36",
        "96\u00a0КБ",
        "III квартал 2026",
        "Нажмите на документ, чтобы открыть его в новом окне",
    ):
        assert words in html
    row = html[html.index(reverse("documents:document-file", args=[vega_contract.pk, act.pk])) :]
    assert row[: row.index("</tr>")].count("—") == 2, "neither a sum nor a PDF"


@pytest.mark.parametrize(
    ("to_pay", "words"),
    [
        ("874300.15", "к оплате 874 300,15"),
        ("-12.30", "переплата 12,30"),
        ("0.00", "к оплате 0,00"),
        ("398214.36", ""),
        ("?", ""),
    ],
)
def test_a_final_bill_says_what_it_asks_to_pay(
    to_pay: str, words: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    make.document(vega_contract, Kind.FINAL_BILL, content={"to_pay": to_pay}, period=period(10))
    soup = BeautifulSoup(login(vega).get(address(vega_contract)).content, "html.parser")
    (cell,) = soup.select("tbody [data-label=Сумма]")
    small = " ".join(part.text for part in cell.select("small")).replace("\u00a0", " ")
    assert small.removesuffix(" ₽") == words
    assert "398 214,36" in cell.text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ({"month": "13", "year": "2026"}, "id_month", "Выберите месяц из списка"),
        ({"month": "x", "year": "2026"}, "id_month", "Выберите месяц из списка"),
        ({"month": "1", "year": "1812"}, "id_year", "Выберите год из списка"),
        ({"month": "10"}, "id_year", "Выберите год"),
        ({"year": "2026", "kind": "passport"}, "id_kind", "Выберите вид документа из списка"),
        ({"year": "2026\x00", "month": "", "kind": "'; --"}, "id_year", "Выберите год из списка"),
    ],
)
def test_nonsense_is_refused_at_its_field(
    query: dict[str, str], field: str, words: str, vega: User, archive: Contract, login: Login
) -> None:
    response = login(vega).get(address(archive), query)
    html = response.content.decode()
    assert response.status_code == 422
    assert "<title>Ошибка:" in html
    assert f'href="#{field}"' in html
    assert words in html
    assert "СФ-10" not in html


def test_what_was_right_stays_chosen_beside_an_error(
    vega: User, archive: Contract, login: Login
) -> None:
    query = {"month": "9", "year": "2026", "kind": "passport"}
    html = login(vega).get(address(archive), query).content.decode()
    assert re.search(r'<option value="9" selected>', html)
    assert re.search(r'<option value="2026" selected>', html)


def test_nothing_before_the_registration(vega: User, archive: Contract, login: Login) -> None:
    """«хранение документов ведется только с момента регистрации личного кабинета»."""
    html = login(vega).get(address(archive), {"month": "8", "year": "2024"}).content.decode()
    assert "За август 2024 документов нет" in html
    assert "зарегистрирован 02.09.2024" in html
    request = f"{reverse('messaging:message-new', args=[archive.pk])}?topic=documents"
    assert f'<a class="btn btn-outline-secondary" href="{request}">Запросить документ</a>' in html


@pytest.mark.parametrize(
    ("query", "heading", "reason"),
    [
        ({"month": "8", "year": "2026"}, "За август 2026 документов нет", "не выставлялись"),
        (
            {"month": "8", "year": "2026", "kind": "vat_invoice"},
            "За август 2026 нет документов вида «Счёт-фактура»",
            "все виды документов",
        ),
        ({"year": "2023"}, "За 2023 год документов нет", "более ранние документы"),
    ],
)
def test_an_empty_result_says_why(
    query: dict[str, str], heading: str, reason: str, vega: User, archive: Contract, login: Login
) -> None:
    response = login(vega).get(address(archive), query)
    html = response.content.decode()
    assert response.status_code == 200
    assert heading in html
    assert reason in html
    assert "<table" not in html


def test_an_empty_archive_explains_itself(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    html = login(vega).get(address(vega_contract)).content.decode()
    assert f"За {Month.current()} документов нет" in html
    assert "после окончания месяца" in html


def test_a_reader_may_look_but_is_not_sent_to_a_form_that_is_closed_to_him(
    vega_reader: User, archive: Contract, login: Login
) -> None:
    browser = login(vega_reader)
    assert numbers(browser.get(address(archive))) == ["АПП-10", "СФ-10"]
    html = browser.get(address(archive), {"month": "8", "year": "2026"}).content.decode()
    assert "Запросить документ" not in html


def test_another_contracts_documents_do_not_show(
    vega: User, archive: Contract, orion_contract: Contract, login: Login
) -> None:
    make.document(orion_contract, number="ЧУЖОЙ", period=period(10))
    other = make.contract(archive.client)
    make.document(other, number="СОСЕДНИЙ", period=period(10))
    html = login(vega).get(address(archive), {"year": "2026"}).content.decode()
    assert "ЧУЖОЙ" not in html
    assert "СОСЕДНИЙ" not in html


def test_pages_of_a_long_year_keep_the_search(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    for day in range(1, 29):
        for kind in (Kind.VAT_INVOICE, Kind.FINAL_BILL):
            make.document(
                vega_contract, kind, number=f"{kind}-{day}", period=period(10),
                issued_on=datetime.date(2026, 10, day),
            )  # fmt: skip
    browser = login(vega)
    query = {"month": "", "year": "2026", "kind": ""}
    first = browser.get(address(vega_contract), query)
    assert numbers(first)[:2] == ["final_bill-28", "vat_invoice-28"]
    assert len(numbers(first)) == 50
    assert "2026 год: 56\u00a0документов" in first.content.decode()
    (following,) = set(re.findall(r'href="(\?[^"]*after=\d+)"', first.content.decode()))
    assert "year=2026" in following
    second = browser.get(address(vega_contract) + following.replace("&amp;", "&"))
    assert numbers(second)[-1] == "vat_invoice-1"
    assert len(numbers(second)) == 6
    (back,) = set(re.findall(r'href="(\?[^"]*before=\d+)"', second.content.decode()))
    assert numbers(browser.get(address(vega_contract) + back.replace("&amp;", "&"))) == numbers(
        first
    )
    for nonsense in ("0", "-1", "9" * 30, "last", "²"):
        for edge in ("after", "before"):
            answer = browser.get(address(vega_contract), {**query, edge: nonsense})
            assert answer.status_code == 200
            assert numbers(answer) == numbers(first)


def test_the_number_of_statements_does_not_grow(
    vega: User, vega_contract: Contract, login: Login, statements: Callable[[Browser, str], int]
) -> None:
    browser, url = login(vega), address(vega_contract) + "?year=2026"
    for month in (1, 2):
        make.document(vega_contract, period=period(month))
    few = statements(browser, url)
    for month in range(1, 10):
        for kind in (Kind.PLANNED_BILL, Kind.RECONCILIATION_ACT):
            make.document(
                vega_contract, kind, period=period(month), content=content_of(kind, vega_contract)
            )
    assert statements(browser, url) == few


# Number, order, news ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("СФ-10", ["СФ-10", "СФ-10-25"]),
        ("сф-10", ["СФ-10", "СФ-10-25"]),
        ("-25", ["СФ-10-25"]),
        ("Ф-9", ["СФ-9"]),
        ("%", []),
        ("СФ_10", []),
        ("СФ", []),
        ("№ СФ-10-25", ["СФ-10-25"]),
        ("№СФ–10–25", ["СФ-10-25"]),
        ("сф 10 25", ["СФ-10-25"]),
    ],
)
def test_a_part_of_the_number_finds_it_in_any_year(
    typed: str, found: list[str], vega: User, archive: Contract, login: Login
) -> None:
    response = login(vega).get(address(archive), {"number": typed})
    assert response.status_code == 200
    assert numbers(response) == found


def test_a_short_number_is_found_by_itself(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.document(vega_contract, number="7")
    make.document(vega_contract, number="17")
    assert numbers(login(vega).get(address(vega_contract), {"number": "7"})) == ["7"]


def test_letters_that_look_alike_count_as_one(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    make.document(vega_contract, number="СА-17")  # Cyrillic
    make.document(vega_contract, number="BC-18")  # Latin
    browser = login(vega)
    assert numbers(browser.get(address(vega_contract), {"number": "CA-1"})) == ["СА-17"]
    assert numbers(browser.get(address(vega_contract), {"number": "вс-1"})) == ["BC-18"]


def test_a_number_typed_beside_the_offered_month_is_sought_everywhere(
    vega: User, archive: Contract, login: Login
) -> None:
    browser = login(vega)
    form = BeautifulSoup(browser.get(address(archive)).content, "html.parser").select_one(".filter")
    assert form
    typed = {str(field["name"]): str(field.get("value", "")) for field in form.select("input")}
    for field in form.select("select"):
        chosen = field.select_one("[selected]")
        typed[str(field["name"])] = str(chosen["value"]) if chosen else ""
    assert typed["month"], "a month is offered"
    found = browser.get(address(archive), typed | {"number": "СФ-10-25"})
    assert numbers(found) == ["СФ-10-25"]
    again = BeautifulSoup(found.content, "html.parser")
    assert not again.select_one("[name=month] option[selected][value='10']")
    # Whoever then chooses the month means it.
    narrow = {"number": "СФ-10-25", "month": typed["month"], "year": typed["year"]}
    assert numbers(browser.get(address(archive), narrow | {"offered": ""})) == []


def test_a_number_that_is_not_there_offers_all_time(
    vega: User, archive: Contract, login: Login
) -> None:
    query = {"number": "СФ-10-25", "year": "2026"}
    html = login(vega).get(address(archive), query).content.decode()
    assert "Документов с номером «СФ-10-25» не нашлось" in html
    assert 'href="?number=%D0%A1%D0%A4-10-25"' in html


@pytest.mark.parametrize(
    ("order", "found"),
    [
        ("", ["С-3", "С-1", "С-2", "С-0"]),
        ("oldest", ["С-0", "С-2", "С-1", "С-3"]),
        ("largest", ["С-1", "С-3", "С-2", "С-0"]),
        ("smallest", ["С-0", "С-2", "С-3", "С-1"]),
    ],
)
def test_the_list_is_sorted_as_asked(
    order: str, found: list[str], vega: User, vega_contract: Contract, login: Login
) -> None:
    """A document without a sum stands where zero does."""
    for number, amount, month in (
        ("С-0", "-5.00", 1), ("С-1", "300.00", 3), ("С-2", None, 2), ("С-3", "40.00", 4),
    ):  # fmt: skip
        make.document(vega_contract, number=number, amount=amount, period=period(month))
    query = {"year": "2026", "sort": order}
    assert numbers(login(vega).get(address(vega_contract), query)) == found


@pytest.mark.parametrize("order", ["", "oldest", "largest", "smallest"])
def test_every_order_is_paged_without_gap_or_repeat(
    order: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    for number in range(120):
        make.document(
            vega_contract, number=f"{number:03}", period=period(1 + number % 10),
            amount=None if number % 7 == 0 else number % 5,
        )  # fmt: skip
    browser, seen, query = login(vega), [], {"year": "2026", "sort": order}
    while True:
        response = browser.get(address(vega_contract), query)
        seen += numbers(response)
        if not response.context["page"].has_next:
            break
        query["after"] = response.context["page"].last.pk
    assert len(seen) == 120
    assert len(set(seen)) == 120


def test_a_document_is_new_until_this_person_opens_it(
    vega: User, vega_accountant: User, vega_contract: Contract, stated, login: Login
) -> None:
    act = stated(Kind.TRANSFER_ACT)
    first, second = login(vega), login(vega_accountant)
    tab = '<span class="count">1<span class="visually-hidden"> новый</span></span>'
    for browser in (first, second):
        html = browser.get(address(vega_contract)).content.decode()
        assert "status--new" in html
        assert tab in html
    assert (
        first.head(reverse("documents:document-file", args=[vega_contract.pk, act.pk])).status_code
        == 200
    )
    assert "status--new" in first.get(address(vega_contract)).content.decode()
    first.get(reverse("documents:document-file", args=[vega_contract.pk, act.pk]))
    assert "status--new" not in first.get(address(vega_contract)).content.decode()
    assert tab not in first.get(address(vega_contract)).content.decode()
    assert "status--new" in second.get(address(vega_contract)).content.decode()


def test_what_was_there_before_the_access_is_not_new(
    vega_client, vega_contract: Contract, login: Login
) -> None:
    later = make.user("later")
    today = timezone.localdate()
    make.membership(later, vega_client, signed_on=today, starts_on=today)
    make.document(vega_contract, published_at=timezone.now() - datetime.timedelta(days=2))
    html = login(later).get(address(vega_contract)).content.decode()
    assert "status--new" not in html
    assert 'class="count"' not in html


def test_what_billing_publishes_tomorrow_is_not_there_yet(
    vega: User, vega_contract: Contract, stated, login: Login
) -> None:
    act = stated(Kind.TRANSFER_ACT, published_at=timezone.now() + datetime.timedelta(hours=1))
    browser = login(vega)
    assert numbers(browser.get(address(vega_contract), {"year": act.period.year})) == []
    for name in ("document-file", "document-openings"):
        url = reverse(f"documents:{name}", args=[vega_contract.pk, act.pk])
        assert browser.get(url).status_code == 404


def test_the_whole_list_is_printed_on_one_page(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    for number in range(60):
        make.document(vega_contract, number=f"{number:03}", period=period(10))
    response = login(vega).get(address(vega_contract), {"year": "2026", "print": "1"})
    assert len(numbers(response)) == 60
    assert 'rel="next"' not in response.content.decode()


def test_nobody_counts_further_than_a_thousand(
    vega: User, vega_contract: Contract, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("documents.searching.COUNTED_AT_MOST", 3)
    for number in range(4):
        make.document(vega_contract, number=f"{number}", period=period(10))
    html = login(vega).get(address(vega_contract), {"year": "2026"}).content.decode()
    assert "2026 год: больше 3\u00a0документов" in html
