"""The demo's arithmetic: readings make statements, these make charges, and charges balances."""

from __future__ import annotations

import datetime
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from django.conf import settings
from django.db.models import Count

from accounts.models import Client
from billing import ledger, reconciliation
from billing.models import Account, Balance, BalanceDifference, LedgerEntry
from cabinet import requisites
from contracts.models import Assignment, Contract, Leave, Topic
from contracts.periods import Month
from documents import content
from documents.models import Document, Kind
from meters import consumption
from meters.models import Installation, Meter, Reading, Register
from tests.exchange.conftest import TODAY

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("loaded")]

LAST = Month.of(TODAY).shifted(-1)
FIRST = LAST.shifted(-23)
KOPECK = Decimal("0.01")


def papers(kind: Kind) -> list[tuple[Document, content.DocumentContent]]:
    rows = Document.objects.filter(kind=kind).select_related("contract__client")
    return [(row, content.read(row.kind, row.content)) for row in rows.order_by("pk")]


@pytest.mark.parametrize("kind", Kind)
def test_contents_are_of_their_kind(kind: Kind) -> None:
    found = papers(kind)
    assert found
    for row, said in found:
        assert said.contract_number == row.contract.number
        assert said.supplier.inn == settings.RETAILER.inn
        assert said.customer.inn == row.contract.client.inn
        for party in (said.supplier, said.customer):
            requisites.validate_inn(party.inn)
            requisites.validate_kpp(party.kpp)
            requisites.validate_bic(party.bic)
            assert requisites.is_account_valid(party.account, party.bic)
            assert requisites.is_correspondent_account_valid(party.correspondent_account, party.bic)


def test_companies_pass_the_checks_of_their_forms() -> None:
    for client in Client.objects.all():
        client.full_clean()


def test_every_contract_has_every_kind() -> None:
    for contract in Contract.objects.all():
        assert set(contract.documents.values_list("kind", flat=True)) == set(Kind), contract


def test_every_contract_has_every_month() -> None:
    for contract in Contract.objects.all():
        ended = contract.terminated_on
        last = Month.of(ended).shifted(-1) if ended else LAST
        months: list[datetime.date] = []
        while (month := FIRST.shifted(len(months))) <= last:
            months.append(month.first_day)
        assert len(months) == (17 if ended else 24)
        for kind in (
            Kind.FINAL_BILL, Kind.VAT_INVOICE, Kind.TRANSFER_ACT, Kind.CONSUMPTION_STATEMENT,
        ):  # fmt: skip
            own = contract.documents.filter(kind=kind, corrects=None).order_by("period")
            assert list(own.values_list("period", flat=True)) == months
        planned = contract.documents.filter(kind=Kind.PLANNED_BILL)
        assert planned.count() == len(months) * 2 + (0 if ended else 2)
        readings = contract.readings.values_list("period", flat=True).distinct()
        assert set(readings) == {FIRST.shifted(-1).first_day, *months}


def test_a_charge_is_the_sum_of_its_vat_invoice() -> None:
    charges = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.CHARGE)
    assert charges.count() == Document.objects.filter(kind=Kind.VAT_INVOICE).count()
    for charge in charges.select_related("document"):
        invoice = charge.document
        said = content.read(invoice.kind, invoice.content)
        assert (invoice.kind, invoice.number) == (Kind.VAT_INVOICE, charge.number)
        assert charge.amount == said.total == invoice.amount
        assert charge.booked_on == invoice.issued_on == Month.of(invoice.period).last_day


def test_line_5b_names_invoices_for_advances_that_were_there() -> None:
    """Which of them is held against the ledger's offsets in test_generate_package.py."""
    count = 0
    for row, said in papers(Kind.VAT_INVOICE):
        advances = row.contract.documents.filter(
            kind=Kind.ADVANCE_VAT_INVOICE, issued_on__lte=row.issued_on
        )
        named = {(advance.number, advance.date) for advance in said.advances}
        assert named <= set(advances.values_list("number", "issued_on"))
        assert not named or row.period >= datetime.date(2026, 1, 1)
        count += len(named)
    assert count


