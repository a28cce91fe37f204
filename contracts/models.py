"""What clients hold: contracts, and the people who supervise them."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from accounts import office
from accounts.models import AccessRequest, Client, Membership, User
from accounts.roles import Role
from cabinet import finding, ranges
from cabinet.people import Named
from contracts.balance import StatedBalance


class Branch(models.Model):
    """A branch of the retailer (отделение)."""

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    name = models.CharField("название", max_length=200)
    city = models.CharField("населённый пункт", max_length=100)
    address = models.CharField("адрес", max_length=500)
    phone = models.CharField("телефон", max_length=40)
    email = models.EmailField("общий адрес")
    hours = models.CharField("часы работы", max_length=200, blank=True)

    class Meta:
        """By name."""

        verbose_name = "отделение"
        verbose_name_plural = "отделения"
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Specialist(Named, models.Model):
    """A person of the retailer who supervises contracts."""

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    branch = models.ForeignKey(
        Branch, models.PROTECT, related_name="specialists", verbose_name="отделение"
    )
    last_name = models.CharField("фамилия", max_length=150)
    first_name = models.CharField("имя", max_length=150)
    patronymic = models.CharField("отчество", max_length=150, blank=True)
    position = models.CharField("должность", max_length=200)
    phone = models.CharField("телефон", max_length=40)
    extension = models.CharField("добавочный", max_length=10, blank=True)
    email = models.EmailField("e-mail")
    office = models.CharField("кабинет", max_length=40, blank=True)
    is_active = models.BooleanField("работает", default=True)
    user = models.OneToOneField(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="specialist",
        limit_choices_to={"is_staff": True},
        verbose_name="учётная запись",
        help_text="Под ней специалист или руководитель отделения работает в портале: по ней видно,"
        " какие договоры и обращения его.",
    )
    refused_email = models.EmailField(
        "адрес, от которого отказался почтовый сервер",
        blank=True,
        editable=False,
        help_text="Пока он совпадает с e-mail, письма идут следующему по правилу.",
    )
    refused_at = models.DateTimeField("отказ", null=True, blank=True, editable=False)

    class Meta:
        """By name."""

        verbose_name = "специалист"
        verbose_name_plural = "специалисты"
        ordering = ["last_name", "first_name", "pk"]

    def __str__(self) -> str:
        return f"{self.full_name}, {self.position}"

    @property
    def has_mailbox(self) -> bool:
        """Whether letters reach this person: a mailbox that refused is dead until it changes."""
        return bool(self.email) and self.email != self.refused_email


class TermQuerySet(models.QuerySet[Any]):
    """Rows with «с» and «по» by time; both days belong to the term."""

    def on(self, day: datetime.date) -> Self:
        """Rows in force on `day`."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)


