"""The content of a document of each kind, small and with sums that agree."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings

from contracts.models import Contract
from documents import content, content_parts
from documents.models import Kind

NET, VAT, TOTAL = Decimal("326405.21"), Decimal("71809.15"), Decimal("398214.36")


def content_of(kind: str, contract: Contract, *, rows: int = 2) -> dict[str, Any]:
    """What a document of this kind says; `rows` registers in a consumption statement."""
    retailer, client = settings.RETAILER, contract.client
    head: dict[str, Any] = {
        "contract_number": contract.number,
        "contract_date": contract.signed_on,
        "supplier": content_parts.Party(
            name=retailer.legal_name,
            inn=retailer.inn,
            kpp=retailer.kpp,
            address=retailer.address,
            bank=retailer.bank,
            bic=retailer.bic,
            account="40702810200000000001",
            correspondent_account="30101810400000000225",
        ),
        "customer": content_parts.Party(
            name=client.short_name, inn=client.inn, kpp=client.kpp, address=client.legal_address
        ),
    }
    schema = content.SCHEMAS[kind](**head, **_BODIES[Kind(kind)](rows))
    return schema.model_dump(mode="json")


def _lines(rows: int) -> dict[str, Any]:
    line = content_parts.Line(
        name="Электрическая энергия, октябрь 2026",
        quantity=Decimal("40800.651"),
        price=Decimal("8.00000"),
        net=NET,
        vat_rate=22,
        vat=VAT,
        total=TOTAL,
    )
    return {"lines": [line], "net": NET, "vat": VAT, "total": TOTAL}


def _planned_bill(rows: int) -> dict[str, Any]:
    return {
        **_lines(rows),
        "share_percent": 30,
        "base_volume_kwh": Decimal("40800.651"),
        "due_on": datetime.date(2026, 10, 10),
        "purpose": "Оплата по договору за электроэнергию",
    }


def _final_bill(rows: int) -> dict[str, Any]:
    return {
        **_lines(rows),
        "opening_balance": Decimal("0.00"),
        "paid": Decimal("278820.00"),
        "to_pay": TOTAL - Decimal("278820.00"),
        "due_on": datetime.date(2026, 11, 18),
        "purpose": "Оплата по договору за электроэнергию",
    }


def _vat_invoice(rows: int) -> dict[str, Any]:
    act = content_parts.Reference(title="Акт", number="10-17", date=datetime.date(2026, 10, 31))
    advance = content_parts.Reference(number="А-1", date=datetime.date(2026, 10, 9))
    invoice = content_parts.Advance(number="А-1", date=datetime.date(2026, 10, 9))
    return {**_lines(rows), "shipment": act, "payments": [advance], "advances": [invoice]}


def _advance_vat_invoice(rows: int) -> dict[str, Any]:
    total, vat = Decimal("122000.00"), Decimal("22000.00")
    order = content_parts.Reference(title="Платёжное поручение", number="305", date=_day(10, 9))
    name = "Электрическая энергия (мощность), октябрь 2026"
    lines = [content_parts.AdvanceLine(name=name, vat_rate=22, vat=vat, total=total)] * rows
    return {"lines": lines, "vat": vat * rows, "total": total * rows, "payments": [order]}


def _transfer_act(rows: int) -> dict[str, Any]:
    invoice = content_parts.Reference(number="10-17", date=datetime.date(2026, 10, 31))
    goods = _lines(rows)
    lines = [content_parts.ActLine(**line.model_dump()) for line in goods["lines"]]
    return {**goods, "lines": lines, "volume_kwh": Decimal("40800.651"), "vat_invoice": invoice}


def _reconciliation_act(rows: int) -> dict[str, Any]:
    entries = [
        content_parts.Entry(
            date=datetime.date(2026, 7, 31), title="Счёт-фактура № 7-17", debit=TOTAL
        ),
        content_parts.Entry(
            date=datetime.date(2026, 8, 18), title="Платёжное поручение № 5", credit=TOTAL
        ),
    ]
    return {
        "starts_on": datetime.date(2026, 7, 1),
        "ends_on": datetime.date(2026, 9, 30),
        "opening_balance": Decimal("100.00"),
        "entries": entries,
        "closing_balance": Decimal("100.00"),
    }


def _consumption_statement(rows: int) -> dict[str, Any]:
    consumptions = [
        content_parts.Consumption(
            point_number=number,
            point=f"ТП-{number}, ввод 1",
            meter=f"Меркурий 234 ART-03 № {31_000_000 + number}",
            zone="сутки",
            previous=Decimal("100.000"),
            current=Decimal("200.500"),
            difference=Decimal("100.500"),
            ratio=20,
            metered_kwh=Decimal("2010.000"),
            losses_kwh=Decimal("0.000"),
            total_kwh=Decimal("2010.000"),
            price=Decimal("8.00000"),
            net=Decimal("16080.00"),
        )
        for number in range(1, rows + 1)
    ]
    net, vat = Decimal("16080.00") * rows, Decimal("3537.60") * rows
    return {
        "rows": consumptions,
        "total_kwh": Decimal("2010.000") * rows,
        "net": net,
        "vat": vat,
        "charged": net + vat,
        "opening_balance": Decimal("0.00"),
        "paid": Decimal("27820.00"),
        "closing_balance": net + vat - Decimal("27820.00"),
        "next_month_kwh": Decimal("41000.000"),
    }


def _restriction_notice(rows: int) -> dict[str, Any]:
    return {
        "debt": Decimal("18420.15"),
        "debt_as_of": datetime.date(2026, 10, 6),
        "restricted_from": datetime.datetime(2026, 10, 20, 12, 0, tzinfo=datetime.UTC),
        "level": "полное ограничение",
        "points": ["ТП-1, ввод 1", "ТП-2, ввод 1"],
    }


def _other(rows: int) -> dict[str, Any]:
    return {
        "values": [content_parts.NamedValue(name="Срок действия", value="до 31.12.2027")],
        "paragraphs": ["Стороны договорились изменить сроки оплаты.", "Остальное без изменений."],
    }


def _day(month: int, day: int) -> datetime.date:
    return datetime.date(2026, month, day)


_BODIES = {
    Kind.PLANNED_BILL: _planned_bill,
    Kind.FINAL_BILL: _final_bill,
    Kind.VAT_INVOICE: _vat_invoice,
    Kind.ADVANCE_VAT_INVOICE: _advance_vat_invoice,
    Kind.TRANSFER_ACT: _transfer_act,
    Kind.RECONCILIATION_ACT: _reconciliation_act,
    Kind.CONSUMPTION_STATEMENT: _consumption_statement,
    Kind.RESTRICTION_NOTICE: _restriction_notice,
    Kind.OTHER: _other,
}
