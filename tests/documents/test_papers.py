"""What stands on a paper of each kind: numbers, sums, words, and the furniture around them."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal
from typing import Any

import pytest
import zxingcpp
from pypdf import PageObject, PdfReader

from contracts.models import Contract
from documents import papers
from documents.models import Document, Kind
from documents.templatetags.papers import day_in_words, in_words
from tests import make
from tests.documents import pictures
from tests.documents.conftest import Stated, text_of

pytestmark = pytest.mark.django_db

SUPPLIER = "АО «Северэнергосбыт»"
COMMON = ("10-17/35", "ООО «Вега»", "Копия электронного документа", "Страница 1 из")
# What an accountant looks for on each; spaces as one.
WORDS: dict[str, tuple[str, ...]] = {
    Kind.PLANNED_BILL: (
        "Счёт на оплату № 10-17/35 от 31 октября 2026 г.",
        "30 % стоимости планового объёма",
        "Банк получателя", "БИК", "40702810200000000001", "30101810400000000225",
        "40 800,651", "8,00000", "326 405,21", "71 809,15", "398 214,36",
        "Триста девяносто восемь тысяч двести четырнадцать рублей 36 копеек",
        "10 октября 2026 г.", "Назначение платежа", "Оплата по договору за электроэнергию",
        "Осипов П. А.", "Лаптева Г. И.",
    ),
    Kind.FINAL_BILL: (
        "Итоговый счёт № 10-17/35", "278 820,00", "119 394,36",
        "Сто девятнадцать тысяч триста девяносто четыре рубля 36 копеек",
        "18 ноября 2026 г.", "40702810200000000001",
    ),
    Kind.VAT_INVOICE: (
        "Счёт-фактура № 10-17/35 от 31 октября 2026 г.",
        "от 26 декабря 2011 г. № 1137",
        *(f"({line})" for line in (
            "1", "1а", "2", "2а", "2б", "3", "4", "5", "5а", "5б", "6", "6а", "6б", "7", "8", "9",
        )),
        "Исправление № — от —",
        "А 1 1а 1б 2 2а 3 4 5 6 7 8 9 10 10а 11",
        "российский рубль, 643", "245", "без акциза", "22 %",
        "Акт, № п/п 1, № 10-17 от 31.10.2026", "№ А-1 от 09.10.2026",
        "Всего к оплате (9)", "326 405,21", "71 809,15", "398 214,36",
        "Главный бухгалтер или иное уполномоченное лицо",
    ),
    Kind.ADVANCE_VAT_INVOICE: (
        "Счёт-фактура № 10-17/35 от 31 октября 2026 г.", "(5б)",
        "Грузоотправитель и его адрес — (3)", "Грузополучатель и его адрес — (4)",
        "№ 305 от 09.10.2026", "Документ об отгрузке: наименование, № — (5а)",
        "22/122", "22 000,00", "122 000,00", "44 000,00", "244 000,00", "Всего к оплате (9)",
    ),
    Kind.TRANSFER_ACT: (
        "Акт приёмки-передачи электрической энергии № 10-17/35", "40 800,651 кВт·ч",
        "398 214,36", "№ 10-17 от 31.10.2026", "От поставщика", "От потребителя",
    ),
    Kind.RECONCILIATION_ACT: (
        "Акт сверки взаимных расчётов № 10-17/35", "С 01.07.2026 по 30.09.2026",
        "Сальдо на 01.07.2026", "Обороты за период", "Сальдо на 30.09.2026",
        "задолженность в пользу АО «Северэнергосбыт» — 100,00 ₽ (Сто рублей 00 копеек)",
    ),
    Kind.CONSUMPTION_STATEMENT: (
        "Ведомость энергопотребления № 10-17/35 за октябрь 2026", "Меркурий 234 ART-03",
        "100,0", "200,5", "100,5", "2 010", "4 020", "16 080,00", "32 160,00", "39 235,20",
        "11 415,20", "Итого к оплате", "41 000,000 кВт·ч",
    ),
    Kind.RESTRICTION_NOTICE: (
        "Уведомление о введении ограничения режима потребления", "18 420,15 ₽",
        "Восемнадцать тысяч четыреста двадцать рублей 15 копеек",
        "полное ограничение", "20 октября 2026 г., 15:00 (МСК)",
        "до 12:00 (МСК) 20 октября 2026 г. самостоятельно ограничьте режим потребления",
        "ТП-1, ввод 1", "ТП-2, ввод 1", "не позднее 24 часов",
    ),
    Kind.OTHER: (
        "Дополнительное соглашение № 10-17/35 от 31 октября 2026 г.", "до 31.12.2027",
        "Стороны договорились изменить сроки оплаты.", "От поставщика", "От потребителя",
    ),
}  # fmt: skip
WIDE = {Kind.VAT_INVOICE, Kind.ADVANCE_VAT_INVOICE, Kind.CONSUMPTION_STATEMENT}


def pieces(page: PageObject) -> list[tuple[str, float]]:
    """Every piece of text with the place where it begins, in points from the left edge."""
    found: list[tuple[str, float]] = []

    def notice(text: str, scale: list[float], place: list[float], *font: Any) -> None:
        if text.strip():
            found.append((text.strip(), place[4] * scale[0] + scale[4]))

    page.extract_text(visitor_text=notice)
    return found


def document(stated: Stated, kind: str, **values: Any) -> Document:
    return stated(
        kind, number="10-17/35", period=datetime.date(2026, 10, 1),
        issued_on=datetime.date(2026, 10, 31), **values,
    )  # fmt: skip


@pytest.mark.parametrize("kind", Kind.values)
def test_a_paper_of_each_kind(kind: str, stated: Stated) -> None:
    row = document(stated, kind)
    pdf = papers.make(row)
    text = text_of(pdf)
    for words in (*COMMON, *WORDS[kind]):
        assert words in text, words
    assert SUPPLIER in text
    reader = PdfReader(io.BytesIO(pdf))
    assert reader.metadata.title == str(row)
    box = reader.pages[0].mediabox
    assert (box.width > box.height) == (kind in WIDE)


@pytest.mark.parametrize("kind", Kind.values)
def test_the_faces_are_pt_sans_alone(kind: str, stated: Stated) -> None:
    """A sign that PT Sans lacks would come from any font of the machine."""
    names = set()
    for page in PdfReader(io.BytesIO(papers.make(document(stated, kind)))).pages:
        for font in page["/Resources"]["/Font"].values():
            names.add(str(font.get_object()["/BaseFont"]).rpartition("+")[2].replace("-", ""))
    assert names
    assert {name.strip("/").lower() for name in names} <= {"ptsans", "ptsansbold", "ptsansitalic"}


def test_the_head_of_a_long_table_stands_on_every_page(stated: Stated) -> None:
    statement = document(stated, Kind.CONSUMPTION_STATEMENT, rows=120)
    pages = PdfReader(io.BytesIO(papers.make(statement))).pages
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        text = " ".join(page.extract_text().replace("\u00ad", "").split())
        if "ТП-" in text:
            assert "Точка учёта" in text
            assert "Тариф" in text
        assert f"Страница {number} из {len(pages)}" in text
        assert "Ведомость энергопотребления № 10-17/35" in text
    assert text_of(papers.make(statement)).count("Итого за октябрь 2026") == 1
    assert "241 200" in text_of(papers.make(statement)), "120 rows of 2010 kWh"


def test_the_second_party_sees_debit_and_credit_mirrored(stated: Stated) -> None:
    act = document(stated, Kind.RECONCILIATION_ACT)
    act.content["entries"][0]["debit"] = "700.00"
    act.content["entries"][1]["credit"] = "300.00"
    act.content["closing_balance"] = "500.00"
    (page,) = PdfReader(io.BytesIO(papers.make(act))).pages
    places: dict[str, list[float]] = {"700,00": [], "300,00": []}

    for text, left in pieces(page):
        if text in places:
            places[text].append(left)
    # Each stands in the row and in the turnovers, on both halves.
    debit, credit = (sorted(places[amount]) for amount in ("700,00", "300,00"))
    assert len(debit) == len(credit) == 4
    middle = float(page.mediabox.width) / 2
    assert debit[1] < credit[0] < credit[1] < middle < credit[2] < credit[3] < debit[2]


def test_an_overpayment_is_no_bill(stated: Stated) -> None:
    bill = document(stated, Kind.FINAL_BILL)
    bill.content |= {"paid": "400000.00", "to_pay": "-1785.64"}
    text = text_of(papers.make(bill))
    assert "Переплата 1 785,64 ₽" in text
    assert "Одна тысяча семьсот восемьдесят пять рублей 64 копейки" in text
    assert "Оплатить не позднее" not in text


def test_line_5b_belongs_to_the_form_since_2026(stated: Stated) -> None:
    invoice = document(stated, Kind.VAT_INVOICE)
    invoice.content["advances"] = []
    assert "(5б)" in text_of(papers.make(invoice))
    invoice.issued_on = datetime.date(2025, 12, 31)
    assert "(5б)" not in text_of(papers.make(invoice))


def test_an_ordinary_vat_invoice_is_one_page(stated: Stated) -> None:
    """Four lines and three advances, as in a month of 30, 40 and the rest."""
    invoice = document(stated, Kind.VAT_INVOICE)
    content = invoice.content
    content["lines"] *= 4
    content |= {name: str(Decimal(content[name]) * 4) for name in ("net", "vat", "total")}
    content["payments"] *= 3
    content["advances"] *= 3
    assert len(PdfReader(io.BytesIO(papers.make(invoice))).pages) == 1


def test_several_advances_stand_in_one_line(stated: Stated) -> None:
    invoice = document(stated, Kind.VAT_INVOICE)
    invoice.content["advances"].append({"number": "А-2", "date": "2026-10-26"})
    assert "№ А-1 от 09.10.2026; № А-2 от 26.10.2026" in text_of(papers.make(invoice))


def test_a_correction_of_an_invoice_keeps_the_first_number(stated: Stated) -> None:
    """Line 1 is the original's, line 1а that of the correction (ПП РФ № 1137)."""
    invoice = document(stated, Kind.VAT_INVOICE)
    original = {"number": "10-9", "date": "2026-10-30"}
    invoice.content["correction"] = {"number": "2", "date": "2026-11-05", "original": original}
    invoice.content["advances"][0]["correction"] = {"number": "1", "date": "2026-10-12"}
    text = text_of(papers.make(invoice))
    assert "Счёт-фактура № 10-9 от 30 октября 2026 г. (1)" in text
    assert "Исправление № 2 от 5 ноября 2026 г. (1а)" in text
    assert "№ А-1 от 09.10.2026, исправление № 1 от 12.10.2026" in text


