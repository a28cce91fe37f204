"""What a company's own desk keeps: accesses it asks for, and who was told that one is ending."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now

from accounts.models.access import Basis, Client, Membership, User
from accounts.roles import Role
from cabinet.people import Named


class AccessRequestQuerySet(models.QuerySet["AccessRequest"]):
    """Requests by whether somebody still has to do something."""

    def open(self) -> Self:
        """Neither answered nor withdrawn."""
        return self.filter(state__in=AccessRequest.OPEN)


class AccessRequest(Named, models.Model):
    """That a company's director asks the office to give somebody access.

    `all_contracts` off means: only the contracts listed in `contracts.RequestedContract`. The row
    is what was asked, never changed; what became of it stands in the columns after `state`.
    """

    class State(models.TextChoices):
        """How far the office is with it."""

        NEW = "new", "новый"
        IN_WORK = "in_work", "в работе"
        ISSUED = "issued", "доступ выдан"
        REFUSED = "refused", "отказано"
        WITHDRAWN = "withdrawn", "отозван"

    OPEN = (State.NEW, State.IN_WORK)

    number = models.CharField("номер", max_length=30, unique=True, editable=False)
    client = models.ForeignKey(
        Client, models.PROTECT, related_name="access_requests", verbose_name="клиент"
    )
    asked_by = models.ForeignKey(
        User, models.PROTECT, related_name="access_requests", verbose_name="запросил"
    )
    asked_at = models.DateTimeField("запрошено", db_default=Now())
    form_key = models.UUIDField(
        "ключ формы", editable=False, help_text="Повтор той же формы не создаёт второй запрос."
    )

    last_name = models.CharField("фамилия", max_length=150)
    first_name = models.CharField("имя", max_length=150)
    patronymic = models.CharField("отчество", max_length=150, blank=True)
    position = models.CharField("должность", max_length=150)
    email = models.EmailField("e-mail")
    phone = models.CharField("телефон", max_length=40)
    role = models.CharField("роль", max_length=20, choices=Role)
    basis = models.CharField("основание", max_length=20, choices=Basis)
    basis_number = models.CharField("номер документа", max_length=60, blank=True)
    ends_on = models.DateField("доступ по", null=True, blank=True)
    all_contracts = models.BooleanField("все договоры клиента", default=True)

    state = models.CharField(
        "состояние", max_length=10, choices=State, default=State.NEW, db_default=State.NEW
    )
    taken_up_at = models.DateTimeField("взят в работу", null=True, blank=True)
    taken_up_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="кто взял в работу",
    )
    closed_at = models.DateTimeField("закрыт", null=True, blank=True)
    closed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="кто закрыл"
    )
    refusal = models.CharField("причина отказа", max_length=500, blank=True)
    membership = models.OneToOneField(
        Membership,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="access_request",
        verbose_name="выданный доступ",
    )

    objects: ClassVar = AccessRequestQuerySet.as_manager()

    class Meta:
        """A form gives one request, a person has one open; an answer is told with its moment."""

        verbose_name = "запрос доступа"
        verbose_name_plural = "запросы доступа"
        ordering = ["-asked_at", "-pk"]
        indexes = [
            models.Index(fields=["client", "-asked_at", "-id"], name="access_request_by_client"),
            models.Index(
                fields=["asked_at", "id"],
                condition=Q(state__in=("new", "in_work")),
                name="access_request_open",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["asked_by", "form_key"],
                name="access_request_once",
                violation_error_message="Эта заявка уже отправлена.",
            ),
            models.UniqueConstraint(
                "client",
                Lower("email"),
                condition=Q(state__in=("new", "in_work")),
                name="one_open_access_request_for_a_person",
                violation_error_message="Заявка на этого человека уже рассматривается.",
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values),
                name="access_request_role_is_known",
                violation_error_message="Выберите роль из списка.",
            ),
            models.CheckConstraint(
                condition=~Q(basis=Basis.POWER_OF_ATTORNEY)
                | (Q(ends_on__isnull=False) & ~Q(basis_number="")),
                name="asked_power_of_attorney_has_number_and_term",
                violation_error_message="У доверенности нужны номер и срок.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("new", "in_work"), closed_at__isnull=True)
                | Q(state__in=("issued", "refused", "withdrawn"), closed_at__isnull=False),
                name="access_request_is_closed_at_a_moment",
                violation_error_message="У закрытой заявки должно быть время закрытия.",
            ),
            models.CheckConstraint(
                condition=Q(state="issued", membership__isnull=False)
                | (~Q(state="issued") & Q(membership__isnull=True)),
                name="issued_access_request_has_a_membership",
                violation_error_message="Выданная заявка ведёт к доступу, остальные — нет.",
            ),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(refusal=""),
                name="refused_access_request_has_a_reason",
                violation_error_message="У отказа должна быть причина.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.short_name}"

    @property
    def is_open(self) -> bool:
        """Whether it is neither answered nor withdrawn."""
        return self.state in self.OPEN

    @property
    def state_modifier(self) -> str:
        """The colour of the state, as look.md names it."""
        return _MODIFIERS[self.state]


_MODIFIERS: dict[str, str] = {
    AccessRequest.State.NEW: "new",
    AccessRequest.State.IN_WORK: "info",
    AccessRequest.State.ISSUED: "ok",
    AccessRequest.State.REFUSED: "bad",
    AccessRequest.State.WITHDRAWN: "plain",
}


class EndingNotice(models.Model):
    """That somebody was told that an access is ending; in one transaction with the letter.

    `ends_on` is the last day of which the letter spoke: a term that was moved is another one.
    """

    class Step(models.IntegerChoices):
        """So many days before the last one."""

        MONTH = 30, "за 30 дней"
        WEEK = 7, "за 7 дней"
        DAY = 1, "за 1 день"

    membership = models.ForeignKey(
        Membership, models.CASCADE, related_name="ending_notices", verbose_name="доступ"
    )
    user = models.ForeignKey(
        User, models.CASCADE, related_name="ending_notices", verbose_name="кому"
    )
    ends_on = models.DateField("последний день")
    step = models.PositiveSmallIntegerField("когда", choices=Step)
    sent_at = models.DateTimeField("записано", db_default=Now())

    class Meta:
        """Each step of a term once for each person."""

        verbose_name = "напоминание о сроке доступа"
        verbose_name_plural = "напоминания о сроке доступа"
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["membership", "user", "ends_on", "step"],
                name="ending_notice_once",
                violation_error_message="Об этом сроке этому человеку уже написано.",
            ),
            models.CheckConstraint(
                condition=Q(step__in=(1, 7, 30)),
                name="ending_notice_step_is_known",
                violation_error_message="О конце доступа пишут за 30, 7 и 1 день.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user.username}, {self.ends_on:%d.%m.%Y}, {self.get_step_display()}"
