"""Documents of a contract with their content, written from its readings and its account."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from cabinet import formats
from contracts.periods import Month
from documents import content
from documents.models import Kind
from exchange.demo import money, plans, points
from meters.models import Register


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A document to be."""

    key: str
    kind: str
    number: str
    issued_on: datetime.date
    period: Month
    amount: Decimal
    content: content.DocumentContent


class Desk:
    """Writes the documents of one contract."""

    def __init__(
        self,
        company: plans.Company,
        plan: plans.ContractPlan,
        placed: list[points.Point],
        account: money.Account,
    ) -> None:
        self._company = company
        self._plan = plan
        self._points = placed
        self._account = account
        self._tail = plan.number.rpartition("-")[2].lstrip("0")
        self._head: dict[str, Any] = {
            "contract_number": plan.number,
            "contract_date": plan.signed_on,
            "supplier": _supplier(),
            "customer": _customer(company),
        }

    def number(self, month: Month) -> str:
        """The number that the papers of a month carry: «4217-2610»."""
        return f"{self._tail}-{month.year % 100:02d}{month.number:02d}"

    def invoice_key(self, month: Month) -> str:
        """The external id of the month's VAT invoice."""
        return self._key(Kind.VAT_INVOICE, month)

    def planned_bill(self, month: Month, bill: money.Instalment) -> Paper:
        """Плановый счёт."""
        part = 1 if bill.share_percent == 30 else 2
        said = content.PlannedBill(
            **self._head,
            **_goods([bill.line]),
            share_percent=bill.share_percent,
            base_volume_kwh=bill.base_volume_kwh,
            due_on=bill.due_on,
            purpose=self._purpose(month, bill.line.vat, bill.line.vat_rate),
        )
        return self._paper(
            Kind.PLANNED_BILL, month, bill.issued_on, bill.line.total, said, part=part
        )

    def month_end(self, charged: money.Charged) -> Iterator[Paper]:
        """The four papers of a finished month, dated by its last day."""
        month, day = charged.month, charged.month.last_day
        number, goods = self.number(month), _goods(charged.lines)
        paid = self._account.paid_in(month)
        movement: dict[str, Any] = {
            "opening_balance": self._account.balance(month.shifted(-1).last_day),
            "paid": money.NOTHING - sum(entry.signed for entry in paid),
        }
        closing = self._account.balance(day)
        orders = [_order(entry) for entry in paid]
        invoice = content.VatInvoice(
            **self._head,
            **goods,
            payments=orders,
            shipment=content.Reference(title="Акт приёмки-передачи", number=number, date=day),
            # Line 5б exists in the form from April 2026 (domain.md, section 5).
            advances=[
                content.Reference(number=f"А-{number}/{place}", date=order.date)
                for place, order in enumerate(orders, 1)
                if month >= Month(2026, 4)
            ],
        )
        act = content.TransferAct(
            **self._head,
            **goods,
            volume_kwh=charged.volume_kwh,
            vat_invoice=content.Reference(title="Счёт-фактура", number=number, date=day),
        )
        bill = content.FinalBill(
            **self._head,
            **goods,
            **movement,
            to_pay=closing,
            due_on=month.shifted(1).first_day.replace(day=18),
            purpose=self._purpose(month, goods["vat"], charged.lines[0].vat_rate),
        )
        statement = content.ConsumptionStatement(
            **self._head,
            rows=_rows(charged),
            total_kwh=charged.volume_kwh,
            net=goods["net"],
            vat=goods["vat"],
            charged=charged.total,
            **movement,
            closing_balance=closing,
            next_month_kwh=charged.volume_kwh,
        )
        yield self._paper(Kind.CONSUMPTION_STATEMENT, month, day, charged.total, statement)
        yield self._paper(Kind.TRANSFER_ACT, month, day, charged.total, act)
        yield self._paper(Kind.VAT_INVOICE, month, day, charged.total, invoice)
        yield self._paper(Kind.FINAL_BILL, month, day, charged.total, bill)

    def reconciliation_act(self, first: Month, last: Month) -> Paper:
        """Акт сверки from the first day of `first` to the last of `last`, issued then."""
        entries = [
            content.Entry(
                date=entry.booked_on,
                title=(
                    f"Счёт-фактура № {entry.number}"
                    if entry.is_charge
                    else f"Платёжное поручение № {entry.number}"
                ),
                debit=max(entry.signed, money.NOTHING),
                credit=max(-entry.signed, money.NOTHING),
            )
            for entry in self._account.between(first.first_day, last.last_day)
        ]
        closing = self._account.balance(last.last_day)
        said = content.ReconciliationAct(
            **self._head,
            starts_on=first.first_day,
            ends_on=last.last_day,
            opening_balance=self._account.balance(first.shifted(-1).last_day),
            entries=entries,
            closing_balance=closing,
        )
        return self._paper(Kind.RECONCILIATION_ACT, last, last.last_day, closing, said)

    def restriction_notice(self, day: datetime.date) -> Paper | None:
        """Уведомление об ограничении by the debt at the end of `day`; None where there is none."""
        debt = self._account.balance(day)
        if debt <= 0:
            return None
        moment = datetime.datetime.combine(
            day + datetime.timedelta(days=12),
            datetime.time(12),
            tzinfo=timezone.get_default_timezone(),
        )
        said = content.RestrictionNotice(
            **self._head,
            debt=debt,
            debt_as_of=day,
            restricted_from=moment,
            level="полное ограничение режима потребления",
            points=[f"{point.name}, {point.site.name}" for point in self._points],
            sent_by=f"электронной почтой на адрес office@{self._company.key}.example",
        )
        return self._paper(Kind.RESTRICTION_NOTICE, Month.of(day), day, debt, said)

    def _paper(
        self,
        kind: str,
        month: Month,
        day: datetime.date,
        amount: Decimal,
        said: content.DocumentContent,
        *,
        part: int = 0,
    ) -> Paper:
        return Paper(
            key=self._key(kind, month, part),
            kind=kind,
            number=f"{self.number(month)}/{part}" if part else self.number(month),
            issued_on=day,
            period=month,
            amount=amount,
            content=said,
        )

    def _key(self, kind: str, month: Month, part: int = 0) -> str:
        key = f"{self._plan.key}-{kind}-{month.year}-{month.number:02d}"
        return f"{key}-{part}" if part else key

    def _purpose(self, month: Month, vat: Decimal, rate: int) -> str:
        return (
            f"Оплата по договору № {self._plan.number} за электроэнергию, {month}, "
            f"в т. ч. НДС {rate} % {formats.amount(vat)} руб."
        )


def _goods(lines: list[money.Line]) -> dict[str, Any]:
    """The lines of a document and their sums."""
    return {
        "lines": [
            content.Line(
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


def _rows(charged: money.Charged) -> list[content.Consumption]:
    price = {line.name: line.price for line in charged.lines}
    return [
        content.Consumption(
            point_number=row.point.number,
            point=row.point.name,
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


def _order(entry: money.Entry) -> content.Reference:
    return content.Reference(title="Платёжное поручение", number=entry.number, date=entry.booked_on)


def _supplier() -> content.Party:
    retailer = settings.RETAILER
    return content.Party(
        name=retailer.legal_name,
        inn=retailer.inn,
        kpp=retailer.kpp,
        address=retailer.address,
        bank=retailer.bank,
        bic=retailer.bic,
        account=retailer.account,
        correspondent_account=retailer.correspondent_account,
    )


def _customer(company: plans.Company) -> content.Party:
    return content.Party(
        name=company.short_name,
        inn=company.inn,
        kpp=plans.KPP,
        address=company.address,
        bank=company.bank.name,
        bic=company.bank.bic,
        account=company.account,
        correspondent_account=company.bank.correspondent_account,
    )
