"""What billing says is owed, and where the entries say otherwise."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Subquery, Sum, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, TruncDate, TruncMonth

from billing.models.ledger import Account, LedgerEntry, MonthTurnover
from contracts.models import Contract

MONEY: models.DecimalField = models.DecimalField(max_digits=18, decimal_places=2)

# The newest statements first, each by one look at the index, then their sums: without these fences
# the planner sums for every statement that ever came.
_DIFFERING = """
    WITH newest AS MATERIALIZED (
        SELECT stated.id, stated.contract_id, stated.account, stated.amount,
               (stated.as_of AT TIME ZONE %s)::date AS day
          FROM contracts_contract AS contract
         CROSS JOIN unnest(ARRAY['main', 'advance', 'late_fee']) AS named (account)
         CROSS JOIN LATERAL (
               SELECT * FROM billing_balance AS balance
                WHERE balance.contract_id = contract.id AND balance.account = named.account
                ORDER BY balance.as_of DESC, balance.id DESC LIMIT 1) AS stated
    )
    SELECT newest.id
      FROM newest
     CROSS JOIN LATERAL (
           SELECT sum(total.charged - total.paid) AS net FROM billing_monthturnover AS total
            WHERE total.contract_id = newest.contract_id AND total.account = newest.account
              AND total.month < date_trunc('month', newest.day)::date) AS months
     CROSS JOIN LATERAL (
           SELECT sum(entry.charged - entry.paid) AS net FROM billing_ledgerentry AS entry
            WHERE entry.contract_id = newest.contract_id AND entry.account = newest.account
              AND entry.booked_on >= date_trunc('month', newest.day)::date
              AND entry.booked_on < newest.day) AS days
     WHERE newest.amount <> coalesce(months.net, 0) + coalesce(days.net, 0)
"""


class BalanceQuerySet(models.QuerySet["Balance"]):
    """Statements by account, and beside what the entries add up to."""

    def of_main_debt(self) -> Self:
        """Statements on the main debt: what the head of a contract's pages shows."""
        return self.filter(account=Account.MAIN)

    def of_advances(self) -> Self:
        """Statements on the advances, which the head names beside the debt."""
        return self.filter(account=Account.ADVANCE)

    def differing(self) -> Self:
        """The newest statements of each account that the entries do not bear out."""
        found = RawSQL(_DIFFERING, [settings.TIME_ZONE])  # noqa: S611 - our own text
        return self.filter(pk__in=found)

    def with_computed(self) -> Self:
        """Adds `computed`: what the entries of the days before that of `as_of` add up to.

        Whole months come from their totals, the last one's days from the entries themselves.
        """
        same = {"contract": OuterRef("contract"), "account": OuterRef("account")}
        months = MonthTurnover.objects.filter(**same, month__lt=OuterRef("as_of_month"))
        days = LedgerEntry.objects.filter(
            **same, booked_on__gte=OuterRef("as_of_month"), booked_on__lt=OuterRef("as_of_day")
        )
        return self.annotate(
            as_of_day=TruncDate("as_of"),
            as_of_month=TruncMonth("as_of", output_field=models.DateField()),
        ).annotate(computed=_total(months) + _total(days))


def _total(rows: models.QuerySet[Any]) -> Coalesce:
    """A subquery: charged less paid, in roubles; zero without rows."""
    moved = rows.order_by().values("contract").annotate(moved=Sum(F("charged") - F("paid")))
    return Coalesce(Subquery(moved.values("moved")), Value(Decimal(0)), output_field=MONEY)


class Balance(models.Model):
    """What billing stated: the balance of an account at a moment. Positive is debt.

    It holds the entries of the days that were over by that moment (`billing.balance`).
    """

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="balances", verbose_name="договор"
    )
    account = models.CharField("расчёты", max_length=10, choices=Account, default=Account.MAIN)
    as_of = models.DateTimeField("по состоянию на")
    amount = models.DecimalField(
        "сальдо, ₽",
        max_digits=15,
        decimal_places=2,
        help_text="Больше нуля — задолженность, меньше — переплата.",
    )

    objects: ClassVar = BalanceQuerySet.as_manager()

    class Meta:
        """The latest statement is the one shown."""

        verbose_name = "сальдо"
        verbose_name_plural = "сальдо"
        ordering = ["-as_of", "-pk"]
        indexes = [
            models.Index(fields=["contract", "account", "-as_of", "-id"], name="balance_latest")
        ]

    def __str__(self) -> str:
        return f"{self.amount} ₽ на {self.as_of:%d.%m.%Y}"


class BalanceDifferenceManager(models.Manager[Any]):
    """The newest statements that the entries do not bear out, in one statement of SQL."""

    def get_queryset(self) -> models.QuerySet[Any]:
        """Adds `computed` and `difference` (stated less computed), in roubles."""
        differing: Any = BalanceQuerySet(self.model, using=self._db).differing().with_computed()
        rows: models.QuerySet[Any] = differing.annotate(difference=F("amount") - F("computed"))
        return rows


class BalanceDifference(Balance):
    """A statement of billing that is not what the entries add up to: for the office alone."""

    objects: ClassVar = BalanceDifferenceManager()  # type: ignore[assignment]

    # Set by the manager.
    computed: Decimal
    difference: Decimal

    class Meta:
        """By contract."""

        proxy = True
        verbose_name = "расхождение сальдо"
        verbose_name_plural = "расхождения сальдо"
        ordering = ["contract__number", "account", "pk"]

    def __str__(self) -> str:
        return f"{self.contract}, {self.get_account_display()}"
