"""What the archive's pages cost with ever more documents behind them: the same.

    make run CMD="python -m bench.archive"                     about two minutes
    make run CMD="python -m bench.archive --sizes 100 1000000"

One contract for each size, with documents of two years, a third of them in the newest month.
How a page is measured: bench/pages.py. Ratios are to the smallest size, in the same run.
"""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Iterator

import django

django.setup()

from django.db import connection  # noqa: E402
from django.urls import reverse  # noqa: E402

from accounts.models import User  # noqa: E402
from bench import pages  # noqa: E402
from contracts.models import Contract  # noqa: E402
from documents.models import Document, Kind  # noqa: E402
from tests import make  # noqa: E402

MONTHS = 24
NEWEST = datetime.date(2026, 10, 1)

# All kinds in turn but the notice, which is rare; the n-th lies 24·(n/size)³ months back, so that
# the newest month has a page of rows at every size.
_FILL = """
    INSERT INTO documents_document (external_id, contract_id, kind, number, issued_on, period,
        title, amount, content, published_at, announced_at, path, size, sha256)
    SELECT 'bench-' || %(contract)s || '-' || n, %(contract)s,
        CASE WHEN n %% (%(size)s / 20) = 7 THEN 'restriction_notice'
            ELSE (%(kinds)s::text[])[1 + n %% array_length(%(kinds)s::text[], 1)] END,
        lpad(n::text, 7, '0') || '/' || %(contract)s,
        month + n %% 28, month, 'Письмо', (n * 7919 %% 1000003)::numeric / 100, %(content)s::jsonb,
        month + interval '1 month', now(), 'bench/' || %(contract)s || '/' || n || '.pdf',
        90000 + n %% 5000, repeat('0', 64)
    FROM generate_series(0, %(size)s - 1) n,
        LATERAL (SELECT (%(newest)s::date
            - floor(%(months)s * power(n::float / %(size)s, 3)) * interval '1 month'
        )::date AS month) place
"""


def fill(contract: Contract, size: int) -> None:
    """So many documents, each with a content of about 2 KB; half of them opened by the director."""
    content = json.dumps({"share_percent": 30, "text": "x" * 2000})
    kinds = [kind for kind in Kind.values if kind != Kind.RESTRICTION_NOTICE]
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        values = {
            "contract": contract.pk, "size": size, "content": content, "newest": NEWEST,
            "kinds": kinds, "months": MONTHS,
        }  # fmt: skip
        cursor.execute(_FILL, values)
        cursor.execute(
            "INSERT INTO documents_opening (document_id, contract_id, user_id, means, is_office)"
            " SELECT document.id, contract_id, membership.user_id, 'opened', false"
            " FROM documents_document document"
            " JOIN accounts_membership membership ON membership.client_id = %s"
            " WHERE contract_id = %s AND document.id %% 2 = 0",
            [contract.client_id, contract.pk],
        )


def addresses(contract: Contract) -> Iterator[tuple[str, str]]:
    """What is asked: the name and the address."""
    rows = Document.objects.filter(contract=contract).order_by("-period", "-issued_on", "-pk")
    middle = rows.values_list("pk", flat=True)[rows.count() // 2]
    archive = reverse("documents:document-list", args=[contract.pk])
    yield "first visit: the newest month", archive
    yield "all time, first page", f"{archive}?year="
    yield "all time, a page in the middle", f"{archive}?year=&after={middle}"
    yield "all time, one rare kind", f"{archive}?year=&kind=restriction_notice"
    yield "all time, largest sums first", f"{archive}?year=&sort=largest"
    yield "part of a number", f"{archive}?number=0000042"
    yield "a part that every number has", f"{archive}?number=000"
    yield "all contracts of the company", f"{reverse('documents:all-documents')}?year="
    yield "another page of the contract", reverse("contracts:contract", args=[contract.pk])
    yield "home page", reverse("contracts:home")


def person(size: int) -> tuple[User, Contract]:
    """The director of a company of its own, and its contract with so many documents."""
    user, client = make.user(f"bench-{size}"), make.client()
    make.membership(user, client, starts_on=datetime.date(2010, 1, 1), signed_on="2010-01-01")
    contract = make.contract(client, signed_on=datetime.date(2010, 1, 1))
    small = make.contract(client, signed_on=datetime.date(2010, 1, 1))
    fill(contract, size)
    fill(small, 100)
    return user, contract


def main() -> int:
    """Measure and print."""
    sizes = pages.sizes_asked("bench.archive", __doc__)
    with pages.database():
        people = [person(size) for size in sizes]
        pages.report(pages.measure(people, addresses), sizes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
