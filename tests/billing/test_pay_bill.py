"""The bill made on order: what it says, the code in it, the line in the journal."""

from __future__ import annotations

import io
from collections.abc import Callable
from decimal import Decimal
from urllib.parse import unquote

import pypdf
import pytest
import segno
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.models import JournalEntry, User
from billing import payables, payment_kit
from cabinet import formats, payment_qr
from contracts.models import Contract

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def address(contract: Contract, query: str) -> str:
    return reverse("billing:pay-bill", args=[contract.pk]) + query


def test_the_bill_says_what_to_pay(
    vega_reader: User, vega_contract: Contract, login: Login
) -> None:
    response = login(vega_reader).get(address(vega_contract, "?subject=advance&amount=1220"))
    assert response.status_code == 200
    assert response["Content-Type"] == "application/pdf"
    assert response["Content-Disposition"].startswith("inline; filename*=utf-8''%D0%A1%D1%87")
    title = f"Счёт на оплату от {formats.day(timezone.localdate())}"
    reader = pypdf.PdfReader(io.BytesIO(response.content))
    text = " ".join("\n".join(one.extract_text() for one in reader.pages).split())
    for words in (
        f"{title} по договору № 35-01-004217",
        "Номера у счёта нет",
        "40702810300000000100",
        "045909901",
        "1 220,00 ₽",
        "Одна тысяча двести двадцать рублей 00 копеек",
        "в т.ч. НДС",
        "ООО «Вега»",
    ):
        assert words in text, words
    assert reader.metadata.title == f"{title} по договору № 35-01-004217"
    name = f"{title} на 1 220,00 руб., договор № 35-01-004217.pdf"
    assert name in unquote(response["Content-Disposition"])
    entry = JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).get()
    assert entry.user == vega_reader
    assert entry.subject == f"{title} (договор № 35-01-004217)"
    assert entry.details["amount"] == "1220.00"


def test_the_code_of_the_bill_is_the_payment(
    vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[payment_qr.Payment] = []
    draw = payment_qr.svg

    def svg(payment: payment_qr.Payment) -> SafeString:
        drawn.append(payment)
        return draw(payment)

    monkeypatch.setattr(payment_qr, "svg", svg)
    contract = Contract.objects.with_head().get(pk=vega_contract.pk)
    advance = next(one for one in payables.of_contract(contract) if one.key == "advance")
    kit = payment_kit.assemble(contract, advance, Decimal("1220.00"))
    (payment,) = drawn
    assert payment.amount == Decimal("1220.00")
    assert payment.purpose == kit.purpose
    assert payment.contract == contract.number
    assert payment.payer_inn == contract.client.inn
    code = segno.make_qr(payment_qr.payload(payment), error="m")
    assert code.svg_inline(dark="#000", light="#fff", lineclass=None)[-200:-6] in str(kit.qr)


def test_a_choice_that_makes_no_bill_leads_back_to_it(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    response = login(vega).get(address(vega_contract, "?subject=advance&amount=много"))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("billing:pay", args=[vega_contract.pk]))
    assert "amount=%D0%BC" in response["Location"]
    assert not JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).exists()


def test_head_leaves_no_line(vega: User, vega_contract: Contract, login: Login) -> None:
    login(vega).head(address(vega_contract, "?subject=advance&amount=1220"))
    assert not JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).exists()
