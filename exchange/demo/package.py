"""Making the demo's package: from the plans, the seed and the day, always the same bytes."""

from __future__ import annotations

import csv
import datetime
import json
import random
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from django.utils import timezone

from billing.models import Account, LedgerEntry
from cabinet import days
from contracts.periods import Month
from exchange.demo import acts, history, money, notices, office, papers, plans, points
from exchange.incoming import manifest
from exchange.incoming.tables import TABLES

Row = dict[str, Any]


class Writer:
    """The package's files, open together: rows come contract by contract, not table by table."""

    def __init__(self, folder: Path) -> None:
        self.rows = dict.fromkeys((table.name for table in TABLES), 0)
        self._folder = folder
        self._files = ExitStack()
        self._writers: dict[str, csv.DictWriter[str]] = {}

    def __enter__(self) -> Self:
        """Create the files with their headers."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for table in TABLES:
            path = self._folder / table.file_name
            stream = self._files.enter_context(path.open("w", encoding="utf-8", newline=""))
            writer = csv.DictWriter(stream, table.columns, delimiter=";", lineterminator="\n")
            writer.writeheader()
            self._writers[table.name] = writer
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the files."""
        self._files.close()

    def write(self, table: str, row: Row) -> None:
        """Add a row; None is an empty value."""
        self._writers[table].writerow(row)
        self.rows[table] += 1


def generate(*, folder: Path, seed: int, scale: int, today: datetime.date) -> dict[str, int]:
    """Write the package of `today` into `folder`; the number of rows of each table.

    `scale` 1 is the demo, each further one adds twenty companies.

    Raises:
        plans.TooEarly: on that day not every company had a past yet; nothing is written.
    """
    plans.check_day(today)
    with Writer(folder) as writer:
        for table, row in office.tables(today):
            writer.write(table, row)
        for company in plans.companies(scale):
            for table, row in _company(company, seed, today):
                writer.write(table, row)
    shutil.copy(papers.PROTOCOL, folder)
    manifest.write(folder, day=today, as_of=moment(today), rows=writer.rows)
    return writer.rows


def moment(today: datetime.date) -> datetime.datetime:
    """When billing read its books: as the day began in the retailer's time zone.

    No later, as a package with a moment of the future is refused, and a demo may start at any hour.
    """
    return days.begins_at(today)


def _company(company: plans.Company, seed: int, today: datetime.date) -> Iterator[tuple[str, Row]]:
    yield (
        "clients",
        {
            "external_id": company.key,
            "short_name": company.short_name,
            "full_name": company.full_name,
            "inn": company.inn,
            "kpp": plans.KPP,
            "ogrn": company.ogrn,
            "legal_address": company.address,
            "postal_address": company.address,
            "phone": f"+7 000 {company.ordinal:03d}-00-01",
            "email": f"office@{company.key}.example",
            "registered_on": plans.history_start(today).first_day,
        },
    )
    for plan in company.contracts:
        yield from _contract(company, plan, seed, today)


def _contract(
    company: plans.Company, plan: plans.ContractPlan, seed: int, today: datetime.date
) -> Iterator[tuple[str, Row]]:
    # A contract's own chance: another contract more or less changes nothing here.
    chance = random.Random(f"{seed}:{plan.key}")  # noqa: S311 — not a secret
    yield (
        "contracts",
        {
            "external_id": plan.key,
            "client": company.key,
            "branch": plan.branch,
            "number": plan.number,
            "signed_on": plan.signed_on,
            "terminated_on": plan.terminated_on(today),
            "place": plan.place,
            "price_category": int(plan.price_category),
            "voltage": str(plan.voltage),
        },
    )
    for row in office.contract_assignments(plan):
        yield "assignments", row
    placed = points.of_contract(plan, today, chance)
    for point in placed:
        yield from _point(plan, point, today)
    past = history.of_contract(company, plan, placed, today, chance)
    yield from acts.tables(placed, past.shown)
    yield from _readings(plan, past)
    yield from _papers(plan, past, today)
    yield from notices.tables(company, past, today)
    yield from _ledger(plan, past)
    yield from _balances(plan, past, today)
    yield from _instalments(plan, past, today)


def _point(
    plan: plans.ContractPlan, point: points.Point, today: datetime.date
) -> Iterator[tuple[str, Row]]:
    yield (
        "points",
        {
            "external_id": point.key,
            "contract": plan.key,
            "number": point.number,
            "name": point.name,
            "place": point.site.name.partition(",")[0],
            "site": point.site.name,
            "max_power_kw": int(point.monthly_kwh / 240) + 5,
            "losses_percent": point.losses_percent or None,
            "opened_on": plan.signed_on,
            "closed_on": plan.terminated_on(today),
        },
    )
    for installed in point.installed:
        meter = installed.meter
        yield (
            "meters",
            {
                "external_id": meter.key,
                "make": meter.make,
                "model": meter.model,
                "serial": meter.serial,
                "year": meter.year,
                "verified_until": meter.verified_until,
                "is_automatic": meter.is_automatic,
            },
        )
        yield (
            "installations",
            {
                "external_id": installed.key,
                "point": point.key,
                "meter": meter.key,
                "current_ratio": installed.ratio,
                "voltage_ratio": 1,
                "installed_on": installed.installed_on,
                "removed_on": installed.removed_on,
                "current_transformers_verified_until": installed.transformers_verified_until,
            },
        )
        for order, zone in enumerate(meter.zones, 1):
            yield (
                "registers",
                {
                    "external_id": f"{meter.key}-{zone}",
                    "meter": meter.key,
                    "energy": "A+",
                    "zone": zone,
                    "order": order,
                    "integer_digits": meter.integer_digits,
                    "fraction_digits": meter.fraction_digits,
                },
            )