def test_a_correction_names_what_it_corrects(stated: Stated) -> None:
    """And the paper of the corrected one stays as it was."""
    first = document(stated, Kind.TRANSFER_ACT)
    before = papers.make(first)
    second = document(stated, Kind.TRANSFER_ACT, corrects=first)
    words = "Исправляет документ: Акт приёмки-передачи № 10-17/35 от 31.10.2026"
    assert words in text_of(papers.make_apart(second).content)
    assert words not in text_of(before)
    assert papers.make(first) == before


def test_a_line_without_vat_and_one_of_last_year(stated: Stated) -> None:
    """The rate is the line's own: 20 % of December, 22 % of January, none of a late fee."""
    bill = document(stated, Kind.FINAL_BILL)
    line = bill.content["lines"][0]
    december = {**line, "net": "100.00", "vat_rate": 20, "vat": "20.00", "total": "120.00"}
    late_fee = {**line, "net": "7.00", "vat_rate": None, "vat": "0.00", "total": "7.00"}
    bill.content["lines"] += [december, late_fee]
    bill.content |= {"net": "326512.21", "vat": "71829.15", "total": "398341.36"}
    bill.content |= {"to_pay": "119521.36"}
    text = text_of(papers.make(bill))
    for rate in ("22 %", "20 %", "без НДС"):
        assert rate in text


