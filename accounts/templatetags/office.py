"""What the first page of the workplace says at a glance: `{% load office %}`."""

from __future__ import annotations

import calendar
import datetime
from dataclasses import dataclass
from typing import Any

from django import template
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessRequest, Basis, Client, Letter, Membership, User
from accounts.models.access import MembershipQuerySet
from accounts.models.desk import AccessRequestQuerySet
from cabinet import formats

register = template.Library()


# Powers of attorney that the board names one by one.
NAMED = 10


@dataclass(frozen=True, kw_only=True)
class Concern:
    """Something to look at: «3 доступа истекают в этом месяце», and the list of them."""

    count: int
    words: str
    address: str


@register.simple_tag
def concerns(user: User | AnonymousUser) -> list[Concern]:
    """What waits for this person, by their rights; nothing that counts zero.

    Of whoever is confined to some contracts, what concerns their holders.
    """
    if isinstance(user, AnonymousUser):
        return []
    found = []
    accesses, asked = Membership.objects.all(), AccessRequest.objects.all()
    if (own := _clients_of(user)) is not None:
        accesses, asked = accesses.filter(client__in=own), asked.filter(client__in=own)
    if user.has_perm("accounts.view_membership"):
        found += [_ending(accesses), _unused(accesses)]
    if user.has_perm("accounts.view_accessrequest"):
        found.append(_asked(asked))
    if user.has_perm("accounts.view_letter"):
        found.append(_undelivered())
    return [concern for concern in found if concern.count]


@register.inclusion_tag("admin/accounts/_board.html")
def powers_board(user: User | AnonymousUser) -> dict[str, Any]:
    """Powers of attorney that end this month, the soonest first; for whoever may see accesses."""
    if isinstance(user, AnonymousUser) or not user.has_perm("accounts.view_membership"):
        return {}
    accesses = Membership.objects.filter(basis=Basis.POWER_OF_ATTORNEY)
    if (own := _clients_of(user)) is not None:
        accesses = accesses.filter(client__in=own)
    today = timezone.localdate()
    ending = accesses.ending(today, _last_day(today))
    return {
        "may_see": True,
        "powers": list(ending.select_related("user", "client").order_by("ends_on", "pk")[:NAMED]),
        "count": ending.count(),
        "address": _list("membership", f"state=ending&basis__exact={Basis.POWER_OF_ATTORNEY}"),
    }


def _clients_of(user: User) -> QuerySet[Any] | None:
    """Keys of the companies to whose contracts the person is confined; None: not confined.

    The rule is the room's above: `Contract.objects.worked_on_by`.
    """
    contracts = Client.contracts.rel.related_model.objects  # type: ignore[attr-defined]
    own: QuerySet[Any] | None = contracts.worked_on_by(user)
    return None if own is None else own.order_by().values("client")


def _last_day(today: datetime.date) -> datetime.date:
    return today.replace(day=calendar.monthrange(today.year, today.month)[1])


def _list(name: str, query: str) -> str:
    return reverse(f"admin:accounts_{name}_changelist") + f"?{query}"


def _ending(accesses: MembershipQuerySet) -> Concern:
    today = timezone.localdate()
    count = accesses.ending(today, _last_day(today)).count()
    verb = formats.plural(count, "истекает", "истекают", "истекают")
    return Concern(
        count=count,
        words=f"{formats.counted(count, 'доступ', 'доступа', 'доступов')} {verb} в этом месяце",
        address=_list("membership", "state=ending"),
    )


def _unused(accesses: MembershipQuerySet) -> Concern:
    count = User.objects.filter(
        has_one_time_password=True,
        one_time_password_until__lt=timezone.now(),
        last_login__isnull=True,
        pk__in=accesses.active().values("user"),
    ).count()
    people = formats.counted(count, "человек", "человека", "человек")
    verb = formats.plural(count, "вошёл", "вошли", "вошли")
    return Concern(
        count=count,
        words=f"{people} с листком так и не {verb}",
        address=_list("user", "has_one_time_password__exact=1"),
    )


def _asked(requests: AccessRequestQuerySet) -> Concern:
    count = requests.open().count()
    verb = formats.plural(count, "ждёт", "ждут", "ждут")
    return Concern(
        count=count,
        words=f"{formats.counted(count, 'запрос', 'запроса', 'запросов')} доступа {verb} ответа",
        address=_list("accessrequest", "state=open"),
    )


def _undelivered() -> Concern:
    count = Letter.objects.filter(state=Letter.State.FAILED).count()
    return Concern(
        count=count,
        words=f"{formats.counted(count, 'письмо', 'письма', 'писем')} о доступе не доставлено",
        address=_list("letter", f"state__exact={Letter.State.FAILED}"),
    )
