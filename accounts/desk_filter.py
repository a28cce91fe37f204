"""Which accesses the company's desk shows, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower, Replace
from django.utils import timezone

from accounts import company
from accounts.models import Client, Membership, MembershipQuerySet


class Show(models.TextChoices):
    """Which accesses."""

    IN_FORCE = "", "действующие"
    ENDING = "ending", "заканчиваются скоро"
    UNUSED = "unused", "ещё не входили"
    ENDED = "ended", "закрытые за год"


class Order(models.TextChoices):
    """In which order."""

    NAME = "", "по фамилии"
    ROLE = "role", "по роли"
    TERM = "term", "по сроку"
    LOGIN = "login", "по последнему входу"


_NAME = (
    Replace(Lower("user__last_name"), Value("ё"), Value("е")),
    Replace(Lower("user__first_name"), Value("ё"), Value("е")),
    "pk",
)
_ORDERS: dict[str, tuple[Any, ...]] = {
    Order.NAME: _NAME,
    Order.ROLE: ("role", *_NAME),
    Order.TERM: (F("ends_on").asc(nulls_last=True), *_NAME),
    Order.LOGIN: (F("user__last_login").desc(nulls_last=True), *_NAME),
}


class DeskFilterForm(forms.Form):
    """The filter above the list; nonsense in an address finds everybody in force."""

    words = forms.CharField(
        label="Фамилия, логин, должность",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    show = forms.ChoiceField(label="Показать", choices=Show.choices, required=False)
    order = forms.ChoiceField(label="Порядок", choices=Order.choices, required=False)

    def __init__(self, query: Mapping[str, Any]) -> None:
        """`query`: of the address."""
        show, order = query.get("show", ""), query.get("order", "")
        super().__init__(
            {
                "words": " ".join(query.get("words", "").replace("\x00", "").split())[:100],
                "show": show if show in Show.values else Show.IN_FORCE,
                "order": order if order in Order.values else Order.NAME,
            }
        )
        self.shown = Show(self.data["show"])

    @property
    def is_narrowed(self) -> bool:
        """Whether it shows anything but everybody in force."""
        return bool(self.data["words"]) or self.shown != Show.IN_FORCE

    def apply(self, client: Client) -> MembershipQuerySet:
        """The accesses that were asked for, in the order that was asked for."""
        found: MembershipQuerySet = self._shown(client)
        if words := self.data["words"]:
            found = found.filter(
                Q(user__last_name__icontains=words)
                | Q(user__first_name__icontains=words)
                | Q(user__username__icontains=words)
                | Q(position__icontains=words)
            )
        return found.order_by(*_ORDERS[self.data["order"]])

    def _shown(self, client: Client) -> MembershipQuerySet:
        today = timezone.localdate()
        own: MembershipQuerySet = Membership.objects.filter(client=client)
        match self.shown:
            case Show.ENDING:
                return own.ending(today, today + company.SOON)
            case Show.UNUSED:
                return own.active().filter(user__last_login__isnull=True)
            case Show.ENDED:
                since = today - company.LATELY
                return own.filter(
                    Q(revoked_at__date__gte=since)
                    | Q(revoked_at__isnull=True, ends_on__gte=since, ends_on__lt=today)
                )
        return own.active()
