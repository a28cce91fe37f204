"""What was charged and paid, and what each month moved."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import ClassVar, Self

from django.db import models
from django.db.models import Case, F, Q, Value, When

from contracts.models import Contract
from contracts.periods import PeriodField, period_constraint
from documents.models import Document


class Account(models.TextChoices):
    """What money is for. Sums of different accounts are never added up for a client.

    A debt of late fees is no ground for a restriction, and an advance is not yet a payment for
    energy (domain.md, section 2).
    """

    MAIN = "main", "основной долг"
    ADVANCE = "advance", "авансы"
    LATE_FEE = "late_fee", "пени"


class LedgerEntryQuerySet(models.QuerySet["LedgerEntry"]):
    """Entries by date and kind."""

    def between(self, first_day: datetime.date, last_day: datetime.date) -> Self:
        """Entries dated from–to, both days included."""
        return self.filter(booked_on__range=(first_day, last_day))

    def payments(self) -> Self:
        """Money that came, ahead or not."""
        return self.filter(kind__in=(LedgerEntry.Kind.PAYMENT, LedgerEntry.Kind.ADVANCE))


class LedgerEntry(models.Model):
    """One entry of billing's books with its document: it adds to an account or takes from it.

    `charged` adds to what the client owes, `paid` takes from it; one of the two is zero. A
    correction stands among charges with its own sign. An offset (зачёт аванса) comes as two
    entries of one sum: one takes it from the main debt, the other one from what was paid ahead.
    """

    class Kind(models.TextChoices):
        """What happened."""

        CHARGE = "charge", "начисление"
        PAYMENT = "payment", "оплата"
        CORRECTION = "correction", "корректировка"
        LATE_FEE = "late_fee", "пени"
        ADVANCE = "advance", "аванс"
        OFFSET = "offset", "зачёт аванса"

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="ledger", verbose_name="договор"
    )
    kind = models.CharField("вид", max_length=10, choices=Kind)
    account = models.CharField("расчёты", max_length=10, choices=Account, default=Account.MAIN)
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
    paid = models.GeneratedField(
        verbose_name="оплачено, ₽",
        expression=Case(
            When(
                Q(kind__in=("payment", "advance")) | Q(kind="offset", account="main"), F("amount")
            ),
            default=Value(Decimal(0)),
        ),
        output_field=models.DecimalField(max_digits=15, decimal_places=2),
        db_persist=True,
    )
    charged = models.GeneratedField(
        verbose_name="начислено, ₽",
        expression=Case(
            When(
                Q(kind__in=("payment", "advance")) | Q(kind="offset", account="main"),
                Value(Decimal(0)),
            ),
            default=F("amount"),
        ),
        output_field=models.DecimalField(max_digits=15, decimal_places=2),
        db_persist=True,
    )

    objects: ClassVar = LedgerEntryQuerySet.as_manager()

    class Meta:
        """Only a correction may be negative; each kind has its accounts; read by date."""

        verbose_name = "запись расчётов"
        verbose_name_plural = "начисления и оплаты"
        ordering = ["booked_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0) | (Q(kind="correction") & ~Q(amount=0)),
                name="ledger_amount_has_its_sign",
                violation_error_message="Сумма больше нуля; меньше она лишь у корректировки.",
            ),
            models.CheckConstraint(
                condition=Q(kind="correction")
                | Q(kind="charge", account="main")
                | Q(kind="payment", account__in=("main", "late_fee"))
                | Q(kind="late_fee", account="late_fee")
                | Q(kind="advance", account="advance")
                | Q(kind="offset", account__in=("main", "advance")),
                name="ledger_kind_has_its_account",
                violation_error_message="Такого вида записей в этих расчётах не бывает.",
            ),
            models.UniqueConstraint(
                fields=["contract", "account", "kind", "number", "booked_on"],
                name="ledger_entry_once",
                violation_error_message="Запись с таким номером и датой уже есть.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            period_constraint("period", "ledger_period_is_a_month"),
        ]
        indexes = [
            models.Index(fields=["contract", "booked_on", "id"], name="ledger_history"),
            # The office's list of all of them, the newest day first.
            models.Index(fields=["-booked_on", "-id"], name="ledger_newest"),
            # Sums of a part of a month, and of what was charged for a month, without the rows.
            models.Index(
                fields=["contract", "account", "booked_on"],
                include=["charged", "paid"],
                name="ledger_sums",
            ),
            models.Index(
                fields=["contract", "period"],
                include=["kind", "amount"],
                condition=Q(account="main", kind__in=("charge", "correction")),
                name="ledger_charged_for",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} № {self.number} от {self.booked_on:%d.%m.%Y}"


class MonthTurnover(models.Model):
    """What one month moved on one account of a contract: entries and their sums, in roubles.

    Triggers of the ledger keep it in the transaction that changes an entry (migration 0002), so
    that a balance on any day costs the same behind a hundred entries and a hundred thousand.
    """

    contract = models.ForeignKey(
        Contract,
        models.CASCADE,
        related_name="month_turnovers",
        verbose_name="договор",
        db_index=False,  # the unique constraint begins with it
    )
    account = models.CharField("расчёты", max_length=10, choices=Account)
    month = PeriodField("месяц")
    entries = models.PositiveIntegerField("записей")
    charged = models.DecimalField("начислено, ₽", max_digits=18, decimal_places=2)
    paid = models.DecimalField("оплачено, ₽", max_digits=18, decimal_places=2)

    class Meta:
        """One row for each month that has entries."""

        verbose_name = "оборот за месяц"
        verbose_name_plural = "обороты по месяцам"
        ordering = ["contract", "account", "month"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "account", "month"],
                name="turnover_of_a_month_once",
                violation_error_message="Оборот за этот месяц уже есть.",
            ),
            period_constraint("month", "turnover_month_is_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.get_account_display()}, {self.month:%m.%Y}"