def test_an_untaxed_line_of_an_invoice_has_no_sum_of_tax(stated: Stated) -> None:
    """«без НДС» stands in columns 7 and 8 (ПП РФ № 1137, приложение 1, пп. 2 «ж», «з»)."""
    invoice = document(stated, Kind.VAT_INVOICE)
    (line,) = invoice.content["lines"]
    untaxed = {**line, "net": "7.00", "vat_rate": None, "vat": "0.00", "total": "7.00"}
    invoice.content["lines"] = [untaxed]
    invoice.content |= {"net": "7.00", "vat": "0.00", "total": "7.00"}
    assert text_of(papers.make(invoice)).count("без НДС") == 2


def test_a_paper_is_signed_by_whom_it_names(stated: Stated) -> None:
    for kind in (Kind.PLANNED_BILL, Kind.VAT_INVOICE, Kind.TRANSFER_ACT, Kind.RESTRICTION_NOTICE):
        paper = document(stated, kind)
        assert "Осипов П. А." in text_of(papers.make(paper))
        paper.content["signatories"] = {
            "director_position": "Директор",
            "director": "Ветров Иван Ильич",
            "accountant": "Зимина Ольга Петровна",
        }
        text = text_of(papers.make(paper))
        assert "Ветров И. И." in text
        assert "Осипов" not in text