class Leave(models.Model):
    """Days on which a specialist is away, and who answers instead."""

    external_id = models.CharField(
        "код в биллинге", max_length=64, unique=True, null=True, blank=True, editable=False
    )
    specialist = models.ForeignKey(
        Specialist, models.CASCADE, related_name="leaves", verbose_name="специалист"
    )
    deputy = models.ForeignKey(
        Specialist, models.PROTECT, related_name="deputised_leaves", verbose_name="замещает"
    )
    starts_on = models.DateField("с")
    ends_on = models.DateField("по")

    objects: ClassVar = TermQuerySet.as_manager()

    class Meta:
        """Leaves of one person do not overlap; nobody deputises himself."""

        verbose_name = "отсутствие"
        verbose_name_plural = "отсутствия и замещения"
        ordering = ["-starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="leave_ends_after_it_starts",
                violation_error_message="Отсутствие не может закончиться раньше, чем начнётся.",
            ),
            models.CheckConstraint(
                condition=~Q(specialist=F("deputy")),
                name="leave_has_another_deputy",
                violation_error_message="Замещать должен другой человек.",
            ),
            ExclusionConstraint(
                name="one_leave_at_a_time",
                expressions=[
                    (F("specialist"), RangeOperators.EQUAL),
                    (ranges.days("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
                violation_error_message="На эти дни отсутствие уже записано.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.specialist.short_name}: {self.starts_on:%d.%m.%Y}–{self.ends_on:%d.%m.%Y}"


class Topic(models.Model):
    """What a client may write about; each topic finds its specialist."""

    code = models.SlugField("код", max_length=40, unique=True)
    name = models.CharField("название", max_length=150)
    hint = models.CharField("что сюда писать", max_length=300, blank=True)
    group_name = models.CharField(
        "группа", max_length=150, blank=True, help_text="Кто отвечает, если специалиста нет."
    )
    email = models.EmailField(
        "адрес группы", blank=True, help_text="Сюда уходит письмо, если специалиста нет."
    )
    fallback_email = models.EmailField(
        "запасной адрес",
        blank=True,
        help_text="Сюда уходит письмо, от которого отказался почтовый сервер адресата,"
        " и напоминание о просроченном ответе. Пусто: дежурный адрес.",
    )
    answer_days = models.PositiveSmallIntegerField(
        "срок ответа, рабочих дней", default=5, validators=[MinValueValidator(1)]
    )
    required_file = models.CharField(
        "обязательный файл",
        max_length=150,
        blank=True,
        help_text="Что клиент должен приложить, в винительном падеже: «платёжное поручение»."
        " Пусто: обращение можно отправить без файлов.",
    )
    order = models.PositiveSmallIntegerField("порядок", default=100)
    is_active = models.BooleanField("показывать клиентам", default=True)

    class Meta:
        """In the order that the office chose."""

        verbose_name = "тема"
        verbose_name_plural = "темы"
        ordering = ["order", "name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer_days__gte=1),
                name="topic_is_answered_in_days",
                violation_error_message="Срок ответа — хотя бы один рабочий день.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def group_label(self) -> str:
        """Who answers where no specialist does: «отдел расчётов»."""
        return self.group_name or f"группа темы «{self.name}»"


class AssignmentQuerySet(TermQuerySet):
    """Assignments by who answers for them."""

    def held_by(self, person: Specialist, day: datetime.date) -> Self:
        """What `person` answers for on `day`, also as the deputy of somebody on leave."""
        away = Leave.objects.on(day).filter(deputy=person)
        return self.on(day).filter(
            Q(specialist=person) | Q(specialist__in=away.values("specialist"))
        )


class Assignment(models.Model):
    """That a specialist holds a topic: for one contract, or for a whole branch."""

    external_id = models.CharField(
        "код в биллинге", max_length=64, unique=True, null=True, blank=True, editable=False
    )
    topic = models.ForeignKey(
        Topic, models.PROTECT, related_name="assignments", verbose_name="тема"
    )
    specialist = models.ForeignKey(
        Specialist, models.PROTECT, related_name="assignments", verbose_name="специалист"
    )
    contract = models.ForeignKey(
        "Contract",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="assignments",
        verbose_name="договор",
    )
    branch = models.ForeignKey(
        Branch,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="assignments",
        verbose_name="отделение",
    )
    starts_on = models.DateField("с", default=timezone.localdate)
    ends_on = models.DateField("по", null=True, blank=True)

    objects: ClassVar = AssignmentQuerySet.as_manager()

    class Meta:
        """One holder of a topic at a time, for a contract and for a branch."""

        verbose_name = "закрепление"
        verbose_name_plural = "закрепления"
        ordering = ["topic__order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(contract__isnull=True) ^ Q(branch__isnull=True),
                name="assignment_of_contract_or_branch",
                violation_error_message="Укажите либо договор, либо отделение.",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="assignment_ends_after_it_starts",
                violation_error_message="Закрепление не может закончиться раньше, чем начнётся.",
            ),
            *(
                ExclusionConstraint(
                    name=f"one_holder_of_a_topic_of_a_{owner}",
                    expressions=[
                        (F(owner), RangeOperators.EQUAL),
                        (F("topic"), RangeOperators.EQUAL),
                        (ranges.days("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                    ],
                    condition=Q(**{f"{owner}__isnull": False}),
                    violation_error_message="В эти дни тема уже закреплена за другим специалистом.",
                )
                for owner in ("contract", "branch")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.specialist.short_name}"


class CalendarDay(models.Model):
    """A day of the production calendar (производственный календарь) that is unlike its weekday.

    Official holidays, days off moved by the government, and working Saturdays; every other day
    follows its weekday (contracts/working_days.py).
    """

    date = models.DateField("день", primary_key=True)
    is_working = models.BooleanField("рабочий", default=False)
    note = models.CharField("что это за день", max_length=200, blank=True)

    class Meta:
        """By date."""

        verbose_name = "день календаря"
        verbose_name_plural = "производственный календарь"
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date:%d.%m.%Y}: {'рабочий' if self.is_working else 'выходной'}"


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
        `balance_as_of`: billing's latest statement on the main debt. The rooms above are reached by
        the names of their relations, never by import.
        """
        points = Contract.points.rel.related_model.objects.active()  # type: ignore[attr-defined]
        balances = Contract.balances.rel.related_model.objects.of_main_debt()  # type: ignore[attr-defined]
        latest = balances.filter(contract=OuterRef("pk")).order_by("-as_of", "-pk")
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
    number = models.CharField("номер", max_length=40, unique=True)
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

    objects: ClassVar = ContractQuerySet.as_manager()

    class Meta:
        """A contract is terminated after it was signed."""

        verbose_name = "договор"
        verbose_name_plural = "договоры"
        ordering = ["number", "pk"]
        constraints = [
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
            models.UniqueConstraint(fields=["membership", "contract"], name="contract_limit_once"),
            models.CheckConstraint(
                condition=Q(role__in=["", *Role.values]), name="contract_limit_role_is_known"
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
            models.UniqueConstraint(fields=["request", "contract"], name="requested_contract_once"),
            models.CheckConstraint(
                condition=Q(role__in=["", *Role.values]), name="requested_contract_role_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contract}, {self.get_role_display()}" if self.role else str(self.contract)
