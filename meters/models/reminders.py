"""Who was reminded of what: nobody is told the same twice."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from contracts.models import Contract
from contracts.periods import PeriodField, period_constraint


class ReadingReminder(models.Model):
    """That a person was reminded of a contract's readings; in one transaction with the letter."""

    class Step(models.TextChoices):
        """How long before the end of the term."""

        FIVE_DAYS = "5d", "за 5 дней"
        TWO_DAYS = "2d", "за 2 дня"
        ONE_DAY = "1d", "за 1 день"
        SIX_HOURS = "6h", "за 6 часов"

    user = models.ForeignKey(
        User, models.CASCADE, related_name="reading_reminders", verbose_name="кому"
    )
    contract = models.ForeignKey(
        Contract, models.CASCADE, related_name="reading_reminders", verbose_name="договор"
    )
    period = PeriodField("период")
    step = models.CharField("когда", max_length=2, choices=Step)
    sent_at = models.DateTimeField("записано", db_default=Now())

    class Meta:
        """Each step of a month once."""

        verbose_name = "напоминание о показаниях"
        verbose_name_plural = "напоминания о показаниях"
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "contract", "period", "step"], name="reading_reminder_once"
            ),
            period_constraint("period", "reading_reminder_period_is_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.user.username}, {self.contract}, {self.period:%m.%Y}, {self.step}"
