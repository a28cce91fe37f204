"""What the office's pages cost behind 30,000 clients: every list, search, filter, order and card.

    make bench-office                                   about fifteen minutes
    make run CMD="python -m bench.office --part meters"  the pages of one room

A database of its own is filled by SQL: 30,000 clients with 40,000 contracts, 125,000 points with
their meters, 1,500,000 readings, and what goes with them; one contract has 1,000 points. Then
everything that the registered lists offer is opened as a superuser. Seconds are those of the
processor, the web process and its PostgreSQL together (no parallel workers): other work on the
machine does not matter much. The better of two where the first was slow; the aim is one second.
"""

# ruff: noqa: E402, S608 - Django is set up before models are imported; no value is a stranger's
from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import django

django.setup()

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.options import ModelAdmin
from django.core.management.color import no_style
from django.db import connection, models
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils.http import urlencode

from accounts.models import Client, JournalEntry, Letter, Membership, User
from bench import pages
from billing.models import Balance, Instalment, LedgerEntry
from bin.stack import console
from contracts.models import Assignment, Branch, Contract, Specialist, Topic
from contracts.periods import Month
from documents.models import Announcement, Document, Opening
from messaging.models import Delivery, Entry, IncomingMail, Message
from meters.models import Installation, Meter, MeteringPoint, Reading, Register, Submission
from tests import factors, make

CLIENTS, CONTRACTS, POINTS, MONTHS = 30_000, 40_000, 125_000, 12
LARGE = 1_000  # points of the one large contract
AIM = 1.0
SLOW = 0.4
TERMS = (
    "3500012345", "35-01-012345", "012345", "ООО", "Пример 12345", "Иванов", "person777",
    "31012345", "ввод 1", "Меркурий 31012345", "нет такого", "12",
)  # fmt: skip


# Filling -----------------------------------------------------------------------------------------


def fill(model: type[models.Model], count: int, /, *, first: int = 0, **columns: str) -> None:
    """`count` rows, the n-th of them by SQL expressions of n; what is not named is empty."""
    values = {field.column: _expression(field, columns) for field in model._meta.concrete_fields}
    values = {column: expression for column, expression in values.items() if expression}
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)}"
            f" ({', '.join(map(connection.ops.quote_name, values))})"
            f" SELECT {', '.join(values.values())}"
            f" FROM generate_series({first + 1}, {first + count}) n"
        )


def _expression(field: Any, columns: dict[str, str]) -> str:
    """What a column gets; empty where the database knows."""
    if field.name in columns:
        return columns[field.name]
    if field.generated or field.has_db_default() or field.null:
        return ""
    if field.primary_key:
        return "n"
    if isinstance(field, models.CharField | models.TextField):
        empty = "n::text" if field.unique else "''"
        return f"'{field.default}'" if isinstance(field.default, str) else empty
    if isinstance(field, models.BooleanField):
        return str(bool(field.default is True)).lower()
    if isinstance(field, models.JSONField):
        return "'{}'::jsonb"
    if isinstance(field, models.UUIDField):
        return "gen_random_uuid()"
    if isinstance(field, models.DateTimeField):
        return "now()"
    if isinstance(field, models.DateField):
        return "date '2020-01-01'"
    return "0" if not isinstance(field.default, int) else str(field.default)


