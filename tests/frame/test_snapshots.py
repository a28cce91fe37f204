"""What is read in a snapshot belongs together."""

from __future__ import annotations

import datetime
import io
import threading
from typing import Any

import openpyxl
import pytest
from django.db import InternalError, connection
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Client
from billing import tables
from cabinet.snapshots import snapshot
from tests import make


@pytest.mark.django_db(transaction=True)
def test_what_others_commit_meanwhile_is_not_seen() -> None:
    def commit_another() -> None:
        make.client()
        connection.close()

    make.client()
    with snapshot():
        before = Client.objects.count()
        other = threading.Thread(target=commit_another)
        other.start()
        other.join()
        assert Client.objects.count() == before
    assert Client.objects.count() == before + 1


@pytest.mark.django_db(transaction=True)
def test_a_saved_ledger_comes_to_its_totals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A package lands between the sums and the rows."""
    client = make.client()
    contract, vega = make.contract(client), make.user("vega")
    make.membership(vega, client)
    make.charge(contract, "1000.00", booked_on=datetime.date(2026, 10, 31))
    browser = Browser()
    browser.force_login(vega)
    read = tables.of_history

    def pay() -> None:
        make.payment(contract, "400.00", booked_on=datetime.date(2026, 10, 31))
        connection.close()

    def meanwhile(*asked: Any) -> tables.Table:
        other = threading.Thread(target=pay)
        other.start()
        other.join()
        return read(*asked)

    monkeypatch.setattr(tables, "of_history", meanwhile)
    address = reverse("billing:history-file", args=[contract.pk])
    answer = browser.get(address, {"year": "2026", "month": "10", "kind": "xlsx"})
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    *_, row, total = (cells[5:8] for cells in sheet.values)
    assert row == (1000, None, 1000)
    assert total == (1000, 0, 1000)


@pytest.mark.django_db(transaction=True)
def test_nothing_is_written_in_it() -> None:
    with pytest.raises(InternalError, match="read-only"), snapshot():
        make.client()


@pytest.mark.django_db
def test_inside_a_transaction_it_is_the_callers() -> None:
    with snapshot():
        make.client()
    assert Client.objects.exists()
