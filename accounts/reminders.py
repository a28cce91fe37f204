"""Letters 30, 7 and 1 days before an access ends, mostly by a power of attorney.

To the person, and to the company's directors in one letter of all whose access ends. Only the
latest step that has come is told of: one that was missed while nothing ran is made good as long as
the next has not come. A term that was moved, or a new paper that goes on after it, ends the matter.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from accounts import company, letters
from accounts.models import Client, EndingNotice, Membership, MembershipQuerySet, User
from accounts.roles import Right
from cabinet import formats

Step = EndingNotice.Step

# The nearest to the last day first.
STEPS = (Step.DAY, Step.WEEK, Step.MONTH)
# Companies looked at by one handful of statements.
BATCH = 200


@dataclass(frozen=True, kw_only=True)
class _Due:
    """That of an access, whose last day is `ends_on`, somebody is to be told this step."""

    membership: Membership
    ends_on: datetime.date
    step: Step

    def notice(self, user: User) -> EndingNotice:
        """The row that keeps it from being told twice."""
        return EndingNotice(
            membership=self.membership,
            user=user,
            ends_on=self.ends_on,
            step=self.step,
        )


def remind() -> int:
    """Tell everybody for whom a step has come; the number of letters.

    A person at a time, each in a transaction of its own: a run that is broken off, or that another
    one overtakes, leaves nobody without a letter and nobody with two.
    """
    today = timezone.localdate()
    sent, last = 0, 0
    while clients := _clients(today, after=last):
        last = clients[-1]
        sent += sum(_tell(person, due, today) for person, due in _untold(clients, today))
    return sent


def count_as_told(membership: Membership) -> None:
    """A letter has just told the new last day: the step it falls into needs none of its own."""
    due = _due(membership, timezone.localdate())
    if due is None:
        return
    people = {membership.user, *(row.user for row in company.leaders(membership.client))}
    EndingNotice.objects.bulk_create(
        [due.notice(person) for person in people], ignore_conflicts=True
    )


def _due(membership: Membership, today: datetime.date) -> _Due | None:
    """The latest step that has come; None before the first and after the last day."""
    ends_on = membership.ends_on
    if ends_on is None or ends_on < today:
        return None
    step = next((step for step in STEPS if (ends_on - today).days <= step), None)
    return _Due(membership=membership, ends_on=ends_on, step=step) if step else None


def _ending(today: datetime.date) -> MembershipQuerySet:
    """Accesses that end within the first step and after which nothing is given yet."""
    going_on = Membership.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=OuterRef("ends_on")),
        user=OuterRef("user"),
        client=OuterRef("client"),
        revoked_at__isnull=True,
    )
    last_day = today + datetime.timedelta(days=max(STEPS))
    found: MembershipQuerySet = Membership.objects.ending(today, last_day).filter(~Exists(going_on))
    return found


def _clients(today: datetime.date, *, after: int) -> list[int]:
    """The next companies where some access is ending."""
    rows = _ending(today).filter(client__gt=after).order_by("client").values_list("client")
    return [pk for (pk,) in rows.distinct()[:BATCH]]


def _untold(clients: Sequence[int], today: datetime.date) -> Iterable[tuple[User, list[_Due]]]:
    """Whom to tell of what: each person of a company once, in a handful of statements."""
    rows = _ending(today).filter(client__in=clients).select_related("user", "client")
    due = [
        one
        for row in rows.order_by("client", "ends_on", "user__last_name", "pk")
        if (one := _due(row, today)) and not _is_older(one)
    ]
    told = set(
        EndingNotice.objects.filter(
            membership__client__in=clients, ends_on=F("membership__ends_on")
        ).values_list("membership", "user", "step")
    )
    directors: dict[int, list[User]] = defaultdict(list)
    leading = Membership.objects.leading(Right.MANAGE_ACCESS).filter(client__in=clients)
    for row in leading.select_related("user").order_by("pk"):
        directors[row.client_id].append(row.user)
    found: dict[tuple[int, User], list[_Due]] = defaultdict(list)
    for one in due:
        membership = one.membership
        for person in dict.fromkeys([membership.user, *directors[membership.client_id]]):
            if person.email and (membership.pk, person.pk, one.step) not in told:
                found[membership.client_id, person].append(one)
    for (_, person), of_person in found.items():
        yield person, of_person


def _is_older(due: _Due) -> bool:
    """Whether the step's day came before the access was given: its term is no news then."""
    membership = due.membership
    given_on = max(membership.starts_on, timezone.localdate(membership.created_at))
    return due.ends_on - datetime.timedelta(days=due.step) < given_on


def _tell(person: User, due: Sequence[_Due], today: datetime.date) -> int:
    """One letter about one's own access, one about all colleagues'; how many were written."""
    own = [one for one in due if one.membership.user_id == person.pk]
    others = [one for one in due if one.membership.user_id != person.pk]
    return sum(
        _write(person, rows, letter, today)
        for letter, rows in (("access_ending", own), ("colleagues_access_ending", others))
        if rows
    )


def _write(person: User, due: Sequence[_Due], letter: str, today: datetime.date) -> bool:
    """False when another run was quicker with some of it: the rest is the next run's."""
    client = due[0].membership.client
    try:
        with transaction.atomic():
            EndingNotice.objects.bulk_create([one.notice(person) for one in due])
            letters.post(
                f"accounts/letters/{letter}",
                to=person.email,
                client=client,
                context={
                    "client": client,
                    "rows": [_words(one, today) for one in due],
                    "address": _address(client, letter),
                },
            )
    except IntegrityError:
        return False
    return True


def _words(due: _Due, today: datetime.date) -> dict[str, str]:
    membership = due.membership
    return {
        "person": membership.user.full_name or membership.user.username,
        "position": membership.title,
        "basis": company.basis_in_words(membership),
        "until": formats.day(due.ends_on),
        "left": company.left_in_words((due.ends_on - today).days),
    }


def _address(client: Client, letter: str) -> str:
    """The desk for a director, «Доступ» for everybody else."""
    is_director = letter == "colleagues_access_ending"
    path = (
        reverse("accounts:company-access", args=[client.pk])
        if is_director
        else reverse("accounts:access")
    )
    return f"{settings.SITE_URL}{path}"
