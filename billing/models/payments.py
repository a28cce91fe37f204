"""From which accounts clients pay, and which rate of VAT a payment holds."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import ClassVar

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Client, User
from cabinet import requisites


class PayerAccount(models.Model):
    """A bank account from which a client pays, entered once by the client's own people.

    Billing does not know it; payment orders for the client's bank program are written from it.
    """

    client = models.ForeignKey(
        Client, models.PROTECT, related_name="payer_accounts", verbose_name="клиент"
    )
    account = models.CharField("расчётный счёт", max_length=20)
    bic = models.CharField("БИК", max_length=9, validators=[requisites.validate_bic])
    bank = models.CharField("банк", max_length=160)
    correspondent_account = models.CharField("корреспондентский счёт", max_length=20, blank=True)
    added_by = models.ForeignKey(
        User,
        models.PROTECT,
        related_name="+",
        verbose_name="кто добавил",
    )
    added_at = models.DateTimeField("добавлен", db_default=Now())

    class Meta:
        """An account of a bank stands once at a client; its numbers are digits."""

        verbose_name = "счёт плательщика"
        verbose_name_plural = "счета плательщиков"
        ordering = ["client", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "account", "bic"],
                name="payer_account_once",
                violation_error_message="Такой счёт уже есть в списке.",
            ),
            models.CheckConstraint(
                condition=Q(account__regex=r"^\d{20}$", bic__regex=r"^\d{9}$"),
                name="payer_account_digits",
                violation_error_message="В расчётном счёте 20 цифр, в БИК 9.",
            ),
            models.CheckConstraint(
                condition=Q(correspondent_account__regex=r"^(\d{20})?$"),
                name="payer_account_correspondent_digits",
                violation_error_message="В корреспондентском счёте 20 цифр.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}, {self.bank}"


class VatRateQuerySet(models.QuerySet["VatRate"]):
    """Rates by day."""

    def by_day(self, days: Iterable[datetime.date]) -> dict[datetime.date, int | None]:
        """Per cent for what is shipped on each day, in one statement.

        None where the office has entered none.
        """
        known = list(self.order_by("-starts_on").values_list("starts_on", "percent"))
        return {
            day: next((percent for starts_on, percent in known if starts_on <= day), None)
            for day in days
        }


class VatRate(models.Model):
    """The rate of VAT from a day on, by the date of shipment (закон № 425-ФЗ: 22 % since 2026)."""

    starts_on = models.DateField("с", unique=True)
    percent = models.PositiveSmallIntegerField("ставка, %", validators=[MaxValueValidator(99)])

    objects: ClassVar = VatRateQuerySet.as_manager()

    class Meta:
        """Newest first."""

        verbose_name = "ставка НДС"
        verbose_name_plural = "ставки НДС"
        ordering = ["-starts_on"]
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__lt=100),
                name="vat_rate_is_a_percentage",
                violation_error_message="Ставка — меньше ста процентов.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % с {self.starts_on:%d.%m.%Y}"
