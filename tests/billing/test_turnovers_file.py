"""Turnovers to save: CSV and a workbook, and a line in the journal."""

from __future__ import annotations

import io
from collections.abc import Callable
from urllib.parse import unquote

import openpyxl
import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts import journal
from accounts.models import JournalEntry, User
from contracts.models import Contract
from contracts.periods import Month
from tests import make

pytestmark = pytest.mark.django_db


def test_a_csv_and_a_workbook(
    vega: User, vega_contract: Contract, login: Callable[[User], Browser]
) -> None:
    month = Month.current()
    make.charge(vega_contract, "1234.50", booked_on=month.first_day)
    make.payment(vega_contract, "34.50", booked_on=month.first_day)
    url = reverse("billing:turnovers-file", args=[vega_contract.pk])
    browser = login(vega)
    csv = browser.get(url)
    assert f"Обороты, основной долг, договор {vega_contract.number}.csv" in unquote(
        csv["Content-Disposition"]
    )
    last = csv.content.decode("utf-8-sig").splitlines()[-1]
    assert last == f"{month};0,00;1234,50;34,50;1200,00"
    book = openpyxl.load_workbook(io.BytesIO(browser.get(url, {"kind": "xlsx"}).content))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[0][0] == "Обороты по месяцам за 12\u00a0месяцев, основной долг"
    assert vega_contract.number in rows[1][0]
    assert rows[-2] == (str(month), 0, 1234.5, 34.5, 1200)
    assert rows[-1] == ("Итого", 0, 1234.5, 34.5, 1200)
    assert book.active.auto_filter.ref.endswith(f"E{len(rows) - 1}"), "the total is no row of it"
    left = JournalEntry.objects.filter(action=journal.Action.FILE_OPENED, user=vega)
    assert left.count() == 2
    assert {entry.details["kind"] for entry in left} == {"csv", "xlsx"}