def test_a_share_may_have_parts_of_a_per_cent(stated: Stated) -> None:
    paper = document(stated, Kind.PLANNED_BILL)
    paper.content["share_percent"] = "33.33"
    assert "33,33 %" in text_of(papers.make(paper))


@pytest.mark.parametrize("kind", [Kind.PLANNED_BILL, Kind.FINAL_BILL])
def test_the_code_of_a_bill_is_read_back(kind: Kind, stated: Stated) -> None:
    """From the printed page, as a telephone sees it."""
    bill = document(stated, kind)
    (page,) = pictures.pages(papers.make(bill), dpi=150)
    (found,) = zxingcpp.read_barcodes(page)
    fields = dict(part.partition("=")[::2] for part in found.bytes.decode().split("|")[1:])
    amount = bill.content["total"] if kind == Kind.PLANNED_BILL else bill.content["to_pay"]
    assert fields["Sum"] == amount.replace(".", "")
    assert fields["PersonalAcc"] == "40702810200000000001"
    assert fields["Purpose"] == bill.content["purpose"]
    assert fields["Contract"] == bill.contract.number


def test_no_code_where_nothing_is_to_be_paid(stated: Stated) -> None:
    bill = document(stated, Kind.FINAL_BILL)
    bill.content |= {"paid": bill.content["total"], "to_pay": "0.00"}
    pdf = papers.make(bill)
    assert "Для оплаты в программе банка" not in text_of(pdf)
    assert zxingcpp.read_barcodes(pictures.pages(pdf, dpi=150)[0]) == []


@pytest.mark.parametrize("kind", Kind.values)
def test_apart_or_here_it_is_the_same_paper(kind: str, stated: Stated) -> None:
    row = document(stated, kind)
    assert papers.make_apart(row).content == papers.make(row)


def test_long_names_stay_on_the_paper(stated: Stated, vega_contract: Contract) -> None:
    name = "ООО «" + "Северовосточнефтегазпромстроймонтаж-" * 5 + "»"
    vega_contract.client.short_name = name
    for kind in Kind.values:
        pdf = papers.make(document(stated, kind, contract=vega_contract))
        for page in PdfReader(io.BytesIO(pdf)).pages:
            furthest = max(left for _, left in pieces(page))
            assert furthest < float(page.mediabox.width), kind


def test_what_billing_wrote_is_text_and_no_markup(stated: Stated) -> None:
    notice = document(stated, Kind.RESTRICTION_NOTICE)
    notice.content["level"] = '<img src="http://127.0.0.1:1/x"> {{ retailer }}'
    text = text_of(papers.make(notice))
    assert '<img src="http://127.0.0.1:1/x"> {{ retailer }}' in text


def test_content_of_another_kind_is_refused(vega_contract: Contract, stated: Stated) -> None:
    act = make.document(vega_contract, Kind.FINAL_BILL, content=stated(Kind.TRANSFER_ACT).content)
    with pytest.raises(ValueError, match="FinalBill"):
        papers.make(act)


def test_the_same_document_gives_the_same_bytes(stated: Stated) -> None:
    row = document(stated, Kind.VAT_INVOICE)
    assert papers.make(row) == papers.make(row)


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("0.00", "Ноль рублей 00 копеек"),
        ("1000.00", "Одна тысяча рублей 00 копеек"),
        ("21.21", "Двадцать один рубль 21 копейка"),
        ("2000002.02", "Два миллиона два рубля 02 копейки"),
    ],
)
def test_sums_in_words(amount: str, words: str) -> None:
    assert in_words(Decimal(amount)) == words


def test_days_in_words_are_the_retailers() -> None:
    assert day_in_words(datetime.date(2026, 5, 9)) == "9\u00a0мая\u00a02026\u00a0г."
    late = datetime.datetime(2026, 12, 31, 22, 0, tzinfo=datetime.UTC)
    assert day_in_words(late) == "1\u00a0января\u00a02027\u00a0г."
