"""Money: what was charged and paid, and what billing says is owed."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Client, User
from cabinet import requisites
from contracts.models import Contract
from contracts.periods import PeriodField, period_constraint
from documents.models import Document


class LedgerEntryQuerySet(models.QuerySet["LedgerEntry"]):
    """Entries by date."""

    def between(self, first_day: datetime.date, last_day: datetime.date) -> Self:
        """Entries dated from–to, both days included."""
        return self.filter(booked_on__range=(first_day, last_day))


class LedgerEntry(models.Model):
    """A charge by a VAT invoice or a payment by a payment order."""

    class Kind(models.TextChoices):
        """Which side of the account."""

        CHARGE = "charge", "начисление"
        PAYMENT = "payment", "оплата"

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="ledger", verbose_name="договор"
    )
    kind = models.CharField("вид", max_length=10, choices=Kind)
    title = models.CharField(
        "документ", max_length=100, help_text="«Счёт-фактура», «Платёжное поручение»."
    )
    number = models.CharField("номер", max_length=60)
    booked_on = models.DateField("дата")
    period = PeriodField("период")
    amount = models.DecimalField("сумма, ₽", max_digits=15, decimal_places=2)
    note = models.CharField("примечание", max_length=300, blank=True)
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="ledger_entries",
        verbose_name="файл",
    )

    objects: ClassVar = LedgerEntryQuerySet.as_manager()

    class Meta:
        """Sums are positive, the kind says the side; read by contract and date."""

        verbose_name = "запись расчётов"
        verbose_name_plural = "начисления и оплаты"
        ordering = ["booked_on", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="ledger_amount_positive"),
            models.UniqueConstraint(
                fields=["contract", "kind", "number", "booked_on"], name="ledger_entry_once"
            ),
            period_constraint("period", "ledger_period_is_a_month"),
        ]
        indexes = [models.Index(fields=["contract", "booked_on", "id"], name="ledger_history")]

    def __str__(self) -> str:
        return f"{self.title} № {self.number} от {self.booked_on:%d.%m.%Y}"


class Balance(models.Model):
    """What billing stated: the contract's balance at a moment. Positive is debt."""

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="balances", verbose_name="договор"
    )
    as_of = models.DateTimeField("по состоянию на")
    amount = models.DecimalField(
        "сальдо, ₽",
        max_digits=15,
        decimal_places=2,
        help_text="Больше нуля — задолженность, меньше — переплата.",
    )

    class Meta:
        """The latest statement is the one shown."""

        verbose_name = "сальдо"
        verbose_name_plural = "сальдо"
        ordering = ["-as_of", "-pk"]
        indexes = [models.Index(fields=["contract", "-as_of", "-id"], name="balance_latest")]

    def __str__(self) -> str:
        return f"{self.amount} ₽ на {self.as_of:%d.%m.%Y}"


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
            ),
            models.CheckConstraint(
                condition=Q(account__regex=r"^\d{20}$", bic__regex=r"^\d{9}$"),
                name="payer_account_digits",
            ),
            models.CheckConstraint(
                condition=Q(correspondent_account__regex=r"^(\d{20})?$"),
                name="payer_account_correspondent_digits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account}, {self.bank}"


class VatRateQuerySet(models.QuerySet["VatRate"]):
    """Rates by day."""

    def on(self, day: datetime.date) -> int | None:
        """Per cent for what is shipped on `day`; None where the office has entered none."""
        percent: int | None = (
            self.filter(starts_on__lte=day)
            .order_by("-starts_on")
            .values_list("percent", flat=True)
            .first()
        )
        return percent


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
            models.CheckConstraint(condition=Q(percent__lt=100), name="vat_rate_is_a_percentage"),
        ]

    def __str__(self) -> str:
        return f"{self.percent} % с {self.starts_on:%d.%m.%Y}"
