"""The parts of the demo's papers: lines of goods, rows of registers, sides, payment orders."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from documents import content_parts
from exchange.demo import money, plans
from meters.models import Register


def goods(lines: list[money.Line]) -> dict[str, Any]:
    """The lines of a document and their sums."""
    return {
        "lines": [
            content_parts.Line(
                name=line.name,
                quantity=line.quantity,
                price=line.price,
                net=line.net,
                vat_rate=line.vat_rate,
                vat=line.vat,
                total=line.total,
            )
            for line in lines
        ],
        "net": sum((line.net for line in lines), money.NOTHING),
        "vat": sum((line.vat for line in lines), money.NOTHING),
        "total": sum((line.total for line in lines), money.NOTHING),
    }


def rows(charged: money.Charged) -> list[content_parts.Consumption]:
    """Each register's month, with its part of the cost."""
    price = {line.name: line.price for line in charged.lines}
    has_sites = len({row.point.site.name for row in charged.used}) > 1
    return [
        content_parts.Consumption(
            point_number=row.point.number,
            point=f"{row.point.name}, {row.point.site.name}" if has_sites else row.point.name,
            meter=row.meter.title,
            zone=Register.Zone(row.zone).label,
            previous=row.previous,
            current=row.current,
            difference=row.difference,
            ratio=row.ratio,
            metered_kwh=row.metered_kwh,
            losses_kwh=row.losses_kwh,
            total_kwh=row.total_kwh,
            price=price[money.line_name(row.zone)],
            net=net,
        )
        for row, net in zip(charged.used, charged.nets, strict=True)
    ]


def order(entry: money.Entry) -> content_parts.Reference:
    """The payment order of a payment."""
    return content_parts.Reference(
        title="Платёжное поручение", number=entry.number, date=entry.booked_on
    )


def supplier() -> content_parts.Party:
    """The retailer of the settings."""
    retailer = settings.RETAILER
    return content_parts.Party(
        name=retailer.legal_name,
        inn=retailer.inn,
        kpp=retailer.kpp,
        address=retailer.address,
        bank=retailer.bank,
        bic=retailer.bic,
        account=retailer.account,
        correspondent_account=retailer.correspondent_account,
    )


def customer(company: plans.Company) -> content_parts.Party:
    """A company with its bank."""
    return content_parts.Party(
        name=company.short_name,
        inn=company.inn,
        kpp=plans.KPP,
        address=company.address,
        bank=company.bank.name,
        bic=company.bank.bic,
        account=company.account,
        correspondent_account=company.bank.correspondent_account,
    )
