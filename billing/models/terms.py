"""What is due when: by the terms of a contract, or as billing asks for it."""

from __future__ import annotations

import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q, Sum

from cabinet import formats
from contracts.models import Contract
from contracts.periods import PeriodField, period_constraint
from documents.models import Document


class PaymentTerm(models.Model):
    """One instalment of every month: of a contract, or of all contracts without terms of their own.

    By law 30 % by the 10th, 40 % by the 25th and the rest by the 18th of the next month (ПП РФ
    № 442, п. 82); the parties may agree otherwise. Terms that begin in one month are a set: it
    holds until the month in which the next one begins, so new terms leave the past as it was.
    """

    contract = models.ForeignKey(
        Contract,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="payment_terms",
        verbose_name="договор",
        help_text="Пусто: для всех договоров, у которых своих сроков нет.",
    )
    first_month = PeriodField(
        "с расчётного месяца",
        null=True,
        blank=True,
        help_text="Пусто: с самого начала. Сроки прежних месяцев остаются прежними.",
    )
    order = models.PositiveSmallIntegerField("порядок")
    share_percent = models.DecimalField(
        "доля, %",
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("0.01")), MaxValueValidator(100)],
        help_text="От плановой стоимости месяца. Пусто: остаток по итоговому счёту.",
    )
    due_day = models.PositiveSmallIntegerField(
        "не позднее дня",
        validators=[MinValueValidator(1), MaxValueValidator(31)],
        help_text="В коротком месяце — его последний день.",
    )
    months_later = models.PositiveSmallIntegerField(
        "через месяцев",
        default=0,
        validators=[MaxValueValidator(12)],
        help_text="0 — в том же месяце, 1 — в следующем.",
    )

    class Meta:
        """In a set each place once, one rest at most; its shares stay within 100 % (a trigger)."""

        verbose_name = "срок оплаты"
        verbose_name_plural = "сроки оплаты"
        ordering = ["contract", F("first_month").asc(nulls_first=True), "order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "first_month", "order"],
                name="payment_term_once",
                nulls_distinct=False,
                violation_error_message="Срок с таким порядком уже есть.",
            ),
            models.UniqueConstraint(
                fields=["contract", "first_month"],
                condition=Q(share_percent__isnull=True),
                name="payment_term_one_rest",
                nulls_distinct=False,
                violation_error_message="Остаток может быть только один.",
            ),
            models.CheckConstraint(
                condition=Q(share_percent__isnull=True)
                | Q(share_percent__gt=0, share_percent__lte=100),
                name="payment_term_share_is_a_part",
                violation_error_message="Доля — больше нуля и не больше целого.",
            ),
            models.CheckConstraint(
                condition=Q(due_day__range=(1, 31)) & Q(months_later__lte=12),
                name="payment_term_day_exists",
                violation_error_message="День — от 1 до 31, месяцев — не больше 12.",
            ),
            period_constraint("first_month", "payment_term_begins_with_a_month"),
        ]

    def __str__(self) -> str:
        part = "остаток" if self.share_percent is None else f"{self.share_percent.normalize():f} %"
        return f"{part} до {self.due_day}-го"

    @property
    def begins_in(self) -> datetime.date:
        """The first day of the first month; the earliest day where it holds from the beginning."""
        return self.first_month or datetime.date.min

    def clean(self) -> None:
        """The same limit as the trigger's, in words: the shares of a set are one whole."""
        own = PaymentTerm.objects.filter(contract=self.contract_id, first_month=self.first_month)
        others = own.exclude(pk=self.pk)
        taken = others.aggregate(sum=Sum("share_percent"))["sum"] or Decimal(0)
        if taken + (self.share_percent or 0) > 100:
            left = formats.quantity(100 - taken, 2)
            raise ValidationError(
                {"share_percent": f"Вместе доли больше 100 %. Свободно {left} %."}
            )


class Instalment(models.Model):
    """What billing itself asks for a month: it goes before what the terms would give.

    Without a share it is the rest; a rest without a sum is told by the final bill.
    """

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="instalments", verbose_name="договор"
    )
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="instalments",
        verbose_name="счёт",
    )
    period = PeriodField("период")
    order = models.PositiveSmallIntegerField("порядок")
    share_percent = models.DecimalField(
        "доля, %", max_digits=5, decimal_places=2, null=True, blank=True
    )
    due_on = models.DateField("срок")
    amount = models.DecimalField("сумма, ₽", max_digits=15, decimal_places=2, null=True, blank=True)
    base_amount = models.DecimalField(
        "плановая стоимость месяца, ₽", max_digits=15, decimal_places=2, null=True, blank=True
    )

    class Meta:
        """Each place of a month once."""

        verbose_name = "платёж месяца"
        verbose_name_plural = "платежи по месяцам"
        ordering = ["contract", "period", "order"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "period", "order"],
                name="instalment_once",
                violation_error_message="Платёж с таким порядком в этом месяце уже есть.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            models.CheckConstraint(
                condition=Q(amount__isnull=False, amount__gte=0)
                | Q(amount__isnull=True, share_percent__isnull=True),
                name="instalment_has_a_sum",
                violation_error_message="У платежа с долей нет суммы.",
            ),
            models.CheckConstraint(
                condition=Q(share_percent__isnull=True)
                | Q(share_percent__gt=0, share_percent__lte=100),
                name="instalment_share_is_a_part",
                violation_error_message="Доля — больше нуля и не больше целого.",
            ),
            period_constraint("period", "instalment_period_is_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.contract}, {self.period:%m.%Y}, до {self.due_on:%d.%m.%Y}"