def test_an_advance_invoice_has_the_tax_of_its_payment() -> None:
    for row, said in papers(Kind.ADVANCE_VAT_INVOICE):
        (line,) = said.lines
        rate = 22 if row.period >= datetime.date(2026, 1, 1) else 20
        assert line.vat == (line.total * rate / (100 + rate)).quantize(KOPECK, ROUND_HALF_UP)
        assert said.payments[0].date == row.issued_on


def test_a_corrected_act_and_a_given_pdf_are_there() -> None:
    correction = Document.objects.get(corrects__isnull=False)
    assert correction.corrects.kind == correction.kind == Kind.TRANSFER_ACT
    assert correction.corrects.period == correction.period
    given = Document.objects.exclude(file_sha256="").get()
    assert given.path.startswith("given-documents/")
    assert given.sha256 == given.file_sha256


def test_lines_are_quantity_by_price_with_the_rate_of_their_month() -> None:
    rates = set()
    for kind in (Kind.PLANNED_BILL, Kind.FINAL_BILL, Kind.VAT_INVOICE, Kind.TRANSFER_ACT):
        for row, said in papers(kind):
            for line in said.lines:
                assert line.net == (line.quantity * line.price).quantize(KOPECK, ROUND_HALF_UP)
                assert line.vat == (line.net * line.vat_rate / 100).quantize(KOPECK, ROUND_HALF_UP)
                assert line.vat_rate == (22 if row.period >= datetime.date(2026, 1, 1) else 20)
                rates.add(line.vat_rate)
    assert rates == {20, 22}


def test_statements_follow_from_the_readings() -> None:
    values = {
        (serial, zone, period): value
        for serial, zone, period, value in Reading.objects.values_list(
            "register__meter__serial", "register__zone", "period", "value"
        )
    }
    capacity = {
        (row.meter.serial, row.zone): consumption.capacity(row.integer_digits)
        for row in Register.objects.select_related("meter")
    }
    ratios = dict(Installation.objects.values_list("meter__serial", "ratio"))
    zones = {label: value for value, label in Register.Zone.choices}
    rollovers = checked = 0
    for document, said in papers(Kind.CONSUMPTION_STATEMENT):
        month = Month.of(document.period)
        for row in said.rows:
            serial, zone = row.meter.rpartition(" ")[2], zones[row.zone]
            assert row.previous == values[serial, zone, month.shifted(-1).first_day]
            assert row.current == values[serial, zone, month.first_day]
            moved = row.current - row.previous
            if moved < 0:
                rollovers += 1
                moved += capacity[serial, zone]
            assert row.difference == moved
            assert row.ratio == ratios[serial]
            assert abs(row.net - row.total_kwh * row.price) < Decimal("0.011")
            checked += 1
        assert sum(row.net for row in said.rows) == said.net
        invoice = Document.objects.get(
            contract=document.contract, kind=Kind.VAT_INVOICE, period=document.period
        )
        assert said.charged == document.amount == invoice.amount
        assert said.total_kwh == sum(Decimal(line["quantity"]) for line in invoice.content["lines"])
    assert rollovers == 1
    assert checked > 3000


def test_the_reading_that_passed_zero_says_so() -> None:
    reading = Reading.objects.get(is_rollover=True)
    earlier = Reading.objects.get(
        register=reading.register, period=Month.of(reading.period).shifted(-1).first_day
    )
    assert reading.value < earlier.value


def test_readings_fit_their_displays_and_grow() -> None:
    series = defaultdict(list)
    for reading in Reading.objects.select_related("register").order_by("period"):
        register = reading.register
        assert 0 <= reading.value < consumption.capacity(register.integer_digits)
        assert reading.value == round(reading.value, register.fraction_digits)
        assert reading.source != Reading.Source.CLIENT
        series[register.pk].append(reading)
    # A meter of this month has shown nothing yet.
    earlier = Register.objects.filter(meter__installations__installed_on__lt=TODAY.replace(day=1))
    assert set(series) == set(earlier.values_list("pk", flat=True))
    falls = [
        later
        for row in series.values()
        for earlier, later in pairwise(row)
        if later.value < earlier.value
    ]
    assert len(falls) == 1


def settlements(
    contract: Contract, first: datetime.date, last: datetime.date
) -> reconciliation.Overview:
    return reconciliation.overviews([contract], first, last)[0]


