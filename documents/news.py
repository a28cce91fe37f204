"""What is new to a person: not opened by them, and published since their access began."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, Exists, Func, Min, OuterRef, Q, QuerySet
from django.utils import timezone

from accounts.models import Membership, User
from cabinet import days
from contracts.models import Contract
from documents.models import Document, Opening

# A counter tells of what came lately: older papers keep their mark in the list alone.
LATELY = datetime.timedelta(days=90)
# No more of one contract are looked at, so that a counter costs the same everywhere.
LOOKED_AT = 100


class Unnest(Func):
    """Each element of an array as a row."""

    function = "unnest"
    set_returning = True


def opened_by(user: User, documents: Iterable[Document]) -> set[int]:
    """Which of these documents the person has had before, by id."""
    rows = Opening.objects.filter(user=user, document__in=[row.pk for row in documents])
    return set(rows.values_list("document_id", flat=True))


def since_by_client(user: User) -> dict[int, datetime.date]:
    """From which day on a client's documents are news to the person: when the access began."""
    rows = Membership.objects.active().filter(user=user).values("client")
    return dict(rows.annotate(since=Min("starts_on")).values_list("client", "since"))


def count_new(user: User, contracts: Iterable[int] | QuerySet[Any]) -> dict[int, int]:
    """Contract → how many of its latest documents are new to the person; zero is left out.

    Of the last `LATELY`, among the latest `LOOKED_AT` of each contract.
    """
    of_clients = Q(pk=None)
    for client, day in since_by_client(user).items():
        floor = max(days.begins_at(day), timezone.now() - LATELY)
        of_clients |= Q(contract__client=client, published_at__gte=floor)
    own = Document.objects.published().filter(contract=OuterRef("pk"))
    latest = own.values("pk")[:LOOKED_AT]
    looked_at = Contract.objects.filter(pk__in=contracts).annotate(
        document=Unnest(ArraySubquery(latest))
    )
    had = Opening.objects.filter(user=user, document=OuterRef("pk"))
    rows = Document.objects.filter(of_clients, ~Exists(had), pk__in=looked_at.values("document"))
    counts = rows.order_by().values("contract").annotate(count=Count("pk"))
    return dict(counts.values_list("contract", "count"))
