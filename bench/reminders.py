"""What it costs to look through everybody who may have to be reminded of readings.

    python -m bench.reminders    (beside the servers for tests: make run CMD="…")

Companies with a contract of two points and one person each. Three runs over all of them: a run that
writes nobody (everything is handed in), the one that writes everybody, and the next one ten minutes
later. The measure is a letter stored by itself, so the figures are ratios within one run.
"""

# ruff: noqa: E402 - Django is set up before models are imported
from __future__ import annotations

import datetime
import itertools
import os
import sys
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cabinet.settings.test")

import django

django.setup()

import time_machine
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from accounts import letters
from accounts.models import Client, Letter, Membership, User
from accounts.roles import Role
from cabinet import celery
from contracts.models import Contract
from contracts.periods import Month
from meters import reminders, rules
from meters.models import Installation, Meter, MeteringPoint, Reading, Register
from tests import make

LETTERS = 500


def fill(count: int, period: Month) -> None:
    """So many companies; every register has a reading of `period`."""
    day, branch = datetime.date(2020, 1, 1), make.branch()
    clients = Client.objects.bulk_create(
        Client(
            external_id=f"c{n}", short_name=f"ООО «Пример {n}»", full_name=f"ООО «Пример {n}»",
            inn=make.with_check_digit_inn(351_000_000 + n), ogrn=make.with_check_digit_ogrn(n),
            legal_address="г. Новоборск",
        )
        for n in range(count)
    )  # fmt: skip
    contracts = Contract.objects.bulk_create(
        Contract(external_id=f"k{n}", client=client, branch=branch, number=f"К-{n}", signed_on=day)
        for n, client in enumerate(clients)
    )
    users = User.objects.bulk_create(
        User(username=f"person{n}", email=f"person{n}@client.example") for n in range(count)
    )
    Membership.objects.bulk_create(
        Membership(user=user, client=client, role=Role.ENGINEER, signed_on=day, starts_on=day)
        for user, client in zip(users, clients, strict=True)
    )
    points = MeteringPoint.objects.bulk_create(
        MeteringPoint(
            external_id=f"p{n}", contract=contracts[n // 2], number=n % 2 + 1, name="ввод",
            site="цех", opened_on=day,
        )
        for n in range(2 * count)
    )  # fmt: skip
    meters = Meter.objects.bulk_create(
        Meter(external_id=f"m{n}", make="Меркурий", serial=str(n)) for n in range(2 * count)
    )
    Installation.objects.bulk_create(
        Installation(external_id=f"i{n}", point=points[n], meter=meters[n], installed_on=day)
        for n in range(2 * count)
    )
    registers = Register.objects.bulk_create(
        Register(external_id=f"r{n}", meter=meters[n], integer_digits=6, fraction_digits=1)
        for n in range(2 * count)
    )
    Reading.objects.bulk_create(
        Reading(
            contract=contracts[n // 2], point=points[n], register=registers[n],
            period=period.first_day, value=100, source="network",
        )
        for n in range(2 * count)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def run(period: Month, words: str, unit: float) -> None:
    """One run a day before the end of the term of `period`."""
    end = rules.of_all()[0].window.closes_at(period)
    statements = itertools.count()

    def counted(execute: Any, *args: Any) -> Any:
        next(statements)
        return execute(*args)

    began = time.perf_counter()
    with (
        time_machine.travel(end - datetime.timedelta(days=1), tick=False),
        connection.execute_wrapper(counted),
    ):
        written = reminders.remind()
    seconds = time.perf_counter() - began
    people = User.objects.count()
    print(
        f"{words}: {written} letters to {people} people,"
        f" {seconds / people / unit:.3f} of a stored letter for each person,"
        f" {next(statements) / people:.3f} statements a person ({seconds:.1f} s)"
    )


def main() -> None:
    """Fill a database of its own and print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 30_000
    call_command("migrate", verbosity=0)
    celery.wake = lambda *args: None  # type: ignore[assignment] # Redis is not what is measured
    period = Month.of(timezone.localdate())
    fill(count, period)
    began = time.perf_counter()
    for _ in range(LETTERS):
        with transaction.atomic():
            letters.post("meters/letters/reminder", to="a@b.example", context={"terms": []})
    unit = (time.perf_counter() - began) / LETTERS
    Letter.objects.all().delete()
    run(period, "everything is handed in", unit)
    run(period.shifted(1), "nothing is handed in", unit)
    run(period.shifted(1), "ten minutes later", unit)


if __name__ == "__main__":
    main()
