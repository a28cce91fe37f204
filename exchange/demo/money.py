"""A contract's money month by month: what is billed, charged and paid, and the balance on a day."""

from __future__ import annotations

import datetime
import random
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from billing.instalments import allot
from billing.models import Account as Ledger
from billing.models import LedgerEntry
from billing.purposes import Vat, vat_of_rates
from contracts.periods import Month
from exchange.demo import plans, prices
from exchange.demo.plans import Habit
from exchange.demo.readings import Used
from meters.models import Register

# The month of the history, from 0, whose payments all come on the 27th: a notice goes out before.
SLIP = 7
NOTICE_DAY = 20
NOTHING = Decimal("0.00")
# To the 27th; a fee a day of 1/130 of a made-up rate of the central bank.
LATE_FROM = 19
LATE_DAYS = 9
KEY_RATE = Decimal("16.00")
LATE_FEE_A_DAY = KEY_RATE / 100 / 130

_LINE = {
    Register.Zone.TOTAL: "Электрическая энергия (мощность)",
    Register.Zone.DAY: "Электрическая энергия (мощность), зона «день»",
    Register.Zone.PEAK: "Электрическая энергия (мощность), зона «пик»",
    Register.Zone.HALF_PEAK: "Электрическая энергия (мощность), зона «полупик»",
    Register.Zone.NIGHT: "Электрическая энергия (мощность), зона «ночь»",
}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of goods; `net` is quantity × price to the kopeck, `vat` its part by the rate."""

    name: str
    quantity: Decimal
    price: Decimal
    net: Decimal
    vat_rate: int

    @property
    def vat(self) -> Decimal:
        """Roubles of tax."""
        return prices.rounded(self.net * self.vat_rate / 100)

    @property
    def total(self) -> Decimal:
        """Roubles with tax."""
        return self.net + self.vat


@dataclass(frozen=True, kw_only=True)
class Instalment:
    """A planned bill: a share of the month by the previous one's volume and price.

    `base_amount` is the month's whole planned cost with tax, in roubles.
    """

    share_percent: int
    base_volume_kwh: Decimal
    base_amount: Decimal
    line: Line
    issued_on: datetime.date
    due_on: datetime.date

    @property
    def order(self) -> int:
        """The first of the month or the second."""
        return 1 if self.share_percent == 30 else 2


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What adds to the debt (positive) or takes from it (negative), in roubles, on an account."""

    booked_on: datetime.date
    number: str
    signed: Decimal
    kind: LedgerEntry.Kind = LedgerEntry.Kind.CHARGE
    account: Ledger = Ledger.MAIN
    note: str = ""

    @property
    def is_charge(self) -> bool:
        """Whether it adds to the debt."""
        return self.signed > 0


@dataclass(frozen=True, kw_only=True)
class Charged:
    """A finished month: its energy by register with `nets`, and its lines of goods."""

    month: Month
    used: list[Used]
    nets: list[Decimal]
    lines: list[Line]

    @property
    def volume_kwh(self) -> Decimal:
        """All energy of the month."""
        return sum((row.total_kwh for row in self.used), Decimal(0))

    @property
    def net(self) -> Decimal:
        """Roubles without tax."""
        return sum((line.net for line in self.lines), NOTHING)

    @property
    def total(self) -> Decimal:
        """Roubles with tax: the sum of the VAT invoice."""
        return sum((line.total for line in self.lines), NOTHING)


