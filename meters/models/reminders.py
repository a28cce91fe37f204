"""Who was reminded of what, by the portal or by the office: nobody is told the same twice."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from contracts.models import Contract
from contracts.periods import PeriodField, period_constraint


class OfficeReminder(models.Model):
    """«Напомнить» pressed in the office: by whom, about which contracts, and what came of it.

    `contracts` are those that had not handed in everything at that moment; `letters` and `told`
    (contracts of which somebody was written to) are known when it is done.
    """

    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="кто")
    asked_at = models.DateTimeField("когда", db_default=Now())
    period = PeriodField("период")
    title = models.CharField("кому", max_length=300)
    contracts = ArrayField(models.BigIntegerField(), verbose_name="договоры")
    form_key = models.UUIDField("ключ формы", default=uuid.uuid4, unique=True, editable=False)
    letters = models.PositiveIntegerField("писем", default=0)
    told = models.PositiveIntegerField("договоров, о которых написано", default=0)
    done_at = models.DateTimeField("выполнено", null=True, blank=True)

    class Meta:
        """What is still to be done is found without reading what is done."""

        verbose_name = "напоминание офиса"
        verbose_name_plural = "напоминания офиса"
        ordering = ["-pk"]
        constraints = [period_constraint("period", "office_reminder_period_is_a_month")]
        indexes = [
            models.Index(
                fields=["id"], name="office_reminder_undone", condition=Q(done_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.period:%m.%Y}"


class ReadingReminder(models.Model):
    """That a person was reminded of a contract's readings; in one transaction with the letter.

    What the office asked for names its `office_reminder` and the `day`.
    """

    class Step(models.TextChoices):
        """How long before the end of the term."""

        FIVE_DAYS = "5d", "за 5 дней"
        TWO_DAYS = "2d", "за 2 дня"
        ONE_DAY = "1d", "за 1 день"
        SIX_HOURS = "6h", "за 6 часов"
        OFFICE = "office", "по просьбе офиса"

    user = models.ForeignKey(
        User, models.CASCADE, related_name="reading_reminders", verbose_name="кому"
    )
    contract = models.ForeignKey(
        Contract, models.CASCADE, related_name="reading_reminders", verbose_name="договор"
    )
    period = PeriodField("период")
    step = models.CharField("когда", max_length=6, choices=Step)
    sent_at = models.DateTimeField("записано", db_default=Now())
    office_reminder = models.ForeignKey(
        OfficeReminder,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reminders",
        verbose_name="напоминание офиса",
    )
    day = models.DateField("день", null=True, blank=True)

    class Meta:
        """Each step of a month once; by the office once a day."""

        verbose_name = "напоминание о показаниях"
        verbose_name_plural = "напоминания о показаниях"
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "contract", "period", "step"],
                name="reading_reminder_once",
                violation_error_message="Это напоминание уже отправлено.",
                condition=~Q(step="office"),
            ),
            models.UniqueConstraint(
                fields=["user", "contract", "period", "day"],
                name="office_reminds_once_a_day",
                violation_error_message="Сегодня этому человеку уже напомнили.",
                condition=Q(step="office"),
            ),
            models.CheckConstraint(
                condition=Q(step="office", office_reminder__isnull=False, day__isnull=False)
                | (~Q(step="office") & Q(office_reminder__isnull=True, day__isnull=True)),
                name="office_reminder_is_whole",
                violation_error_message="Рассылка и день есть только у напоминания офиса.",
            ),
            period_constraint("period", "reading_reminder_period_is_a_month"),
        ]
        indexes = [
            models.Index(fields=["contract", "period", "-id"], name="reading_reminder_latest")
        ]

    def __str__(self) -> str:
        return f"{self.user.username}, {self.contract}, {self.period:%m.%Y}, {self.step}"
