"""How an access comes about at the office: from the company to the slip, step by step."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models.access import Basis, Client, Membership, User
from accounts.models.desk import AccessRequest
from accounts.roles import Role
from cabinet.people import Named


class AgreementScan(models.Model):
    """A signed agreement as the office scanned it; a list of people may share one."""

    name = models.CharField("имя файла", max_length=255)
    content_type = models.CharField("вид", max_length=100)
    size = models.PositiveIntegerField("размер, байт")
    sha256 = models.CharField("SHA-256", max_length=64)
    path = models.CharField("путь", max_length=255, unique=True, editable=False)
    is_checked = models.BooleanField("проверен антивирусом", default=True)
    uploaded_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name="кто приложил"
    )
    uploaded_at = models.DateTimeField("когда приложен", db_default=Now())

    class Meta:
        """A file has a size and a control sum."""

        verbose_name = "скан соглашения"
        verbose_name_plural = "сканы соглашений"
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"),
                name="agreement_scan_sha256",
                violation_error_message="SHA-256 — это 64 знака: цифры и буквы от a до f.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EnrolmentList(models.Model):
    """A table of people whom the office lets in together: its rows and what became of them.

    `rows` is what `accounts.lists` read: a dictionary for each row with its number, what stands in
    its cells and what is wrong with it. Nothing is opened before the list is confirmed and signed.
    """

    form_key = models.UUIDField("ключ формы", unique=True, editable=False)
    name = models.CharField("имя файла", max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64)
    rows: models.JSONField[list[dict[str, Any]], list[dict[str, Any]]] = models.JSONField(
        "строки", default=list
    )
    path = models.CharField(
        "соглашения одним PDF", max_length=255, blank=True, editable=False, default=""
    )
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="загрузил")
    created_at = models.DateTimeField("загружен", db_default=Now())
    confirmed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="подтвердил"
    )
    confirmed_at = models.DateTimeField("подтверждён", null=True, blank=True)

    class Meta:
        """Somebody confirms a list at a moment, or nobody does."""

        verbose_name = "список на выдачу доступа"
        verbose_name_plural = "списки на выдачу доступа"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(confirmed_by=None, confirmed_at=None)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="enrolment_list_is_confirmed_by_somebody",
                violation_error_message="У подтверждённого списка должны быть время и сотрудник.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    """Enrolments by whether somebody still has to do something."""

    def open(self) -> Self:
        """Neither issued nor abandoned: any member of the office may go on."""
        return self.filter(state__in=Enrolment.OPEN)

    def with_names(self) -> Self:
        """With the company, the person and who of the office had it last, for lists."""
        return self.select_related(
            "client", "user", "created_by", "updated_by", "membership", "answers"
        )


class Enrolment(Named, models.Model):
    """«Оформление доступа»: one person's access to one client while it is being prepared.

    The person is `user`, who has a login already, or the names and addresses of somebody who has
    none. `form_key` becomes the membership's: an enrolment gives one access, however often it is
    sent. `version` grows with each change: a page that shows an older one is told so.
    """

    class State(models.TextChoices):
        """How far it has come."""

        FILLING = "filling", "заполняется"
        PRINTED = "printed", "ждёт подписи"
        SIGNED = "signed", "подписано"
        ISSUED = "issued", "доступ выдан"
        ABANDONED = "abandoned", "отменено"

    class Scope(models.TextChoices):
        """Which contracts the person will see."""

        ALL = "all", "все договоры клиента, включая будущие"
        CHOSEN = "chosen", "только отмеченные договоры"

    OPEN: ClassVar = ("filling", "printed", "signed")

    form_key = models.UUIDField("ключ формы", default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField("состояние", max_length=10, choices=State, default=State.FILLING)
    version = models.PositiveIntegerField("версия", default=1)
    client = models.ForeignKey(
        Client, models.PROTECT, related_name="enrolments", verbose_name="клиент"
    )
    scope = models.CharField("к чему доступ", max_length=10, choices=Scope, blank=True)
    # Contracts belong to the room above: their keys are compared with the client's own each time.
    contract_ids: models.Field[Any, Any] = ArrayField(
        models.BigIntegerField(), verbose_name="договоры", default=list, blank=True
    )
    user = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="enrolments",
        verbose_name="имеющийся логин",
    )
    last_name = models.CharField("фамилия", max_length=150, blank=True)
    first_name = models.CharField("имя", max_length=150, blank=True)
    patronymic = models.CharField("отчество", max_length=150, blank=True)
    email = models.EmailField("e-mail", blank=True)
    phone = models.CharField("телефон", max_length=40, blank=True)
    position = models.CharField("должность", max_length=150, blank=True)
    role = models.CharField("роль", max_length=20, choices=Role, blank=True)
    basis = models.CharField("основание", max_length=20, choices=Basis, blank=True)
    basis_number = models.CharField("номер документа", max_length=60, blank=True)
    basis_on = models.DateField("дата документа", null=True, blank=True)
    ends_on = models.DateField("доступ по", null=True, blank=True)
    agreement_number = models.CharField("номер соглашения", max_length=40, blank=True)
    printed_at = models.DateTimeField("соглашение напечатано", null=True, blank=True)
    signed_on = models.DateField("соглашение подписано", null=True, blank=True)
    scan = models.ForeignKey(
        AgreementScan,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="enrolments",
        verbose_name="скан соглашения",
    )
    # Contract's key → the role that counts there alone, as a company has asked for it.
    contract_roles: models.JSONField[dict[str, str], dict[str, str]] = models.JSONField(
        "роли по договорам", default=dict, blank=True
    )
    answers = models.ForeignKey(
        AccessRequest,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="enrolments",
        verbose_name="по запросу",
    )
    replaces = models.ForeignKey(
        Membership,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="successors",
        verbose_name="вместо доступа",
    )
    leaving_reason = models.CharField("почему прежний доступ закрыт", max_length=255, blank=True)
    source = models.ForeignKey(
        EnrolmentList,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="enrolments",
        verbose_name="из списка",
    )
    row_number = models.PositiveIntegerField("строка списка", null=True, blank=True)
    membership = models.OneToOneField(
        Membership,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="enrolment",
        verbose_name="выданный доступ",
    )
    created_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="начал")
    created_at = models.DateTimeField("начато", db_default=Now())
    updated_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="изменил")
    updated_at = models.DateTimeField("изменено", db_default=Now())
    abandoned_reason = models.CharField("причина отмены", max_length=255, blank=True)

    objects: ClassVar = EnrolmentQuerySet.as_manager()

    class Meta:
        """Each state has what it needs: a printed one its number, a signed one day and scan."""

        verbose_name = "оформление доступа"
        verbose_name_plural = "оформление доступа"
        ordering = ["-updated_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["printed", "signed", "issued"])
                | (Q(printed_at__isnull=False) & ~Q(agreement_number="")),
                name="enrolment_printed_has_number",
                violation_error_message="У напечатанного соглашения есть номер и время печати.",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["signed", "issued"])
                | Q(signed_on__isnull=False, scan__isnull=False),
                name="enrolment_signed_has_day_and_scan",
                violation_error_message="У подписанного соглашения должны быть дата и скан.",
            ),
            models.CheckConstraint(
                condition=Q(state="issued", membership__isnull=False)
                | (~Q(state="issued") & Q(membership=None)),
                name="enrolment_issued_has_membership",
                violation_error_message="Оконченная выдача ведёт к доступу, остальные — нет.",
            ),
            models.CheckConstraint(
                condition=~Q(state="abandoned") | ~Q(abandoned_reason=""),
                name="enrolment_abandoned_has_reason",
                violation_error_message="У прекращённой выдачи должна быть причина.",
            ),
            models.CheckConstraint(
                condition=~Q(scope="chosen") | ~Q(contract_ids=[]),
                name="enrolment_chosen_contracts",
                violation_error_message="Выберите хотя бы один договор.",
            ),
            models.UniqueConstraint(
                fields=["agreement_number"],
                condition=~Q(agreement_number=""),
                name="enrolment_agreement_number",
                violation_error_message="Соглашение с таким номером уже есть.",
            ),
            models.UniqueConstraint(
                fields=["source", "row_number"],
                name="enrolment_of_one_row_of_a_list",
                violation_error_message="По этой строке списка выдача уже начата.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-updated_at", "-id"],
                condition=Q(state__in=["filling", "printed", "signed"]),
                name="enrolment_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.client}, {self.person_name or 'человек не указан'}"

    @property
    def is_open(self) -> bool:
        """Whether something is still to be done."""
        return self.state in self.OPEN

    @property
    def person_name(self) -> str:
        """«Новикова Ольга Юрьевна», of whoever is to come in; empty while nobody is named."""
        return self.user.full_name if self.user else self.full_name

    @property
    def chosen_ids(self) -> list[int] | None:
        """The keys of the chosen contracts; None: all of them, those to come included."""
        return list(self.contract_ids) if self.scope == self.Scope.CHOSEN else None

    @property
    def roles_of_contracts(self) -> dict[int, str]:
        """Contract's key → the role that counts there alone; of chosen contracts only."""
        chosen = self.chosen_ids
        roles = {int(pk): role for pk, role in self.contract_roles.items()}
        return {pk: role for pk, role in roles.items() if chosen is None or pk in chosen}