class Account:
    """The books of one contract, in the order of their days.

    `entries` settle the energy: charges, payments for it and advances. `aside` holds what does not:
    offsets, which only move an advance to the debt, and late fees.
    """

    def __init__(
        self, plan: plans.ContractPlan, today: datetime.date, chance: random.Random
    ) -> None:
        self.entries: list[Entry] = []
        self.aside: list[Entry] = []
        # The advances that each month's VAT invoice settles.
        self.set_off: dict[Month, list[Entry]] = {}
        self._advances_left: list[tuple[Entry, Decimal]] = []
        self._plan = plan
        self._today = today
        self._chance = chance
        self._months = plan.months(today)
        self._order = chance.randint(100, 400)

    def balance(self, day: datetime.date) -> Decimal:
        """What was owed for energy at the end of `day`; negative is an overpayment."""
        return _sum(entry for entry in self.entries if entry.booked_on <= day)

    def owed(self, account: Ledger, day: datetime.date) -> Decimal:
        """The balance of one account at the end of `day`."""
        return _sum(
            entry
            for entry in (*self.entries, *self.aside)
            if entry.account == account and entry.booked_on <= day
        )

    def tax_within(self, owed: Decimal, day: datetime.date) -> Vat:
        """The tax of what is owed at the end of `day`: of the latest charges, for payments went to
        the oldest. Of an overpayment it is nothing, by the latest month's rate.
        """
        charges = [entry for entry in self.entries if entry.is_charge and entry.booked_on <= day]
        parts, _ = allot(owed, [entry.signed for entry in reversed(charges)])
        by_rate: dict[int | None, Decimal] = {}
        for entry, part in zip(reversed(charges), parts, strict=True):
            if part or not by_rate:
                rate = prices.vat_rate(Month.of(entry.booked_on))
                by_rate[rate] = by_rate.get(rate, NOTHING) + part
        return vat_of_rates(by_rate)

    def paid_in(self, month: Month) -> list[Entry]:
        """Payments of a month."""
        return [
            entry for entry in self.between(month.first_day, month.last_day) if not entry.is_charge
        ]

    def advances_in(self, month: Month) -> list[Entry]:
        """Advances of a month."""
        return [entry for entry in self.paid_in(month) if entry.account == Ledger.ADVANCE]

    def late_fees(self) -> list[Entry]:
        """The bills of late fees."""
        return [entry for entry in self.aside if entry.kind == LedgerEntry.Kind.LATE_FEE]

    def between(self, first_day: datetime.date, last_day: datetime.date) -> list[Entry]:
        """Entries from–to, both days included."""
        return [entry for entry in self.entries if first_day <= entry.booked_on <= last_day]

    def charge(self, charged: Charged, number: str) -> None:
        """Book the month's VAT invoice on its last day, and set the advances off against it."""
        day = charged.month.last_day
        self._book(day, number, charged.total)
        advance = -self.owed(Ledger.ADVANCE, day)
        offset = min(max(advance, NOTHING), max(self.owed(Ledger.MAIN, day), NOTHING))
        self.set_off[charged.month] = self._take_advances(charged.month, offset)
        if offset > 0:
            for account, signed in ((Ledger.MAIN, -offset), (Ledger.ADVANCE, offset)):
                self.aside.append(
                    Entry(
                        booked_on=day,
                        number=number,
                        signed=signed,
                        kind=LedgerEntry.Kind.OFFSET,
                        account=account,
                        note=f"по счёту-фактуре № {number}",
                    )
                )

    def _take_advances(self, month: Month, amount: Decimal) -> list[Entry]:
        """The advances that make up `amount`, the oldest first; what is left of one stays."""
        left = self._advances_left + [(entry, -entry.signed) for entry in self.advances_in(month)]
        taken: list[Entry] = []
        while amount > 0:
            entry, rest = left.pop(0)
            taken.append(entry)
            if rest > amount:
                left.insert(0, (entry, rest - amount))
            amount -= min(rest, amount)
        self._advances_left = left
        return taken

    def pay(self, month: Month, instalments: Iterable[Instalment]) -> None:
        """Book what the company pays in `month`: last month's rest and the instalments."""
        rest = max(self.owed(Ledger.MAIN, month.shifted(-1).last_day), NOTHING)
        early, late = NOTHING, NOTHING
        for instalment in instalments:
            if instalment.order == 1:
                early = instalment.line.total
            else:
                late = instalment.line.total
        for day, amount, account in self._habitual(month, rest, early, late):
            self._pay(month, day, amount, account)
        self._charge_late_fees(month, rest)

    def _habitual(
        self, month: Month, rest: Decimal, early: Decimal, late: Decimal
    ) -> list[tuple[int, Decimal, Ledger]]:
        """Day of the month, sum and account of each payment, as the habit has it."""
        index = self._index(month)
        main, advance = Ledger.MAIN, Ledger.ADVANCE
        if index == SLIP:
            return [(27, rest, main), (27, early + late, advance)]
        if self._plan.habit is Habit.DEBTOR and index >= len(self._months) - 1:
            return []
        if self._plan.habit is Habit.GENEROUS:
            # In the last month half a month's cost is overpaid.
            more = rest + early * 5 if index == len(self._months) - 1 else rest
            return [
                (8, _thousands(early), advance),
                (16, _thousands(more), main),
                (23, _thousands(late), advance),
            ]
        first_day = 13 if index % 6 == 4 else self._chance.randint(7, 10)
        if index % 5 == 3:
            late = prices.rounded(late * Decimal("0.6"))
        return [
            (first_day, early, advance),
            (self._chance.randint(15, 18), rest, main),
            (self._chance.randint(21, 25), late, advance),
        ]

    def _charge_late_fees(self, month: Month, rest: Decimal) -> None:
        """For a rest that came on the 27th: a bill, a correction of it, and its payment.

        A debtor's latest bill is not paid yet.
        """
        fee = prices.rounded(rest * LATE_DAYS * LATE_FEE_A_DAY)
        if fee > 0 and self._index(month) == SLIP:
            number, after = f"П-{month.year % 100:02d}{month.number:02d}", month.shifted(1)
            less = prices.rounded(fee / LATE_DAYS)
            self._aside(month.last_day, number, fee, LedgerEntry.Kind.LATE_FEE)
            self._aside(
                after.first_day.replace(day=5), number, -less, LedgerEntry.Kind.CORRECTION,
                note="день зачисления исключён из расчёта",
            )  # fmt: skip
            self._aside(
                _working(after.first_day.replace(day=16)), f"{number}-1", less - fee,
                LedgerEntry.Kind.PAYMENT,
            )  # fmt: skip
        elif fee > 0 and self._plan.habit is Habit.DEBTOR and month == self._months[-1]:
            number = f"П-{month.year % 100:02d}{month.number:02d}"
            self._aside(month.last_day, number, fee, LedgerEntry.Kind.LATE_FEE)

    def _aside(
        self, day: datetime.date, number: str, signed: Decimal, kind: LedgerEntry.Kind,
        *, note: str = "",
    ) -> None:  # fmt: skip
        if day < self._today:
            self.aside.append(
                Entry(
                    booked_on=day, number=number, signed=signed, kind=kind,
                    account=Ledger.LATE_FEE, note=note,
                )
            )  # fmt: skip

    def _index(self, month: Month) -> int:
        return self._months.index(month) if month in self._months else len(self._months)

    def _pay(self, month: Month, day: int, amount: Decimal, account: Ledger) -> None:
        booked_on = _working(datetime.date(month.year, month.number, day))
        # The statement of account is of this morning: today's payments are not in it yet.
        if amount > 0 and booked_on < self._today:
            self._order += self._chance.randint(1, 6)
            if account == Ledger.ADVANCE:
                kind, note = LedgerEntry.Kind.ADVANCE, f"за {month}"
            else:
                kind, note = LedgerEntry.Kind.PAYMENT, f"за {month.shifted(-1)}, остаток"
            self._book(booked_on, str(self._order), -amount, kind, account, note)

    def _book(
        self,
        day: datetime.date,
        number: str,
        signed: Decimal,
        kind: LedgerEntry.Kind = LedgerEntry.Kind.CHARGE,
        account: Ledger = Ledger.MAIN,
        note: str = "",
    ) -> None:
        self.entries.append(
            Entry(
                booked_on=day, number=number, signed=signed, kind=kind, account=account, note=note
            )
        )
        self.entries.sort(key=lambda entry: entry.booked_on)


