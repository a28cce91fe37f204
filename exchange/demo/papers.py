"""Documents of a contract with their content, written from its readings and its account."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone

from billing import purposes
from billing.purposes import Vat
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from documents import content, content_parts
from documents.models import Kind
from exchange.demo import money, paper_parts, plans, points, prices

_EXECUTOR = "отдел расчётов"
# A PDF of billing's own: it lies in the package's folder.
PROTOCOL = Path(__file__).with_name("protocol.pdf")


@dataclass(frozen=True, kw_only=True)
class Paper:
    """A document to be."""

    key: str
    kind: str
    number: str
    issued_on: datetime.date
    period: Month
    amount: Decimal | None
    content: content.DocumentContent
    title: str = ""
    corrects: str | None = None
    file: Path | None = None


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
            "supplier": paper_parts.supplier(),
            "customer": paper_parts.customer(company),
        }

    def number(self, month: Month) -> str:
        """The number that the papers of a month carry: «4217-2610»."""
        return f"{self._tail}-{month.year % 100:02d}{month.number:02d}"

    def invoice_key(self, month: Month) -> str:
        """The external id of the month's VAT invoice."""
        return self._key(Kind.VAT_INVOICE, month)

    def bill_key(self, month: Month, bill: money.Instalment) -> str:
        """The external id of an instalment's planned bill."""
        return self._key(Kind.PLANNED_BILL, month, bill.order)

    def planned_bill(self, month: Month, bill: money.Instalment) -> Paper:
        """Плановый счёт."""
        said = content.PlannedBill(
            **self._head,
            **paper_parts.goods([bill.line]),
            share_percent=Decimal(bill.share_percent),
            base_volume_kwh=bill.base_volume_kwh,
            due_on=bill.due_on,
            purpose=self._purpose(month, Vat(amount=bill.line.vat, rate=bill.line.vat_rate)),
            executor=_EXECUTOR,
        )
        return self._paper(
            Kind.PLANNED_BILL, month, bill.issued_on, bill.line.total, said, part=bill.order
        )

    def month_end(self, charged: money.Charged) -> Iterator[Paper]:
        """The four papers of a finished month, dated by its last day."""
        month, day = charged.month, charged.month.last_day
        number, goods = self.number(month), paper_parts.goods(charged.lines)
        paid = self._account.paid_in(month)
        movement: dict[str, Any] = {
            "opening_balance": self._account.balance(month.shifted(-1).last_day),
            "paid": money.NOTHING - sum(entry.signed for entry in paid),
        }
        closing = self._account.balance(day)
        settled = self._account.set_off[month]
        invoice = content.VatInvoice(
            **self._head,
            **goods,
            payments=[paper_parts.order(entry) for entry in settled],
            shipment=content_parts.Reference(title="Акт приёмки-передачи", number=number, date=day),
            # Line 5б exists since January 2026 (domain.md, section 5).
            advances=[
                content_parts.Advance(number=self._advance_number(entry), date=entry.booked_on)
                for entry in settled
                if month >= Month(2026, 1)
            ],
        )
        act = self._act(charged)
        bill = content.FinalBill(
            **self._head,
            **goods,
            **movement,
            to_pay=closing,
            due_on=month.shifted(1).first_day.replace(day=18),
            purpose=self._purpose(
                month,
                self._account.tax_within(closing, day),
                with_earlier=closing > charged.total,
            ),
            executor=_EXECUTOR,
        )
        statement = content.ConsumptionStatement(
            **self._head,
            rows=paper_parts.rows(charged),
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

    def advance_invoices(self, month: Month) -> Iterator[Paper]:
        """Счета-фактуры на авансы of a month: one for each advance."""
        for place, entry in enumerate(self._account.advances_in(month), 1):
            amount, rate = -entry.signed, prices.vat_rate(month)
            vat = prices.rounded(amount * rate / (100 + rate))
            line = content_parts.AdvanceLine(
                name=f"Электрическая энергия (мощность), {month}",
                vat_rate=rate,
                vat=vat,
                total=amount,
            )
            said = content.AdvanceVatInvoice(
                **self._head,
                lines=[line],
                vat=vat,
                total=amount,
                payments=[paper_parts.order(entry)],
            )
            paper = self._paper(
                Kind.ADVANCE_VAT_INVOICE, month, entry.booked_on, amount, said, part=place
            )
            yield dataclasses.replace(paper, number=self._advance_number(entry))

    def corrected_act(self, charged: money.Charged) -> Paper:
        """A second transfer act of a month, which names the one that it corrects."""
        month, said = charged.month, self._act(charged, power_kw=Decimal(640))
        day = month.shifted(1).first_day.replace(day=12)
        paper = self._paper(Kind.TRANSFER_ACT, month, day, charged.total, said, part=1)
        return dataclasses.replace(
            paper,
            title="Акт приёмки-передачи исправленный",
            corrects=self._key(Kind.TRANSFER_ACT, month),
        )

    def agreement(self, month: Month) -> Paper:
        """Прочее: an additional agreement."""
        since = f"{formats.month_genitive(month.first_day)} {month.year}"
        said = content.Other(
            **self._head,
            values=[
                content_parts.NamedValue(name="Срок действия", value=f"с {since}, бессрочно"),
                content_parts.NamedValue(name="Основание", value="письмо потребителя"),
            ],
            paragraphs=[
                "1. Стороны договорились обмениваться документами по договору через личный "
                "кабинет; документы на бумаге передаются по запросу.",
                "2. Остальные условия договора не меняются.",
                "3. Соглашение составлено в двух экземплярах, по одному для каждой стороны.",
            ],
        )
        paper = self._paper(Kind.OTHER, month, month.first_day, None, said)
        return dataclasses.replace(paper, title="Дополнительное соглашение")

    def protocol(self, month: Month) -> Paper:
        """Прочее that comes as a PDF of billing's own: a scan, as far as the demo has one."""
        said = content.Other(**self._head, paragraphs=["Протокол приложен файлом."])
        paper = self._paper(Kind.OTHER, month, month.first_day.replace(day=5), None, said, part=1)
        return dataclasses.replace(paper, title="Протокол согласования объёмов", file=PROTOCOL)

    def late_fee_key(self, entry: money.Entry) -> str:
        """The external id of the bill of a late fee."""
        return f"{self._plan.key}-late-fee-{entry.number}"

    def late_fee_bill(self, entry: money.Entry) -> Paper:
        """Прочее: the bill that charges a late fee (пеня)."""
        month = Month.of(entry.booked_on)
        rest = self.number(month.shifted(-1))
        said = content.Other(
            **self._head,
            values=[
                content_parts.NamedValue(name="Просрочено", value=f"остаток по счёту № {rest}"),
                content_parts.NamedValue(name="Просрочка", value=_late_days(month)),
                content_parts.NamedValue(
                    name="Ключевая ставка", value=f"{formats.quantity(money.KEY_RATE, 2)} %"
                ),
            ],
            total=entry.signed,
            paragraphs=[
                "Пени начислены по статье 37 закона № 35-ФЗ: 1/130 ключевой ставки за каждый день "
                "просрочки. НДС не облагается."
            ],
        )
        paper = self._paper(Kind.OTHER, month, entry.booked_on, entry.signed, said)
        return dataclasses.replace(
            paper, key=self.late_fee_key(entry), number=entry.number, title="Счёт на пени"
        )

    def _act(self, charged: money.Charged, power_kw: Decimal | None = None) -> content.TransferAct:
        number, goods = self.number(charged.month), paper_parts.goods(charged.lines)
        lines = [
            content_parts.ActLine(
                **dict(line),
                voltage=str(Contract.Voltage(self._plan.voltage).label),
                price_category=int(self._plan.price_category),
                power_kw=power_kw,
            )
            for line in goods.pop("lines")
        ]
        invoice = content_parts.Reference(
            title="Счёт-фактура", number=number, date=charged.month.last_day
        )
        return content.TransferAct(
            **self._head, **goods, lines=lines, volume_kwh=charged.volume_kwh, vat_invoice=invoice
        )

    def _advance_number(self, entry: money.Entry) -> str:
        """«А-4217-2610/1»: the first advance of a month."""
        month = Month.of(entry.booked_on)
        place = self._account.advances_in(month).index(entry) + 1
        return f"А-{self.number(month)}/{place}"

    def reconciliation_act(self, first: Month, last: Month) -> Paper:
        """Акт сверки from the first day of `first` to the last of `last`, issued then."""
        entries = [
            content_parts.Entry(
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
        amount: Decimal | None,
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

    def _purpose(self, month: Month, vat: Vat, *, with_earlier: bool = False) -> str:
        earlier = " и остаток прежних месяцев" if with_earlier else ""
        return purposes.purpose(
            what="Оплата",
            contract_number=self._plan.number,
            contract_date=self._plan.signed_on,
            detail=f"за электроэнергию, {month}{earlier}",
            vat=vat,
        )


def _late_days(month: Month) -> str:
    """«9 дней, с 19.10.2026 по 27.10.2026»."""
    first = month.first_day.replace(day=money.LATE_FROM)
    last = first + datetime.timedelta(days=money.LATE_DAYS - 1)
    days = formats.counted(money.LATE_DAYS, "день", "дня", "дней")
    return f"{days}, с {formats.day(first)} по {formats.day(last)}"