def fill_all(now: Month) -> None:
    """The whole database; keys are those of `generate_series`, so that rows find each other."""
    month = f"(date '{now.first_day}' - ({{}}) * interval '1 month')::date"
    own = f"(1 + (n - 1) % {CONTRACTS})"
    for n in range(1, 9):
        make.topic(code=f"topic-{n}" if n > 1 else "meters", name=f"Тема {n}")
    fill(Branch, 20, name="'Отделение ' || n")
    fill(
        Specialist, 200, branch="1 + n % 20", last_name="'Иванов' || n",
        first_name="'Иван'", email="'s' || n || '@retailer.example'", is_active="true",
    )  # fmt: skip
    fill(
        Client, CLIENTS, short_name="'ООО «Пример ' || n || '»'",
        full_name="'Общество с ограниченной ответственностью «Пример ' || n || '»'",
        inn="'35' || lpad(n::text, 8, '0')", ogrn="'10235' || lpad(n::text, 8, '0')",
        registered_on="date '2024-09-02'", phone="'+7 900 ' || n",
    )  # fmt: skip
    fill(
        Contract, CONTRACTS, client=f"1 + (n - 1) % {CLIENTS}",
        branch="1 + n % 20", number="'35-01-' || lpad(n::text, 6, '0')",
        place="'ул. Литейная, д. ' || n", price_category="1", voltage="'NN'",
    )  # fmt: skip
    topic = Topic.objects.order_by("pk").values_list("pk", flat=True)
    for key in topic:
        fill(
            Assignment, 20, first=key * 100, topic=str(key), branch="1 + n % 20",
            specialist="1 + n % 200",
        )  # fmt: skip
    fill(
        Assignment, 10_000, first=100_000, topic=str(topic[0]), contract="n - 100000",
        specialist="1 + n % 200",
    )  # fmt: skip
    fill(
        User, CLIENTS + 3_000, first=100, username="'person' || n",
        last_name="'Иванова' || n % 900", first_name="'Анна'", is_active="true",
        email="'person' || n || '@client.example'",
        phone="'+7 911 ' || n",
    )  # fmt: skip
    fill(
        Membership, CLIENTS + 3_000, first=100, user="n", client=f"1 + (n - 101) % {CLIENTS}",
        role="'engineer'", basis="CASE WHEN n % 3 = 0 THEN 'power_of_attorney' ELSE 'charter' END",
        basis_number="CASE WHEN n % 3 = 0 THEN n::text ELSE '' END",
        ends_on="CASE WHEN n % 3 = 0 THEN CURRENT_DATE + (n % 300)::int END",
        agreement_number="'С-' || n", all_contracts="true",
    )  # fmt: skip
    point = f"CASE WHEN n > {POINTS - LARGE} THEN 1 ELSE {own} END"
    number = f"CASE WHEN n > {POINTS - LARGE} THEN n ELSE 1 + (n - 1) / {CONTRACTS} END"
    fill(
        MeteringPoint, POINTS, contract=point, number=number,
        name="'ТП-' || n || ', ввод ' || 1 + n % 4", site="'корпус ' || n % 500", place="'цех'",
    )  # fmt: skip
    fill(
        Meter, POINTS, make="'Меркурий'", model="'234 ART-03'",
        serial="(31000000 + n)::text", verified_until="CURRENT_DATE + (n % 3000)::int",
    )  # fmt: skip
    fill(
        Installation, POINTS, point="n", meter="n", current_ratio="20",
        voltage_ratio="1",
    )  # fmt: skip
    fill(
        Register, POINTS, meter="n", energy="'A+'", zone="'total'",
        integer_digits="6", fraction_digits="1",
    )  # fmt: skip
    fill_facts(month, own, point)