def _sum(entries: Iterable[Entry]) -> Decimal:
    return sum((entry.signed for entry in entries), NOTHING)


def line_name(zone: str) -> str:
    """How the energy of a zone is called in papers."""
    return _LINE[Register.Zone(zone)]


def charged(month: Month, voltage: str, used: list[Used]) -> Charged:
    """The month's cost: a line for each zone, and each register's part of its line.

    Parts are rounded cumulatively, so that they add up to the line and none is wrong by more than
    a kopeck.
    """
    nets: list[Decimal] = []
    volumes: dict[str, Decimal] = {}
    for row in used:
        price = prices.price(month, voltage, row.zone)
        before = volumes.get(row.zone, Decimal(0))
        volumes[row.zone] = before + row.total_kwh
        nets.append(prices.rounded(volumes[row.zone] * price) - prices.rounded(before * price))
    lines = [
        _line(line_name(zone), month, volume, prices.price(month, voltage, zone))
        for zone, volume in volumes.items()
    ]
    return Charged(month=month, used=used, nets=nets, lines=lines)


def instalments(month: Month, base: Charged) -> list[Instalment]:
    """The planned bills of `month`: 30 % by the 10th and 40 % by the 25th.

    ПП РФ № 442, п. 82: by the volume and the price of the previous period (`base`).
    """
    price = (base.net / base.volume_kwh).quantize(prices.PRICE)
    planned: list[Instalment] = []
    for share, issued, due in ((30, 1, 10), (40, 15, 25)):
        volume = (base.volume_kwh * share / 100).quantize(Decimal("0.001"))
        name = f"Электрическая энергия (мощность), плановый платёж {share} %"
        planned.append(
            Instalment(
                share_percent=share,
                base_volume_kwh=base.volume_kwh,
                base_amount=_line(name, month, base.volume_kwh, price).total,
                line=_line(name, month, volume, price),
                issued_on=datetime.date(month.year, month.number, issued),
                due_on=datetime.date(month.year, month.number, due),
            )
        )
    return planned


def _line(name: str, month: Month, quantity: Decimal, price: Decimal) -> Line:
    return Line(
        name=name,
        quantity=quantity,
        price=price,
        net=prices.rounded(quantity * price),
        vat_rate=prices.vat_rate(month),
    )


def _thousands(amount: Decimal) -> Decimal:
    """Up to the next thousand of roubles."""
    return (amount / 1000).to_integral_value(ROUND_CEILING) * 1000 + NOTHING


def _working(day: datetime.date) -> datetime.date:
    """The day itself, or the Friday before a weekend: banks book nothing on it."""
    return day - datetime.timedelta(days=max(0, day.weekday() - 4))