def test_balances_are_charges_less_payments() -> None:
    assert Balance.objects.count() == Contract.objects.count() * len(Account)
    for balance in Balance.objects.select_related("contract"):
        yesterday = TODAY - datetime.timedelta(days=1)
        assert balance.amount == ledger.balances_on(balance.contract, yesterday)[balance.account]
        assert balance.as_of.isoformat() == "2026-11-22T21:00:00+00:00"
    assert not BalanceDifference.objects.exists()


def test_every_kind_of_entry_is_there() -> None:
    kinds = set(LedgerEntry.objects.values_list("kind", flat=True))
    assert kinds == set(LedgerEntry.Kind)
    offsets = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.OFFSET)
    assert offsets.filter(account="main").count() == offsets.filter(account="advance").count()


def test_papers_agree_with_the_ledger() -> None:
    for kind in (Kind.FINAL_BILL, Kind.CONSUMPTION_STATEMENT):
        for row, said in papers(kind):
            month = Month.of(row.period)
            moved = settlements(row.contract, month.first_day, month.last_day)
            closing = said.to_pay if kind == Kind.FINAL_BILL else said.closing_balance
            assert (said.opening_balance, said.paid, closing) == (
                moved.opening, moved.turnover.credit, moved.closing,
            )  # fmt: skip
    for row, said in papers(Kind.RECONCILIATION_ACT):
        moved = settlements(row.contract, said.starts_on, said.ends_on)
        assert (said.opening_balance, said.closing_balance) == (moved.opening, moved.closing)
        assert sum(entry.debit for entry in said.entries) == moved.turnover.debit
        assert sum(entry.credit for entry in said.entries) == moved.turnover.credit
        assert said.ends_on == row.issued_on
        assert said.ends_on.month in (3, 6, 9, 12)
    for row, said in papers(Kind.RESTRICTION_NOTICE):
        day = said.debt_as_of + datetime.timedelta(days=1)
        assert said.debt == row.amount
        assert said.debt == settlements(row.contract, day, day).opening
        assert said.debt > 0
        assert said.restricted_from.astimezone(datetime.UTC).hour == 9  # noon in Moscow


def test_vega_is_as_the_issue_describes() -> None:
    contracts = {
        row.external_id: row
        for row in Contract.objects.filter(client__external_id="vega").annotate(n=Count("points"))
    }
    assert {key: row.n for key, row in contracts.items()} == {
        "vega-1": 5, "vega-2": 120, "vega-3": 4, "vega-4": 2,
    }  # fmt: skip
    ended = contracts["vega-4"].terminated_on
    assert ended == datetime.date(2026, 4, 1)
    main = Balance.objects.of_main_debt()
    balances = dict(main.values_list("contract__external_id", "amount"))
    assert balances["vega-1"] > 0 > balances["vega-2"]
    assert balances["vega-4"] == 0
    installed = Installation.objects.filter(point__contract=contracts["vega-3"])
    assert set(installed.values_list("ratio", flat=True)) == {60, 80}
    assert installed.filter(removed_on__isnull=False).count() == 1
    zones = Register.objects.filter(meter__installations__in=installed)
    assert {"day", "night", "peak"} <= set(zones.values_list("zone", flat=True))
    assert len(set(contracts["vega-2"].points.values_list("site", flat=True))) == 4
    assert Meter.objects.filter(is_automatic=True).count() > 1


def test_every_topic_has_its_specialist_in_every_branch() -> None:
    for topic in Topic.objects.all():
        held = topic.assignments.filter(branch__isnull=False).on(TODAY)
        assert held.count() == 3, topic
    assert Assignment.objects.filter(contract__isnull=False).exists()
    leave = Leave.objects.get()
    assert leave.starts_on <= TODAY <= leave.ends_on
    away, deputy = leave.specialist, leave.deputy
    assert (away.last_name, deputy.last_name) == ("Гордеева", "Кузнецов")
    # Who stands in does the same work at the same place, and Vega meets it on its own pages.
    assert (away.position, away.branch) == (deputy.position, deputy.branch)
    assert away.branch.contracts.filter(client__external_id="vega").exists()
    assert away.assignments.filter(topic__code="meters").on(TODAY).exists()


def test_nothing_is_dated_after_today(made: Path) -> None:
    assert not Document.objects.filter(issued_on__gt=TODAY).exists()
    assert not LedgerEntry.objects.filter(booked_on__gte=TODAY).exists()
