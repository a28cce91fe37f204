"""What a thousand registers cost: the page, handing in, storing, last month's values.

    make bench-readings

Everything is a ratio within one run: of the page to a list page of sixty rows, of storing to a bare
COPY of the same rows. CPU is that of the web process; the database's part is told by the pages that
a query touches. The rows of other contracts lie between, as they do in life.
"""

# ruff: noqa: E402 - Django is set up before models are imported
from __future__ import annotations

import datetime
import os
import statistics
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any
from urllib.parse import urlencode

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cabinet.settings.test")

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from documents import searching
from meters import inventory, submitting
from meters.models import Installation, Meter, MeteringPoint, Reading, Register
from tests import make

REGISTERS = 1000
NEIGHBOURS = 20
LIST_ROWS = 60
ROUNDS = 15
NOW = Month.current()
FORM = "application/x-www-form-urlencoded"


def contract_with(user_client: Any, registers: int) -> Contract:
    """A contract with so many one-rate meters."""
    contract = make.contract(user_client)
    day = datetime.date(2020, 1, 1)
    key = contract.pk
    points = MeteringPoint.objects.bulk_create(
        MeteringPoint(
            external_id=f"p{key}-{n}", contract=contract, number=n + 1, name=f"ТП-{n}, ввод 1",
            place="щитовая", site=f"Объект {n // 25}", opened_on=day, max_power_kw=500,
        )
        for n in range(registers)
    )  # fmt: skip
    meters = Meter.objects.bulk_create(
        Meter(external_id=f"m{key}-{n}", make="Меркурий", model="234 ART-03", serial=f"{key}{n:05}")
        for n in range(registers)
    )
    Installation.objects.bulk_create(
        Installation(
            external_id=f"i{key}-{n}", point=points[n], meter=meters[n], current_ratio=40,
            installed_on=day,
        )
        for n in range(registers)
    )  # fmt: skip
    Register.objects.bulk_create(
        Register(
            external_id=f"r{key}-{n}", meter=meters[n], integer_digits=6, fraction_digits=1
        )
        for n in range(registers)
    )  # fmt: skip
    return contract


def fill(contracts: list[Contract]) -> None:
    """Fourteen months of readings, month by month through all contracts, as they arrive."""
    places = [
        (point.contract_id, point.pk, register)
        for point in MeteringPoint.objects.filter(contract__in=contracts).prefetch_related(
            "installations__meter__registers"
        )
        for register in [
            register.pk
            for installation in point.installations.all()
            for register in installation.meter.registers.all()
        ]
    ]
    for back in range(14, 0, -1):
        period = NOW.shifted(-back).first_day
        Reading.objects.bulk_create(
            (
                Reading(
                    contract_id=contract, point_id=point, register_id=register, period=period,
                    value=Decimal(1000 + 100 * (14 - back) + register % 7), source="network",
                )
                for contract, point, register in places
            ),
            batch_size=5000,
        )  # fmt: skip