def fill_facts(month: str, own: str, point: str) -> None:
    """What has happened: readings, money, papers, cases, letters, the journal."""
    fill(
        Submission, 240_000, contract=own, period=month.format("n % 12"),
        number="'ПП-2026-' || lpad(n::text, 7, '0')", submitted_by="101 + n % 30000",
        received_at="now() - n * interval '1 minute'", is_late="n % 20 = 0",
    )  # fmt: skip
    for back in range(MONTHS):
        # The newest month is not all handed in: the board has something to say.
        count = POINTS if back else POINTS * 6 // 10
        fill(
            Reading, count, first=0, id=f"n + {back * POINTS}", point="n", register="n",
            contract=point.replace("THEN 1 ", "THEN 1::bigint "), period=month.format(back),
            value=f"1000 + n % 5000 - {back}", source="'network'",
            received_at=f"now() - ({back} * interval '30 days')",
        )  # fmt: skip
    fill(
        Reading, LARGE, first=POINTS - LARGE, id=f"n + {MONTHS * POINTS}", point="n", register="n",
        contract="1", period=month.format(0), value="2000", source="'client'", submission="1",
    )  # fmt: skip
    fill(
        LedgerEntry, 480_000, contract=own, kind="'charge'",
        account="'main'", title="'Счёт-фактура'", number="n::text",
        booked_on=f"{month.format('n % 12')} + 20", period=month.format("n % 12"), amount="1200",
    )  # fmt: skip
    fill(
        Balance, 120_000, contract=own, account="'main'", amount="1200",
        as_of=f"now() - (n / {CONTRACTS}) * interval '1 day'",
    )  # fmt: skip
    fill(
        Instalment, 120_000, contract=own, period=month.format("0"),
        order=f"1 + (n - 1) / {CONTRACTS}", share_percent="30", due_on="CURRENT_DATE",
        amount="300",
    )  # fmt: skip
    fill(
        Document, 400_000, contract=own, kind="'transfer_act'",
        number="'АПП-' || n", issued_on=f"{month.format('n % 24')} + 5",
        period=month.format("n % 24"), amount="1200", announced_at="now()",
        content="""jsonb_build_object('lines', jsonb_build_array(jsonb_build_object('n', n)))""",
    )  # fmt: skip
    fill(Opening, 200_000, document="n", contract=own, user="101 + n % 30000", means="'opened'")
    fill(Announcement, 200_000, document="n", user="101 + n % 30000", settled_at="now()")
    topic = Topic.objects.order_by("pk").values_list("pk", flat=True)[0]
    fill(
        Message, 60_000, contract=own, topic=str(topic), author="101 + n % 30000",
        number="'ОБ-2026-' || lpad(n::text, 6, '0')", email="'person' || n || '@client.example'",
        state="CASE WHEN n % 20 = 0 THEN 'open' ELSE 'answered' END",
        sent_at="now() - n * interval '5 minutes'", due_on="CURRENT_DATE + (n % 9)::int - 4",
        remind_on="CURRENT_DATE - 5", rule="'branch_topic'", specialist="1 + n % 200",
        to="'s' || n % 200 || '@retailer.example'", staff_token="'s' || n",
        client_token="'c' || n", text="'Вопрос'", phone="'+7'",
    )  # fmt: skip
    fill(Entry, 60_000, message="n", kind="'answer'", text="'Ответ'")
    fill(
        Delivery, 120_000, message="1 + (n - 1) % 60000", purpose="'question'",
        rule="'branch_topic'", to="'s' || n % 200 || '@retailer.example'", state="'sent'",
        mail_id="'<' || n || '@m>'", sent_at="now() - n * interval '2 minutes'",
        created_at="now() - n * interval '2 minutes'",
    )  # fmt: skip
    fill(
        IncomingMail, 20_000, sender="'a' || n || '@client.example'", subject="'Ответ ' || n",
        mail_id="'<in' || n || '>'", state="'taken'", message="n", sha256="n::text",
    )  # fmt: skip
    fill(
        Letter, 200_000, to="'person' || n || '@client.example'", subject="'Передайте показания'",
        state="'sent'", mail_id="'<l' || n || '>'", sent_at="now() - n * interval '1 minute'",
        created_at="now() - n * interval '1 minute'",
    )  # fmt: skip
    fill(
        JournalEntry, 600_000, at="now() - n * interval '20 seconds'", action="'login'",
        user="101 + n % 30000", login="'person' || n % 30000", client=f"1 + n % {CLIENTS}",
        subject="'Документ ' || n", ip="'10.0.0.1'::inet",
    )  # fmt: skip


