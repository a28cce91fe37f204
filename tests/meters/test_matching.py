"""Which register a row means, and what is said of a row that means none."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from contracts.models import Contract
from contracts.periods import Month
from meters import inventory, matching
from meters.filled import Filled, FilledRow
from meters.matching import Matched
from meters.models import Meter, Register
from tests import make
from tests.meters.table import registers

pytestmark = pytest.mark.django_db

COLUMNS = {"code": 0, "serial": 1, "zone": 2, "energy": 3, "value": 9}


def match(contract: Contract, period: Month, *rows: dict[str, Any]) -> list[Matched]:
    found = [
        FilledRow(number=number, **{"value": "100", **row}) for number, row in enumerate(rows, 2)
    ]
    table = Filled(columns=COLUMNS, titles={}, rows=found)
    return matching.match(table, inventory.take(contract, period))


def test_by_code_and_by_number(
    vega_contract: Contract, known: list[Register], period: Month
) -> None:
    found = match(
        vega_contract,
        period,
        {"code": known[0].external_id.upper()},
        {"serial": f"№ {known[1].meter.serial}"},
    )
    assert [one.place.register_id for one in found] == [known[0].pk, known[1].pk]
    assert not any(one.problem for one in found)


def test_zeros_that_excel_took_away(vega_contract: Contract, period: Month) -> None:
    Meter.objects.filter(pk=registers(vega_contract)[0].meter_id).update(serial="00123456")
    (found,) = match(vega_contract, period, {"serial": "123456.0"})
    assert found.place.row.serial == "00123456"


def test_a_code_that_excel_spoilt_gives_way_to_the_number(
    vega_contract: Contract, known: list[Register], period: Month
) -> None:
    (found,) = match(vega_contract, period, {"code": "1,23E+17", "serial": known[0].meter.serial})
    assert found.place.register_id == known[0].pk


def test_code_and_number_of_different_meters_are_refused(
    vega_contract: Contract, known: list[Register], period: Month
) -> None:
    row = {"code": known[0].external_id, "serial": known[1].meter.serial}
    (found,) = match(vega_contract, period, row)
    assert found.problem.cell == "A2"
    assert "от разных счётчиков" in found.problem.title


def test_a_foreign_meter_is_named_with_its_cell(
    vega_contract: Contract, orion_contract: Contract, known: list[Register], period: Month
) -> None:
    foreign = registers(orion_contract)[0]
    found = match(
        vega_contract,
        period,
        {"serial": foreign.meter.serial},
        {"code": foreign.external_id},
        {},
    )
    assert [one.problem.cell for one in found] == ["B2", "A3", "B4"]
    assert found[0].problem.title == f"Счётчика № {foreign.meter.serial} нет в этом договоре."
    assert "Непонятно, чьё" in found[2].problem.title
    assert not any(one.place for one in found)


def test_a_foreign_meter_without_a_value_is_no_matter(
    vega_contract: Contract, known: list[Register], period: Month
) -> None:
    (found,) = match(vega_contract, period, {"serial": "999", "value": ""})
    assert found.problem is None


@pytest.mark.parametrize(
    ("words", "zone"), [("День", "day"), ("Т1", "day"), ("T2", "night"), ("ночная", "night")]
)
def test_zones_by_any_name(vega_contract: Contract, period: Month, words: str, zone: str) -> None:
    hung = make.installation(make.point(vega_contract), zones=("day", "night"))
    (found,) = match(vega_contract, period, {"serial": hung.meter.serial, "zone": words})
    assert found.place.row.zone == zone


def test_a_meter_of_several_registers_needs_the_zone(
    vega_contract: Contract, period: Month
) -> None:
    hung = make.installation(make.point(vega_contract), zones=("day", "night"))
    several, none = match(
        vega_contract,
        period,
        {"serial": hung.meter.serial},
        {"serial": hung.meter.serial, "zone": "полупик"},
    )
    assert "несколько шкал" in several.problem.title
    assert "день; ночь" in several.problem.advice
    assert "нет такой шкалы" in none.problem.title
    assert none.problem.cell == "C3"


@pytest.mark.parametrize("words", ["активная, приём", "А+", "A+", "Р+", ""])
def test_energies_by_any_name(vega_contract: Contract, period: Month, words: str) -> None:
    meter = registers(vega_contract)[0].meter
    Register.objects.create(
        external_id="reactive", meter=meter, energy="R+", integer_digits=6, fraction_digits=1
    )
    active, reactive = match(
        vega_contract,
        period,
        {"serial": meter.serial, "energy": words},
        {"serial": meter.serial, "energy": "реактивная"},
    )
    assert (active.place.row.energy, reactive.place.row.energy) == ("A+", "R+")


def test_the_same_register_twice(
    vega_contract: Contract, known: list[Register], period: Month
) -> None:
    row = {"serial": known[0].meter.serial}
    found = match(vega_contract, period, row, {"serial": known[1].meter.serial}, row)
    assert "в строке 4" in found[0].problem.advice
    assert "в строке 2" in found[2].problem.advice
    assert found[1].problem is None
    empty = match(vega_contract, period, row, {**row, "value": ""})
    assert not any(one.problem for one in empty)


def test_automatic_and_removed_meters_are_not_taken(
    vega_contract: Contract, known: list[Register], period: Month
) -> None:
    Meter.objects.filter(pk=known[0].meter_id).update(is_automatic=True)
    removed = known[1].meter.installations.get()
    removed.removed_on = period.first_day + datetime.timedelta(days=5)
    removed.save()
    rows = [{"code": register.external_id} for register in known]
    automatic, gone, silent = match(vega_contract, period, *rows, {**rows[0], "value": ""})
    assert "передаёт показания сам" in automatic.problem.title
    assert f"снят 06.{period.number:02}" in gone.problem.title
    assert silent.problem is None


@pytest.mark.parametrize(
    ("value", "title"),
    [
        ("2026-05-12", "Вместо числа дата."),
        ("12.05.2026", "Вместо числа дата."),
        ("#REF!", "Формула дала ошибку «#REF!»."),
    ],
)
def test_what_excel_made_of_a_value(
    vega_contract: Contract, known: list[Register], period: Month, value: str, title: str
) -> None:
    (found,) = match(vega_contract, period, {"code": known[0].external_id, "value": value})
    assert (found.problem.title, found.problem.cell) == (title, "J2")


def test_a_merged_value_and_a_shifted_row(
    vega_contract: Contract, known: list[Register], period: Month
) -> None:
    merged, shifted = match(
        vega_contract,
        period,
        {"code": known[0].external_id, "merged": "J2:J3"},
        {"code": "x", "stray": "D3"},
    )
    assert merged.problem.title == "Ячейки J2:J3 объединены."
    assert shifted.problem.cell == "D3"


def test_an_unchanged_many_thousand_times_costs_little(
    vega_contract: Contract, known: list[Register], period: Month
) -> None:
    """Each row of a file that repeats one meter names a few of the others, not all."""
    found = match(vega_contract, period, *[{"code": known[0].external_id}] * 5_000)
    assert all(len(one.problem.advice) < 100 for one in found)
