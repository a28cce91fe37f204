"""What clients hold: contracts, who may see them, and as what."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from accounts import office
from accounts.models import AccessRequest, Client, Membership, User
from accounts.roles import Role
from cabinet import finding
from contracts.balance import StatedBalance
from contracts.models.people import Branch, Specialist
from contracts.models.topics import Assignment


class ContractQuerySet(models.QuerySet["Contract"]):
    """Contracts by who may see them and by what is to be shown."""

    def visible_to(self, user: Any) -> Self:
        """The contracts that `user` may see: the only rule that turns a user into rows.

        A membership in force opens its client's contracts, all or the listed ones. Staff and
        superusers get no shortcut.
        """
        if not user.is_authenticated:
            return self.none()
        memberships = Membership.objects.active().filter(user=user)
        return self.filter(
            Q(client__in=memberships.filter(all_contracts=True).values("client"))
            | Q(
                pk__in=ContractLimit.objects.filter(
                    membership__in=memberships.filter(all_contracts=False),
                    contract__client=F("membership__client"),
                ).values("contract")
            )
        )

    def worked_on_by(self, user: User) -> Self | None:
        """The contracts to which a member of the office is confined; None: not confined.

        A branch head works with the contracts of the branch; a specialist with those on which he
        holds a topic, for the contract or for its branch, himself or for somebody on leave, and
        with those whose message he has. Without a link to a specialist there are none.
        """
        if not office.is_confined(user):
            return None
        person = Specialist.objects.filter(user=user).first()
        if person is None:
            return self.none()
        if office.heads_a_branch(user):
            return self.filter(branch=person.branch_id)
        held = Assignment.objects.held_by(person, timezone.localdate())
        messages = Contract.messages.rel.related_model.objects  # type: ignore[attr-defined]
        return self.filter(
            Q(pk__in=held.filter(contract__isnull=False).values("contract"))
            | Q(branch__in=held.filter(branch__isnull=False).values("branch"))
            | Q(pk__in=messages.filter(specialist=person).values("contract"))
        )

    def active(self) -> Self:
        """Contracts in force today."""
        return self.filter(
            Q(terminated_on__isnull=True) | Q(terminated_on__gt=timezone.localdate())
        )

    def terminated(self) -> Self:
        """Contracts whose termination day has come."""
        return self.filter(terminated_on__lte=timezone.localdate())

    def with_head(self) -> Self:
        """Adds what the head of every page of a contract shows, in the same statement.

        `point_count`: metering points in force today; `balance_amount` (positive: debt) and
        `balance_as_of`: billing's latest statement on the main debt; `advance_amount` (negative:
        paid ahead): on the advances. The rooms above are reached by the names of their relations,
        never by import.
        """
        points = Contract.points.rel.related_model.objects.active()  # type: ignore[attr-defined]
        balances = Contract.balances.rel.related_model.objects  # type: ignore[attr-defined]
        latest, advances = (
            rows.filter(contract=OuterRef("pk")).order_by("-as_of", "-pk")
            for rows in (balances.of_main_debt(), balances.of_advances())
        )
        return self.select_related("client", "branch").annotate(
            point_count=models.functions.Coalesce(
                Subquery(
                    points.filter(contract=OuterRef("pk"))
                    .order_by()
                    .values("contract")
                    .annotate(count=models.Count("pk"))
                    .values("count")
                ),
                0,
            ),
            balance_amount=Subquery(latest.values("amount")[:1]),
            balance_as_of=Subquery(latest.values("as_of")[:1]),
            advance_amount=Subquery(advances.values("amount")[:1]),
        )


class Contract(models.Model):
    """A contract of electricity supply (договор энергоснабжения)."""

    class PriceCategory(models.IntegerChoices):
        """Price category (ценовая категория), domain.md section 9."""

        FIRST = 1, "первая"
        SECOND = 2, "вторая"
        THIRD = 3, "третья"
        FOURTH = 4, "четвёртая"
        FIFTH = 5, "пятая"
        SIXTH = 6, "шестая"

    class Voltage(models.TextChoices):
        """Voltage level of the tariff."""

        HIGH = "VN", "ВН"
        MEDIUM_1 = "SN1", "СН I"
        MEDIUM_2 = "SN2", "СН II"
        LOW = "NN", "НН"

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    client = models.ForeignKey(
        Client, models.PROTECT, related_name="contracts", verbose_name="клиент"
    )
    branch = models.ForeignKey(
        Branch, models.PROTECT, related_name="contracts", verbose_name="отделение"
    )
    number = models.CharField("номер", max_length=40)
    signed_on = models.DateField("заключён")
    terminated_on = models.DateField("расторгнут", null=True, blank=True)
    place = models.CharField("объект", max_length=300, blank=True)
    price_category = models.PositiveSmallIntegerField(
        "ценовая категория", choices=PriceCategory, default=PriceCategory.FIRST
    )
    voltage = models.CharField(
        "уровень напряжения", max_length=3, choices=Voltage, default=Voltage.LOW
    )

    # Set by `with_head`.
    point_count: int
    balance_amount: Decimal
    balance_as_of: datetime.datetime | None
    advance_amount: Decimal | None

    objects: ClassVar = ContractQuerySet.as_manager()

    class Meta:
        """A number is one contract's; a contract is terminated after it was signed.

        Two contracts may exchange their numbers in one statement (docs/exchange.md).
        """

        verbose_name = "договор"
        verbose_name_plural = "договоры"
        ordering = ["number", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["number"],
                name="contract_number_once",
                violation_error_message="Договор с таким номером уже есть.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            models.CheckConstraint(
                condition=Q(terminated_on__isnull=True) | Q(terminated_on__gte=F("signed_on")),
                name="contract_terminated_after_signed",
                violation_error_message="Договор не может быть расторгнут раньше, чем заключён.",
            ),
        ]
        indexes = [finding.index("contract_found", "number", "place")]

    def __str__(self) -> str:
        return f"№ {self.number}"

    @property
    def is_active(self) -> bool:
        """Whether the contract is in force today."""
        return self.terminated_on is None or self.terminated_on > timezone.localdate()

    @property
    def status_label(self) -> str:
        """«действует» or «расторгнут 31.03.2026»."""
        if self.is_active or self.terminated_on is None:
            return "действует"
        return f"расторгнут {self.terminated_on:%d.%m.%Y}"

    @property
    def status_modifier(self) -> str:
        """The colour of the state (look.md, `status--…`)."""
        return "ok" if self.is_active else "plain"

    @property
    def price_category_label(self) -> str:
        """«первая»."""
        return self.get_price_category_display()

    @property
    def voltage_label(self) -> str:
        """«СН II»."""
        return self.get_voltage_display()

    @property
    def balance(self) -> StatedBalance | None:
        """Billing's latest statement; of a contract that was loaded `with_head`."""
        if self.balance_as_of is None:
            return None
        return StatedBalance(amount=self.balance_amount, as_of=self.balance_as_of)

    @property
    def advances(self) -> Decimal | None:
        """What billing says was paid ahead, in roubles; None where nothing was. As `balance`."""
        return -self.advance_amount if self.advance_amount and self.advance_amount < 0 else None