def count_on() -> None:
    """What is stored from now on gets keys behind those of `generate_series`."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), apps.get_models()):
            cursor.execute(statement)


# Measuring ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Visit:
    """One page: of which list, what was done there, seconds, statements of SQL."""

    page: str
    act: str
    seconds: float
    statements: int
    slowest: str


def visits(browser: Browser, page: ModelAdmin[Any]) -> Iterator[Visit]:
    """Everything that a registered list offers."""
    name = f"{page.opts.app_label}_{page.opts.model_name}"
    address = reverse(f"admin:{name}_changelist")
    opened = browser.get(address)
    first = _visit(browser, name, "list", address)
    yield first
    listed = opened.context["cl"]
    for act, query in _queries(page, listed):
        yield _visit(browser, name, act, f"{address}?{query}")
    for act, key in _cards(page, listed):
        yield _visit(browser, name, act, reverse(f"admin:{name}_change", args=[key]))
    if opened.context["has_add_permission"]:
        yield _visit(browser, name, "new card", reverse(f"admin:{name}_add"))
    for field in page.autocomplete_fields:
        asked = {
            "app_label": page.opts.app_label, "model_name": page.opts.model_name,
            "field_name": field,
        }  # fmt: skip
        for term in ("", "Пример 12", "35-01-01"):
            query = urlencode({**asked, "term": term})
            yield _visit(
                browser, name, f"choice of {field}", f"{reverse('admin:autocomplete')}?{query}"
            )


def _queries(page: ModelAdmin[Any], listed: Any) -> Iterator[tuple[str, str]]:
    yield "page 2", "p=2"
    yield "the last page", f"p={max(1, listed.paginator.num_pages)}"
    if listed.search_fields:
        for term in TERMS:
            yield f"search «{term}»", urlencode({"q": term})
    for filter_ in listed.filter_specs:
        choices = list(filter_.choices(listed))
        for choice in choices[1:4]:
            yield f"filter {filter_.title}", choice["query_string"].lstrip("?")
    for number, column in enumerate(listed.list_display):
        if number in listed.get_ordering_field_columns() or listed.get_ordering_field(column):
            if listed.sortable_by is not None and column not in listed.sortable_by:
                continue
            for sign in ("", "-"):
                yield f"order by {column}", f"o={sign}{number}"
    for label, lookup in getattr(page, "hangs_on", {}).items():
        for key in (1, 12_345):
            yield f"of {label}", urlencode({f"{lookup}__id__exact": key})
            yield f"search in {label}", urlencode({f"{lookup}__id__exact": key, "q": "ввод 1"})


def _cards(page: ModelAdmin[Any], listed: Any) -> Iterator[tuple[str, Any]]:
    if not listed.list_display_links:  # the rows of a view, which have no cards
        return
    keys = page.model._default_manager.order_by("pk").values_list("pk", flat=True)
    shown = list(listed.result_list[:1])
    for act, key in (
        ("first card", keys.first()),
        ("last card", keys.last()),
        ("card", shown[0].pk if shown else None),
    ):
        if key is not None:
            yield act, key


def own_pages(browser: Browser) -> Iterator[Visit]:
    """The pages that are no list."""
    for name in ("index", "board", "mail_flow", "messaging_message_board", "meters_silent"):
        yield _visit(browser, name, "page", reverse(f"admin:{name}"))
    silent = reverse("admin:meters_silent")
    for query in ("branch=3", "specialist=3", "only_silent=1", "page=100"):
        yield _visit(browser, "meters_silent", query, f"{silent}?{query}")
    for term in TERMS:
        query = urlencode({"q": term})
        yield _visit(browser, "find", f"«{term}»", f"{reverse('admin:find')}?{query}")


def _visit(browser: Browser, name: str, act: str, address: str) -> Visit:
    visit = _opened(browser, name, act, address)
    if visit.seconds > SLOW:
        again = _opened(browser, name, act, address)
        visit = min(visit, again, key=lambda one: one.seconds)
    if visit.seconds > SLOW:
        console.say(f"{visit.seconds:.2f} s, {visit.statements} statements: {name}, {act}")
        console.say(f"    {address}\n    {visit.slowest}")
    return visit


def _opened(browser: Browser, name: str, act: str, address: str) -> Visit:
    before = time.process_time() + _of_postgres()
    with CaptureQueriesContext(connection) as captured:
        response = browser.get(address)
    seconds = time.process_time() + _of_postgres() - before
    assert response.status_code in {200, 302}, (address, response.status_code)
    slowest = max(captured, key=lambda one: float(one["time"]), default={"time": 0, "sql": ""})
    return Visit(
        page=name,
        act=act,
        seconds=seconds,
        statements=len(captured),
        slowest=f"{slowest['time']} s: {slowest['sql'][:2000]}",
    )


def _of_postgres() -> float:
    """The processor's seconds that this connection's PostgreSQL has used."""
    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SELECT pg_backend_pid()")
        line = Path(f"/proc/{cursor.fetchone()[0]}/stat").read_text()
    user, system = line.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def report(found: list[Visit]) -> None:
    """The slowest visit of each kind of act, for docs/performance.md, and what misses the aim."""
    console.say("\n| what | pages | median | slowest | which |\n|---|---|---|---|---|")
    for kind in ("list", "page", "search", "filter", "order", "of", "card", "choice", "«"):
        of_kind = sorted(
            (one for one in found if _kind(one.act) == kind), key=lambda one: one.seconds
        )
        if of_kind:
            middle, last = of_kind[len(of_kind) // 2], of_kind[-1]
            console.say(
                f"| {kind} | {len(of_kind)} | {middle.seconds:.2f} s | {last.seconds:.2f} s |"
                f" {last.page}, {last.act} |"
            )
    slow = [one for one in found if one.seconds > AIM]
    console.say(f"\n{len(found)} pages, {len(slow)} of them slower than {AIM} s")
    for one in sorted(slow, key=lambda one: -one.seconds):
        console.say(f"{one.seconds:.2f} s: {one.page}, {one.act}")


def _kind(act: str) -> str:
    if act.startswith("«"):
        return "«"
    word = act.split()[-1] if act.endswith("card") else act.split()[0]
    return {"the": "page", "new": "card"}.get(word, word)


def main() -> None:
    """Fill, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", default="", help="лишь списки этого раздела")
    part = parser.parse_args().part
    with pages.database():
        person = make.user("administrator", is_staff=True, is_superuser=True)
        began = time.perf_counter()
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
        fill_all(Month.current())
        count_on()
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("SET statement_timeout = '60s'")
        console.say(f"filled in {time.perf_counter() - began:.0f} s")
        browser = Browser()
        browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        factors.count_as_passed(browser, person)
        found: list[Visit] = [] if part else list(own_pages(browser))
        for page in admin.site._registry.values():
            if not part or page.opts.app_label == part:
                found += visits(browser, page)
        report(found)


if __name__ == "__main__":
    main()