def cpu(action: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of this process's CPU, and what came of it."""
    began = time.process_time()
    result = action()
    return time.process_time() - began, result


def pages(browser: Browser, large: Contract, small: Contract) -> None:
    """The page and «Передать» against a list page of sixty rows, taken in turns."""
    documents = reverse("documents:document-list", args=[large.pk])
    listing = f"{documents}?month=&year={NOW.year}"
    address = reverse("meters:readings", args=[large.pk])
    small_address = reverse("meters:readings", args=[small.pk])
    times: dict[str, list[float]] = {"list": [], "get": [], "small": [], "post": []}
    registers = list(
        Register.objects.filter(meter__installations__point__contract=large).order_by("pk")
    )
    for turn in range(ROUNDS):
        seconds, page = cpu(lambda: browser.get(listing))
        assert page.content.count(b"<tr") >= LIST_ROWS, page.content.count(b"<tr")
        times["list"].append(seconds)
        seconds, page = cpu(lambda: browser.get(address))
        assert page.content.count(b'inputmode="decimal"') == REGISTERS
        times["get"].append(seconds)
        times["small"].append(cpu(lambda: browser.get(small_address))[0])
        body = urlencode(
            {
                "action": "send", "form_key": str(uuid.uuid4()), "correction": "typo",
                **{f"r{one.pk}": f"{2400 + one.pk % 7 + turn},5" for one in registers},
            }
        )  # fmt: skip
        seconds, answer = cpu(partial(browser.post, address, body, content_type=FORM))
        assert answer.status_code == 302, answer.status_code
        times["post"].append(seconds)
    base = statistics.median(times["list"])
    for name, words in (
        ("get", f"the page of {REGISTERS} registers"),
        ("small", "the page of 5 registers"),
        ("post", f"handing in {REGISTERS} values"),
    ):
        seconds = statistics.median(times[name])
        print(
            f"{words}: {seconds / base:.2f} of a list of {LIST_ROWS} rows"
            f" (CPU ms, median of {ROUNDS}: {seconds * 1000:.0f} and {base * 1000:.0f})"
        )


def storing(author: User, contract: Contract) -> None:
    """`submit_readings`' own INSERT against a bare COPY of the same rows into the same table."""
    places = inventory.take(contract, NOW).places
    times: dict[str, list[float]] = {"insert": [], "copy": []}
    stated = [submitting.Stated(place=place, value=Decimal("2500.5")) for place in places]
    for _ in range(ROUNDS):
        with transaction.atomic():
            submission = make.submission(make.contract(contract.client), author)
            began = time.perf_counter()
            submitting._store(submission, stated)
            times["insert"].append(time.perf_counter() - began)
            transaction.set_rollback(True)
        with transaction.atomic():
            submission = make.submission(make.contract(contract.client), author)
            began = time.perf_counter()
            with (
                connection.cursor() as cursor,
                cursor.copy(
                    "COPY meters_reading (contract_id, point_id, register_id, period, value,"
                    " source, submission_id, is_rollover, doubts, explanation, received_at)"
                    " FROM STDIN"
                ) as copy,
            ):
                for place in places:
                    copy.write_row(
                        (
                            submission.contract_id, place.row.point_id, place.register_id,
                            submission.period, Decimal("2500.5"), "client", submission.pk, False,
                            "{}", "", submission.received_at,
                        )
                    )  # fmt: skip
            times["copy"].append(time.perf_counter() - began)
            transaction.set_rollback(True)
    insert, copy = (statistics.median(times[name]) for name in ("insert", "copy"))
    print(
        f"storing {len(places)} readings by one statement: {insert / copy:.2f} of a COPY"
        f" (ms, median of {ROUNDS}: {insert * 1000:.1f} and {copy * 1000:.1f})"
    )


def last_month(contract: Contract) -> None:
    """How many pages of 8 KB the query for the values of one month touches."""
    period = NOW.shifted(-1).first_day
    found = Reading.objects.standing(contract, period, period).values_list(
        "period", "point_id", "register_id", "value", "source", "is_rollover", "submission_id"
    )
    plan = found.explain(analyze=True, buffers=True, costs=False, timing=False)
    touched = sum(
        int(word.partition("=")[2])
        for word in plan.splitlines()[1].split()
        if word.startswith(("hit=", "read="))
    )
    scan = next(line.strip(" ->") for line in plan.splitlines() if "Scan" in line)
    print(f"last month's {REGISTERS} values: {touched} pages of 8 KB; {scan}")


def main() -> None:
    """Fill a database of its own and print the figures."""
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    client, user = make.client(), make.user("bench")
    make.membership(user, client)
    large, small = contract_with(client, REGISTERS), contract_with(client, 5)
    neighbours = [contract_with(client, REGISTERS // 4) for _ in range(NEIGHBOURS)]
    fill([large, small, *neighbours])
    for _ in range(LIST_ROWS):
        make.document(large, period=NOW.first_day)
    searching.PAGE_ROWS = LIST_ROWS
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    last_month(large)
    storing(user, large)
    browser = Browser()
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    pages(browser, large, small)


if __name__ == "__main__":
    main()
