"""Branches, specialists, topics and contracts."""

from __future__ import annotations

import datetime
from typing import Any

from django.utils import timezone

from accounts.models import (
    Client,
    Membership,
)
from contracts.models import Assignment, Branch, Contract, ContractLimit, Leave, Specialist, Topic
from tests.make import counting


def limit(membership: Membership, *contracts: Contract, role: str = "") -> Membership:
    """Limit a membership to some contracts, with a role of theirs if there is one."""
    Membership.objects.filter(pk=membership.pk).update(all_contracts=False)
    membership.refresh_from_db()
    for contract in contracts:
        ContractLimit.objects.create(membership=membership, contract=contract, role=role)
    return membership


def branch(**values: Any) -> Branch:
    """A branch of the retailer."""
    n = counting.following()
    return Branch.objects.create(
        **{
            "external_id": f"branch-{n}",
            "name": f"Отделение {n}",
            "city": "Новоборск",
            "address": "г. Новоборск, ул. Речная, д. 8",
            "phone": "8 800 000-01-02",
            "email": f"branch{n}@retailer.example",
            "hours": "пн–пт 8:00–17:00",
            **values,
        }
    )


def specialist(branch: Branch, **values: Any) -> Specialist:
    """Somebody of the retailer."""
    n = counting.following()
    return Specialist.objects.create(
        **{
            "external_id": f"specialist-{n}",
            "branch": branch,
            "last_name": "Мельник",
            "first_name": "Ирина",
            "patronymic": "Павловна",
            "position": "ведущий специалист",
            "phone": "8 800 000-01-02",
            "extension": "214",
            "email": f"specialist{n}@retailer.example",
            **values,
        }
    )


def topic(**values: Any) -> Topic:
    """A topic of messages."""
    n = counting.following()
    return Topic.objects.create(
        **{
            "code": f"topic-{n}",
            "name": f"Тема {n}",
            "email": f"topic{n}@retailer.example",
            "order": n % 30_000,  # a small integer, and a run makes more rows than that
            **values,
        }
    )


def assignment(topic: Topic, specialist: Specialist, **values: Any) -> Assignment:
    """That a specialist holds a topic; give `contract=` or `branch=`."""
    return Assignment.objects.create(
        topic=topic, specialist=specialist, **{"starts_on": datetime.date(2024, 1, 1), **values}
    )


def leave(specialist: Specialist, deputy: Specialist, **values: Any) -> Leave:
    """A leave that covers today."""
    today = timezone.localdate()
    return Leave.objects.create(
        **{
            "specialist": specialist,
            "deputy": deputy,
            "starts_on": today - datetime.timedelta(days=3),
            "ends_on": today + datetime.timedelta(days=10),
            **values,
        }
    )


def contract(client: Client, branch: Branch | None = None, **values: Any) -> Contract:
    """A contract in force."""
    n = counting.following()
    return Contract.objects.create(
        **{
            "external_id": f"contract-{n}",
            "client": client,
            "branch": branch or globals()["branch"](),
            "number": f"35-01-{n:06d}",
            "signed_on": datetime.date(2019, 3, 14),
            "place": "Производственная площадка, ул. Литейная, 14",
            **values,
        }
    )