class ContractLimit(models.Model):
    """What a membership may at one contract.

    A membership without `all_contracts` opens the contracts that are listed here and no others. A
    `role` is that of this contract alone, also for a membership with all contracts; without it the
    membership's own role counts.
    """

    membership = models.ForeignKey(
        Membership, models.CASCADE, related_name="limits", verbose_name="доступ"
    )
    contract = models.ForeignKey(
        Contract, models.CASCADE, related_name="limits", verbose_name="договор"
    )
    role = models.CharField(
        "роль по договору",
        max_length=20,
        choices=Role,
        blank=True,
        default="",
        db_default="",
        help_text="Пусто: роль, которая указана в доступе.",
    )

    class Meta:
        """Each contract once; a role is one of the known ones or none."""

        verbose_name = "доступный договор"
        verbose_name_plural = "доступные договоры"
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "contract"],
                name="contract_limit_once",
                violation_error_message="Этот договор уже в списке.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["", *Role.values]),
                name="contract_limit_role_is_known",
                violation_error_message="Выберите роль из списка.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}, {self.get_role_display()}" if self.role else str(self.contract)


class RequestedContract(models.Model):
    """A contract that a request for access names; `role` as in `ContractLimit`."""

    request = models.ForeignKey(
        AccessRequest, models.CASCADE, related_name="contracts", verbose_name="запрос"
    )
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="+", verbose_name="договор")
    role = models.CharField(
        "роль по договору", max_length=20, choices=Role, blank=True, default="", db_default=""
    )

    class Meta:
        """Each contract once; a role is one of the known ones or none."""

        verbose_name = "запрошенный договор"
        verbose_name_plural = "запрошенные договоры"
        constraints = [
            models.UniqueConstraint(
                fields=["request", "contract"],
                name="requested_contract_once",
                violation_error_message="Этот договор уже в заявке.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=["", *Role.values]),
                name="requested_contract_role_is_known",
                violation_error_message="Выберите роль из списка.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}, {self.get_role_display()}" if self.role else str(self.contract)
