"""What billing has rejected, and who was told of it: nobody is told the same twice."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Letter, User
from contracts.models import Contract
from contracts.periods import PeriodField, period_constraint
from meters.models.points import MeteringPoint, Register
from meters.models.readings import BillingAnswer, Reading


class RejectionQuerySet(models.QuerySet["Rejection"]):
    """Rejections by whether somebody is still to be told."""

    def waiting(self) -> Self:
        """Those of which it is still to be decided whom to write to."""
        return self.filter(settled_at__isnull=True)


class Rejection(models.Model):
    """An answer by which billing has rejected a value, with that value.

    A trigger adds the row in the transaction of the answer, whichever way that comes; it goes with
    the answer alone, where an import is undone. `settled_at` is empty while it waits for its
    letters (meters/rejection_letters.py); `noted_at` is the same for all that came together.
    """

    answer = models.OneToOneField(
        BillingAnswer,
        models.PROTECT,
        primary_key=True,
        related_name="rejection",
        verbose_name="ответ биллинга",
    )
    reading = models.ForeignKey(
        Reading, models.PROTECT, related_name="rejections", verbose_name="показание"
    )
    # The reading's own: a page finds its rejections without it.
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="+", db_index=False, verbose_name="договор"
    )
    period = PeriodField("период")
    noted_at = models.DateTimeField("замечено", db_default=Now())
    settled_at = models.DateTimeField("решено", null=True, blank=True)

    objects: ClassVar = RejectionQuerySet.as_manager()

    class Meta:
        """Read by contract, the latest months first; what waits is found without the rest."""

        verbose_name = "отклонённое показание"
        verbose_name_plural = "отклонённые показания"
        ordering = ["-period", "-pk"]
        constraints = [period_constraint("period", "rejection_period_is_a_month")]
        indexes = [
            models.Index(fields=["contract", "-period"], name="rejection_of_contract"),
            models.Index(
                fields=["contract", "noted_at"],
                name="rejection_waiting",
                condition=Q(settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return str(self.answer)


class StandingRejection(models.Model):
    """A rejection that holds: billing's latest word about a value that nothing has replaced.

    A view of the database (migration 0013), for the statements that count what is handed in read it
    too: such a value is not.
    """

    answer = models.OneToOneField(
        BillingAnswer, models.DO_NOTHING, primary_key=True, related_name="+"
    )
    contract = models.ForeignKey(Contract, models.DO_NOTHING, related_name="+")
    period = PeriodField("период")
    point = models.ForeignKey(MeteringPoint, models.DO_NOTHING, related_name="+")
    register = models.ForeignKey(Register, models.DO_NOTHING, related_name="+")

    class Meta:
        """Nothing is written here."""

        verbose_name = "отклонённое и не заменённое показание"
        verbose_name_plural = "отклонённые и не заменённые показания"
        managed = False
        db_table = "meters_standing_rejection"
        ordering = ["-period", "-pk"]

    def __str__(self) -> str:
        return str(self.answer)


class RejectionLetter(models.Model):
    """That a person was written to about a rejection; in one transaction with the letter."""

    answer = models.ForeignKey(
        BillingAnswer, models.PROTECT, related_name="letters", verbose_name="ответ биллинга"
    )
    user = models.ForeignKey(
        User, models.CASCADE, related_name="rejection_letters", verbose_name="кому"
    )
    letter = models.ForeignKey(
        Letter, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="письмо"
    )
    told_at = models.DateTimeField("когда", db_default=Now())

    class Meta:
        """Everybody is told of an answer once."""

        verbose_name = "письмо об отказе биллинга"
        verbose_name_plural = "письма об отказе биллинга"
        ordering = ["-told_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["answer", "user"],
                name="told_of_a_rejection_once",
                violation_error_message="Этому человеку об отказе уже написали.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.answer} → {self.user.short_name}"
