"""What the meters showed: what was handed in, what counts, what is still being typed."""

from __future__ import annotations

import datetime
import uuid
from typing import Any, ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from cabinet import finding
from contracts.models import Contract
from contracts.periods import PeriodField, period_constraint
from meters.models.points import MeteringPoint, Register


class Submission(models.Model):
    """One handing-in of readings: numbered, dated by the database, never changed."""

    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="submissions", verbose_name="договор"
    )
    period = PeriodField("период")
    number = models.CharField("номер", max_length=40, unique=True)
    submitted_by = models.ForeignKey(
        User, models.PROTECT, related_name="submissions", verbose_name="передал"
    )
    received_at = models.DateTimeField("принято", db_default=Now())
    form_key = models.UUIDField(
        "ключ формы", help_text="Повтор той же формы получает ту же квитанцию."
    )
    is_late = models.BooleanField("после срока", default=False)
    correction_reason = models.CharField(
        "причина исправления",
        max_length=300,
        blank=True,
        db_default="",
        help_text="Почему клиент заменил своё прежнее значение.",
    )
    sha256 = models.CharField("контрольная сумма", max_length=64)

    class Meta:
        """A form is taken once; the history reads by contract and time."""

        verbose_name = "передача показаний"
        verbose_name_plural = "передачи показаний"
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["submitted_by", "form_key"],
                name="submission_form_once",
                violation_error_message="Эти показания уже переданы.",
            ),
            period_constraint("period", "submission_period_is_a_month"),
        ]
        indexes = [
            models.Index(fields=["contract", "-received_at", "-id"], name="submission_history"),
            finding.index("submission_found", "number"),
        ]

    def __str__(self) -> str:
        return self.number


class ReadingQuerySet(models.QuerySet["Reading"]):
    """Readings by which of them counts."""

    def standing(self, contract: Contract, first: datetime.date, last: datetime.date) -> Self:
        """Of each register the latest reading of each period from `first` to `last`.

        The order is that of the index `reading_counting`: one scan, nothing is sorted.
        """
        return (
            self.filter(contract=contract, period__range=(first, last))
            .order_by("-period", "point_id", "register_id", "-received_at", "-pk")
            .distinct("period", "point_id", "register_id")
        )


class Doubt(models.TextChoices):
    """What may be wrong with a value that the display can show: the client is asked about it."""

    LESS = "less", "меньше предыдущего"
    ZERO = "zero", "нулевой расход"
    MORE = "more", "больше обычного"
    LITTLE = "little", "меньше обычного"
    POWER = "power", "больше максимальной мощности"
    ZONES = "zones", "зоны не сходятся с суммой"
    REJECTED = "rejected", "отклонено биллингом"


