"""What billing says is owed, and where the entries say otherwise."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import F, OuterRef, Subquery, Sum, Value
from django.db.models.functions import Coalesce, TruncDate, TruncMonth

from billing.models.ledger import Account, LedgerEntry, MonthTurnover
from contracts.models import Contract

MONEY: models.DecimalField = models.DecimalField(max_digits=18, decimal_places=2)


class BalanceQuerySet(models.QuerySet["Balance"]):
    """Statements by account, and beside what the entries add up to."""

    def of_main_debt(self) -> Self:
        """Statements on the main debt: what the head of a contract's pages shows."""
        return self.filter(account=Account.MAIN)

    def newest(self) -> Self:
        """The newest statement of each account of each contract."""
        return self.filter(pk__in=_newest_of(Account.MAIN).union(*map(_newest_of, _OTHERS)))

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


_OTHERS = (Account.ADVANCE, Account.LATE_FEE)


def _newest_of(account: Account) -> models.QuerySet[Any]:
    """The key of each contract's newest statement on an account: one look at the index each."""
    of_account = Balance.objects.filter(contract=OuterRef("pk"), account=account)
    newest = Subquery(of_account.order_by("-as_of", "-pk").values("pk")[:1])
    return Contract.objects.order_by().annotate(newest=newest).values("newest")


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
        stated: Any = BalanceQuerySet(self.model, using=self._db).newest().with_computed()
        differing: models.QuerySet[Any] = stated.annotate(difference=F("amount") - F("computed"))
        return differing.exclude(difference=0)


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