def _readings(plan: plans.ContractPlan, past: history.History) -> Iterator[tuple[str, Row]]:
    for shown in past.shown:
        register = f"{shown.meter.key}-{shown.zone}"
        yield (
            "readings",
            {
                "external_id": f"{register}-{shown.period.year}-{shown.period.number:02d}",
                "contract": plan.key,
                "point": shown.point.key,
                "register": register,
                "period": shown.period.first_day,
                "value": shown.value,
                "source": str(shown.source),
                "is_rollover": shown.is_rollover,
                "received_at": shown.received_at.isoformat(),
            },
        )


def _papers(
    plan: plans.ContractPlan, past: history.History, today: datetime.date
) -> Iterator[tuple[str, Row]]:
    zone = timezone.get_default_timezone()
    latest = moment(today)
    for paper in past.papers:
        ready_at = datetime.datetime.combine(_ready_on(paper), datetime.time(9), tzinfo=zone)
        said = paper.content.model_dump(mode="json")
        yield (
            "documents",
            {
                "external_id": paper.key,
                "contract": plan.key,
                "corrects": paper.corrects,
                "kind": str(paper.kind),
                "title": paper.title,
                "number": paper.number,
                "issued_on": paper.issued_on,
                "period": paper.period.first_day,
                "amount": paper.amount,
                "content": json.dumps(said, ensure_ascii=False, separators=(",", ":")),
                "published_at": min(ready_at, latest).isoformat(),
                "file": paper.file.name if paper.file else "",
                "file_sha256": manifest.checksum(paper.file) if paper.file else "",
            },
        )


def _ready_on(paper: papers.Paper) -> datetime.date:
    """The working day on which billing publishes it: a month's own papers after its readings."""
    if paper.issued_on != paper.period.last_day:
        return paper.issued_on
    after = paper.period.shifted(1).first_day
    # New Year's holidays last until the 8th or the 11th.
    day = after.replace(day=12 if after.month == 1 else 5)
    days_off = 7 - day.weekday() if day.weekday() > 4 else 0
    return day + datetime.timedelta(days=days_off)


_TITLES = {
    LedgerEntry.Kind.CHARGE: "Счёт-фактура",
    LedgerEntry.Kind.PAYMENT: "Платёжное поручение",
    LedgerEntry.Kind.ADVANCE: "Платёжное поручение",
    LedgerEntry.Kind.OFFSET: "Зачёт аванса",
    LedgerEntry.Kind.LATE_FEE: "Счёт на пени",
    LedgerEntry.Kind.CORRECTION: "Корректировка счёта на пени",
}


def _ledger(plan: plans.ContractPlan, past: history.History) -> Iterator[tuple[str, Row]]:
    for entry in (*past.account.entries, *past.account.aside):
        month = Month.of(entry.booked_on)
        side = f"{entry.kind}-{entry.account}"
        is_correction = entry.kind == LedgerEntry.Kind.CORRECTION
        yield (
            "ledger",
            {
                "external_id": f"{plan.key}-{side}-{entry.booked_on.isoformat()}-{entry.number}",
                "contract": plan.key,
                "document": _document(past, entry),
                "kind": str(entry.kind),
                "account": str(entry.account),
                "title": _TITLES[entry.kind],
                "number": entry.number,
                "booked_on": entry.booked_on,
                "period": month.first_day,
                "amount": entry.signed if is_correction else abs(entry.signed),
                "note": entry.note,
            },
        )


def _document(past: history.History, entry: money.Entry) -> str | None:
    """The external id of the paper that charged it."""
    if entry.kind == LedgerEntry.Kind.CHARGE:
        return past.invoice_keys.get(Month.of(entry.booked_on))
    return past.desk.late_fee_key(entry) if entry.kind == LedgerEntry.Kind.LATE_FEE else None


def _balances(
    plan: plans.ContractPlan, past: history.History, today: datetime.date
) -> Iterator[tuple[str, Row]]:
    for account in Account:
        yield (
            "balances",
            {
                "external_id": f"{plan.key}-{account}-{today.isoformat()}",
                "contract": plan.key,
                "account": str(account),
                "as_of": moment(today).isoformat(),
                "amount": past.account.owed(account, today),
            },
        )


def _instalments(
    plan: plans.ContractPlan, past: history.History, today: datetime.date
) -> Iterator[tuple[str, Row]]:
    """What billing asks for by its planned bills; the rest of a month goes by the terms."""
    for month, planned in past.instalments.items():
        for bill in planned:
            key = past.desk.bill_key(month, bill)
            yield (
                "instalments",
                {
                    "external_id": f"{key}-due",
                    "contract": plan.key,
                    "document": key if bill.issued_on <= today else None,
                    "period": month.first_day,
                    "order": bill.order,
                    "share_percent": bill.share_percent,
                    "due_on": bill.due_on,
                    "amount": bill.line.total,
                    "base_amount": bill.base_amount,
                },
            )
