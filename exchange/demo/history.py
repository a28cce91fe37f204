"""A contract's past: month after month, readings make charges, charges make papers and payments."""

from __future__ import annotations

import datetime
import random
from dataclasses import dataclass, field

from django.utils import timezone

from contracts.periods import Month
from exchange.demo import money, papers, plans, points, readings

# How old the notice that stands now is, unless it is of the 20th.
NOTICE_AGE_DAYS = 3

# Of the finished months, which one's transfer act was corrected.
CORRECTED_MONTHS_AGO = 3


@dataclass(kw_only=True)
class History:
    """What happened under one contract until today."""

    shown: list[readings.Shown]
    account: money.Account
    desk: papers.Desk
    papers: list[papers.Paper] = field(default_factory=list)
    instalments: dict[Month, list[money.Instalment]] = field(default_factory=dict)
    invoice_keys: dict[Month, str] = field(default_factory=dict)


def of_contract(
    company: plans.Company,
    plan: plans.ContractPlan,
    placed: list[points.Point],
    today: datetime.date,
    chance: random.Random,
) -> History:
    """Let the months of the history pass one by one, then the days of the current month."""
    months = plan.months(today)
    registers = readings.Registers(
        placed, months[0], today, timezone.get_default_timezone(), chance
    )
    account = money.Account(plan, today, chance)
    desk = papers.Desk(company, plan, placed, account)
    past = History(shown=registers.shown, account=account, desk=desk)
    base: money.Charged | None = None
    for month in months:
        charged = money.charged(month, plan.voltage, registers.advance(month))
        # The very first month has no previous one: it is planned by itself.
        _plan_and_pay(past, month, base or charged, today)
        account.charge(charged, desk.number(month))
        past.papers += desk.month_end(charged)
        if "correction" in plan.events and month == months[-CORRECTED_MONTHS_AGO]:
            past.papers += [desk.corrected_act(charged), desk.protocol(month)]
        past.invoice_keys[month] = desk.invoice_key(month)
        base = charged
    if base is not None:
        _finish(past, plan, desk, base, today)
    return past


def _plan_and_pay(
    past: History,
    month: Month,
    base: money.Charged | None,
    today: datetime.date,
) -> None:
    """Plan a month by `base`, issue the bills whose day has come, and pay; without it only pay."""
    planned = money.instalments(month, base) if base else []
    past.instalments[month] = planned
    past.account.pay(month, planned)
    past.papers += [
        past.desk.planned_bill(month, bill) for bill in planned if bill.issued_on <= today
    ]
    past.papers += past.desk.advance_invoices(month)


def _finish(
    past: History,
    plan: plans.ContractPlan,
    desk: papers.Desk,
    base: money.Charged,
    today: datetime.date,
) -> None:
    """The month after the last finished one, then what looks back on all of them."""
    after = base.month.shifted(1)
    _plan_and_pay(past, after, None if plan.terminated_months_ago else base, today)
    past.papers += [desk.late_fee_bill(entry) for entry in past.account.late_fees()]
    past.papers.append(desk.agreement(base.month.shifted(-CORRECTED_MONTHS_AGO)))
    months = plan.months(today)
    past.papers += [desk.reconciliation_act(*span) for span in _quarters(months)]
    for day in _notice_days(plan, months, after, today):
        notice = desk.restriction_notice(day) if day <= today else None
        if notice is not None:
            past.papers.append(notice)


def _quarters(months: list[Month]) -> list[tuple[Month, Month]]:
    """First and last month of each calendar quarter that ended; the first may have begun before."""
    ends = [month for month in months if month.number % 3 == 0]
    spans: list[tuple[Month, Month]] = []
    for end in ends:
        begun = end.shifted(-2)
        spans.append((max(begun, months[0]), end))
    return spans


def _notice_days(
    plan: plans.ContractPlan, months: list[Month], after: Month, today: datetime.date
) -> list[datetime.date]:
    """The days on which a notice goes out if there is a debt: where payments stopped.

    A debtor's latest one still stands on every `today`: it is three days old, or of last month.
    """
    days = [months[money.SLIP].first_day.replace(day=money.NOTICE_DAY)]
    if plan.habit is plans.Habit.DEBTOR:
        days.append(months[-1].first_day.replace(day=money.NOTICE_DAY))
        if today.day > NOTICE_AGE_DAYS:
            latest = min(money.NOTICE_DAY, today.day - NOTICE_AGE_DAYS)
            days.append(after.first_day.replace(day=latest))
    return days
