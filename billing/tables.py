"""The ledger and the turnovers as tables to save: columns, rows, a name, lines above."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from billing import books, history, turnovers
from billing.forms import HistoryForm, TurnoverForm
from billing.models import Account
from billing.turnovers import WORDS, MonthRow
from cabinet import formats
from cabinet.sheets import Cell, Column
from contracts.models import Contract

# A longer history is saved month by month: a file of so many rows takes seconds.
ROWS_MAX = 20_000

Kind = Literal["csv", "xlsx"]

_HISTORY = (
    Column(title="Дата", width=12),
    Column(title="Вид", width=16),
    Column(title="Документ", width=36),
    Column(title="Номер", width=20),
    Column(title="Расчёты", width=16),
    Column(title="Начислено, ₽"),
    Column(title="Оплачено, ₽"),
    Column(title="Остаток, ₽"),
    Column(title="Примечание", width=40),
)


@dataclass(frozen=True, kw_only=True)
class Table:
    """What becomes a CSV or a workbook; `above` stands over the table of a workbook, `totals`
    under it."""

    filename: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Cell]]
    above: Sequence[str]
    totals: Sequence[Sequence[Cell]] = ()


def of_history(contract: Contract, form: HistoryForm, entries: history.Entries) -> Table:
    """The entries of the form's period with the balance of their account after each."""
    account = form.cleaned_data["account"]
    which = Account(account).label if account else "все расчёты"
    openings = [
        f"{row.account.label.capitalize()}: остаток на начало {formats.amount(row.opening)} ₽"
        for row in entries.turnovers
    ]
    return Table(
        filename=f"Начисления и оплаты, договор {contract.number}, {form.words}",
        columns=_HISTORY,
        rows=(
            (
                entry.booked_on,
                entry.get_kind_display(),
                entry.title,
                entry.number,
                entry.get_account_display(),
                entry.charged or None,
                entry.paid or None,
                balance,
                entry.note,
            )
            for entry, balance in entries.all()
        ),
        above=[
            *_head(contract, f"Начисления и оплаты за {form.words}, {which}"),
            *_beginning(contract, form),
            *openings,
        ],
        totals=[
            (
                *(f"Итого за {form.words}", None, None, None, row.account.label),
                *(row.charged, row.paid, row.closing, None),
            )
            for row in entries.turnovers
        ],
    )


def _beginning(contract: Contract, form: HistoryForm) -> list[str]:
    """That the books begin within the period, where they do: what was before is not known."""
    begins_on = books.first_day(contract)
    return [f"{books.words(contract, begins_on)}."] if form.bounds[0] < begins_on else []


def of_turnovers(contract: Contract, form: TurnoverForm, rows: Sequence[MonthRow]) -> Table:
    """A month a row, and their sums."""
    months, account = form.cleaned_data["months"], Account(form.cleaned_data["account"])
    charged, paid = WORDS[account]
    span = formats.counted(months, "месяц", "месяца", "месяцев")
    total = turnovers.total(rows)
    return Table(
        filename=f"Обороты, {account.label}, договор {contract.number}",
        columns=(
            Column(title="Месяц", width=18),
            Column(title="Остаток на начало, ₽", width=22),
            Column(title=f"{charged.capitalize()}, ₽"),
            Column(title=f"{paid.capitalize()}, ₽"),
            Column(title="Остаток на конец, ₽", width=22),
        ),
        rows=((str(row.month), row.opening, row.charged, row.paid, row.closing) for row in rows),
        above=_head(contract, f"Обороты по месяцам за {span}, {account.label}"),
        totals=(
            [("Итого", total.opening, total.charged, total.paid, total.closing)] if total else []
        ),
    )


def _head(contract: Contract, title: str) -> list[str]:
    """Whose table it is, and of when."""
    balance = contract.balance
    lines = [title, f"{contract.client.short_name}, договор № {contract.number}"]
    if balance:
        stated = f"{formats.moment(balance.as_of)} ({formats.time_zone_label()})"
        lines.append(f"По данным биллинга на {stated}")
    return lines