class Reading(models.Model):
    """What a register showed at the end of a period, as somebody stated it.

    Rows are only added (a trigger refuses anything else): a correction is a new row, and the one
    with the latest `received_at` counts: the database's clock for what is handed in or entered
    here, billing's statement, never a future one, for what a package brings.
    """

    class Source(models.TextChoices):
        """Who stated it."""

        CLIENT = "client", "передано клиентом"
        OFFICE = "office", "введено офисом"
        NETWORK = "network", "сетевая организация"
        AUTOMATIC = "automatic", "автоматический учёт"
        CALCULATED = "calculated", "расчётное"

    external_id = models.CharField(
        "код в биллинге", max_length=64, unique=True, null=True, blank=True
    )
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="readings", verbose_name="договор"
    )
    point = models.ForeignKey(
        MeteringPoint, models.PROTECT, related_name="readings", verbose_name="точка учёта"
    )
    register = models.ForeignKey(
        Register, models.PROTECT, related_name="readings", verbose_name="шкала"
    )
    period = PeriodField("период")
    value = models.DecimalField("показание", max_digits=12, decimal_places=3)
    source = models.CharField("источник", max_length=10, choices=Source)
    submission = models.ForeignKey(
        Submission,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="readings",
        verbose_name="передача",
    )
    is_rollover = models.BooleanField(
        "счётчик перешёл через ноль",
        default=False,
        db_default=False,
        help_text="Значение меньше предыдущего, потому что табло прошло через ноль.",
    )
    doubts = ArrayField(
        models.CharField(max_length=10, choices=Doubt),
        verbose_name="сомнения",
        default=list,
        blank=True,
        db_default=[],
        help_text="О чём переспросили: клиент ответил, что значение верное.",
    )
    explanation = models.CharField("объяснение клиента", max_length=300, blank=True, db_default="")
    received_at = models.DateTimeField("принято", db_default=Now())

    objects: ClassVar = ReadingQuerySet.as_manager()

    class Meta:
        """The key of the last month's values begins with the contract: a page reads neighbours."""

        verbose_name = "показание"
        verbose_name_plural = "показания"
        ordering = ["-period", "point", "register", "-received_at", "-pk"]
        constraints = [
            period_constraint("period", "reading_period_is_a_month"),
            models.CheckConstraint(
                condition=Q(value__gte=0),
                name="reading_not_negative",
                violation_error_message="Показание не может быть меньше нуля.",
            ),
            models.CheckConstraint(
                condition=Q(submission__isnull=False) | ~Q(source="client"),
                name="client_reading_has_a_submission",
                violation_error_message="У показания клиента должна быть передача.",
            ),
        ]
        indexes = [
            # Whatever a page shows of a value stands in the index itself: the table's own pages,
            # where other contracts lie between, are not read.
            models.Index(
                fields=["contract", "-period", "point", "register", "-received_at", "-id"],
                name="reading_counting",
                include=["value", "source", "is_rollover", "submission"],
            ),
            # The office's board asks for a month of all contracts at once.
            models.Index(
                fields=["period", "contract", "point", "register"], name="reading_of_month"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.register}: {self.value}"


class BillingAnswer(models.Model):
    """What billing did with a value that a client handed in. Rows are only added.

    The latest one counts; billing names the value by the receipt's number and the register.
    """

    class State(models.TextChoices):
        """What became of the value."""

        ACCEPTED = "accepted", "принято"
        REJECTED = "rejected", "отклонено"
        COUNTED = "counted", "учтено в счёте"

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="answers", verbose_name="передача"
    )
    register = models.ForeignKey(
        Register, models.PROTECT, related_name="answers", verbose_name="шкала"
    )
    state = models.CharField("ответ", max_length=10, choices=State)
    reason = models.CharField("причина", max_length=300, blank=True)
    answered_at = models.DateTimeField("когда")

    class Meta:
        """A rejection has a reason; read by submission, the latest first."""

        verbose_name = "ответ биллинга"
        verbose_name_plural = "ответы биллинга"
        ordering = ["-answered_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(reason=""),
                name="rejection_has_a_reason",
                violation_error_message="У отказа должна быть причина.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["submission", "register", "-answered_at", "-id"],
                name="billing_answer_latest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.submission}: {self.get_state_display()}"


class ReadingDraft(models.Model):
    """What a person has typed into the table and not handed in yet.

    `typed`: by the register's key what stands in its row (`meters.entering.Typed` as JSON).
    """

    author = models.ForeignKey(User, models.CASCADE, related_name="reading_drafts")
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="reading_drafts")
    period = PeriodField("период")
    form_key = models.UUIDField("ключ формы", default=uuid.uuid4)
    typed: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "введено", default=dict
    )
    updated_at = models.DateTimeField("сохранён", db_default=Now())

    class Meta:
        """One for each person, contract and month."""

        verbose_name = "черновик показаний"
        verbose_name_plural = "черновики показаний"
        ordering = ["-updated_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["author", "contract", "period"],
                name="reading_draft_once",
                violation_error_message="Черновик за этот месяц уже есть.",
            ),
            period_constraint("period", "reading_draft_period_is_a_month"),
        ]
        indexes = [models.Index(fields=["updated_at"], name="reading_draft_age")]

    def __str__(self) -> str:
        return f"{self.contract}, {self.period:%m.%Y}"
