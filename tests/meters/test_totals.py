"""What readings come to together: by energy, by zone, with losses."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from meters import totals
from meters.totals import Counted


def counted(quantity: str | None, **values: Any) -> Counted:
    return Counted(
        **{
            "point_id": 1,
            "energy": "A+",
            "zone": "total",
            "is_counted": True,
            "quantity": None if quantity is None else Decimal(quantity),
            "losses_percent": None,
            "losses_kwh": None,
            **values,
        }
    )


def shown(*items: Counted) -> list[tuple[str, str]]:
    lines = totals.lines(items)
    return [(line.label, f"{line.quantity} {line.unit}".replace("\u00a0", " ")) for line in lines]


def test_one_energy_without_zones_is_one_line() -> None:
    assert shown(counted("26128"), counted("100.5")) == [("Итого", "26 228,5 кВт·ч")]


def test_nothing_known_is_no_line() -> None:
    assert shown() == []
    assert shown(counted(None)) == []


def test_zones_stand_before_their_sum_and_sigma_is_not_added() -> None:
    assert shown(
        counted("30", zone="day"),
        counted("10", zone="night"),
        counted("40", zone="total", is_counted=False),
        counted("5", zone="total"),
    ) == [("Без зон", "5 кВт·ч"), ("День", "30 кВт·ч"), ("Ночь", "10 кВт·ч"), ("Итого", "45 кВт·ч")]


def test_energies_never_add_up_to_each_other() -> None:
    assert shown(counted("30"), counted("7", energy="R+")) == [
        ("Итого, активная, приём", "30 кВт·ч"),
        ("Итого, реактивная, приём", "7 кВАр·ч"),
    ]


def test_losses_by_point_as_the_contract_states_them() -> None:
    assert shown(
        counted("1000", point_id=1, zone="day", losses_percent=Decimal("1.5")),
        counted("500", point_id=1, zone="night", losses_percent=Decimal("1.5")),
        counted("100", point_id=2, zone="day", losses_kwh=Decimal(20)),
    )[2:] == [
        ("Итого", "1 600 кВт·ч"),
        ("Потери", "42,5 кВт·ч"),
        ("Итого с учётом потерь", "1 642,5 кВт·ч"),
    ]


def test_fixed_losses_are_counted_once_for_a_point_of_two_zones() -> None:
    both = [counted("10", zone=zone, losses_kwh=Decimal(20)) for zone in ("day", "night")]
    assert shown(*both)[-1] == ("Итого с учётом потерь", "40 кВт·ч")


def test_losses_of_reactive_energy_are_not_stated() -> None:
    assert shown(counted("10", energy="R+", losses_percent=Decimal(5))) == [("Итого", "10 кВАр·ч")]


def test_what_the_totals_leave_out_is_said() -> None:
    assert totals.left_out_words([counted("1")]) == ""
    assert totals.left_out_words([counted(None, is_counted=False)]) == ""
    for number, words in (
        (1, "Итоги без 1 значения, расход по которому не определён."),
        (2, "Итоги без 2 значений, расход по которым не определён."),
        (11, "Итоги без 11 значений, расход по которым не определён."),
        (21, "Итоги без 21 значения, расход по которому не определён."),
    ):
        said = totals.left_out_words([counted(None)] * number)
        assert said.replace("\u00a0", " ") == words
