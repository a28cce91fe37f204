"""Charts of months: bars where they belong, as high as they should be, and in words."""

from __future__ import annotations

import datetime
import io
import itertools
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from bs4 import BeautifulSoup, Tag
from django.template.loader import get_template
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pypdf import PdfReader

from cabinet import charts, pdf
from cabinet.charts import MonthlyChart, Series

NBSP = "\u00a0"
FIRST = datetime.date(2025, 12, 1)


def months(count: int, first: datetime.date = FIRST) -> list[datetime.date]:
    start = first.year * 12 + first.month - 1
    return [
        datetime.date(number // 12, number % 12 + 1, 1) for number in range(start, start + count)
    ]


def series(*values: Any, title: str = "начислено", first: datetime.date = FIRST) -> Series:
    given = [None if value is None else Decimal(value) for value in values]
    return Series(title=title, values=dict(zip(months(len(values), first), given, strict=True)))


def chart(*rows: Series, count: int = 12, **values: Any) -> MonthlyChart:
    return MonthlyChart(
        **{
            "key": "turnover",
            "title": "Начислено и оплачено по месяцам",
            "unit": "₽",
            "months": months(count),
            "series": rows,
            **values,
        }
    )


def drawn(made: MonthlyChart, **context: Any) -> Tag:
    html = get_template("components/chart.html").render({"chart": made, **context})
    return BeautifulSoup(html, "html.parser")


# Geometry ----------------------------------------------------------------------------------------

amounts = st.decimals(-(10**11), 10**11, places=2)
values_of_months = st.lists(st.none() | amounts, min_size=1, max_size=24)


@hypothesis_settings(deadline=None)
@given(first=values_of_months, second=st.none() | values_of_months)
def test_bars_stay_within_the_plot_and_are_as_high_as_their_values(
    first: list[Decimal | None], second: list[Decimal | None] | None
) -> None:
    rows = [series(*first)] + ([series(*second, title="оплачено")] if second else [])
    count = max(len(first), len(second or []))
    made = chart(*rows, count=count)

    top, bottom = Decimal(charts.TOP), Decimal(charts.TOP + charts.PLOT_HEIGHT)
    zero, left, right = Decimal(made.zero), Decimal(made.left), Decimal(made.right)
    bars = [bar for group in made.groups for bar in group.bars]
    known = [value for row in rows for value in row.values.values() if value is not None]
    assert len(bars) == len(known)
    assert len(bars) + len(made.gaps) == count * len(rows)
    largest = max(map(abs, known), default=Decimal(0))
    for bar, value in zip(bars, known, strict=True):
        x, y, width, height = map(Decimal, (bar.x, bar.y, bar.width, bar.height))
        assert left <= x <= x + width <= right
        assert top <= y <= y + height <= bottom + 1
        if value > 0:
            assert abs(y + height - zero) <= Decimal("0.1")
        elif value < 0:
            assert abs(y - zero) <= Decimal("0.1")
        else:
            assert height == 0
        if largest:
            highest = max(Decimal(one.height) for one in bars)
            assert abs(height - highest * abs(value) / largest) <= Decimal("0.2")
    if largest:  # the plot is used: its round steps never leave most of it empty
        assert max(Decimal(bar.height) for bar in bars) >= charts.PLOT_HEIGHT * Decimal("0.3")


@hypothesis_settings(deadline=None)
@given(values_of_months)
def test_lines_are_few_round_and_contain_zero(values: list[Decimal | None]) -> None:
    made = chart(series(*values), count=len(values))
    numbers = [line.text for line in made.lines]
    assert 2 <= len(numbers) <= 6
    assert "0" in {number.rstrip("0,") or "0" for number in numbers}
    significant = {re.sub(r"\D", "", number).strip("0") for number in numbers}
    # Multiples of 1, 2, 2.5 and 5, five of them at most.
    assert significant <= {
        "", "1", "2", "3", "4", "5", "6", "8", "15", "25", "75", "125",
    }, numbers  # fmt: skip
    heights = [Decimal(line.y) for line in made.lines]
    gaps = {upper - lower for upper, lower in itertools.pairwise(heights)}
    assert max(gaps) - min(gaps) <= Decimal("0.1")


@hypothesis_settings(deadline=None)
@given(first=values_of_months, count=st.integers(1, 24))
def test_labels_do_not_touch_one_another(first: list[Decimal | None], count: int) -> None:
    made = chart(series(*first), count=count)
    for labels in (made.labels, made.gaps):
        spans = [
            (Decimal(one.x) - len(one.text) * Decimal("3.75"), one)
            for one in sorted(labels, key=lambda one: Decimal(one.x))
        ]
        for (_, earlier), (begins, _) in itertools.pairwise(spans):
            assert Decimal(earlier.x) + len(earlier.text) * Decimal("3.75") <= begins


def test_two_series_stand_side_by_side() -> None:
    made = chart(series(*["100"] * 12), series(*["50"] * 12, title="оплачено"))
    pale, full = made.groups
    assert (pale.css, full.css) == ("chart__a", "chart__b")
    for left, right in zip(pale.bars, full.bars, strict=True):
        assert Decimal(left.x) + Decimal(left.width) == pytest.approx(
            Decimal(right.x), abs=Decimal("0.11")
        )
        assert Decimal(left.height) == 2 * Decimal(right.height)


def test_an_overpayment_hangs_below_the_zero_line() -> None:
    made = chart(series("300", "-150", "0"), count=3)
    assert [line.text for line in made.lines] == [
        "\u2212200",
        "\u2212100",
        "0",
        "100",
        "200",
        "300",
    ]
    debt, overpayment, nothing = made.groups[0].bars
    assert Decimal(debt.y) < Decimal(made.zero) == Decimal(overpayment.y)
    assert nothing.height == "0"


def test_a_year_has_the_size_of_a_page_on_paper() -> None:
    widths = [Decimal(chart(series("438100"), count=count).width) for count in (3, 12, 24)]
    assert widths == sorted(widths)
    assert widths[1] < 687  # pixels of 182 mm, A4 less its margins


# Words -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("largest", "unit", "text"),
    [
        ("9999", "₽", f"9{NBSP}999"),
        ("99.5", "₽", "99,5"),
        ("1.25", "₽", "1,25"),
        ("10000", f"тыс.{NBSP}₽", "10"),
        ("398214.36", f"тыс.{NBSP}₽", "398"),
        ("45678.9", f"тыс.{NBSP}₽", "45,7"),
        ("-12345678", f"млн{NBSP}₽", "\u221212,3"),
    ],
)
def test_large_numbers_are_thousands_and_millions(largest: str, unit: str, text: str) -> None:
    made = chart(series(largest), count=1)
    assert made.full_unit == unit
    assert [mark.text for mark in made.labels] == [text]


def test_the_description_says_what_is_seen() -> None:
    charged = series("438100", *["400000"] * 5, "322700", *["400000"] * 4, None)
    made = chart(charged, series(title="оплачено"), note="Ниже нуля — возвраты.")
    assert made.description.replace(NBSP, " ") == (
        "Декабрь 2025 — ноябрь 2026, тыс. ₽. Начислено: от 323 (июнь 2026) до 438 (декабрь 2025),"
        " нет данных за 1 месяц. Оплачено: нет данных. Ниже нуля — возвраты."
    )


def test_months_below_name_the_year_where_it_begins() -> None:
    below = [mark.text for mark in chart(series("1")).months_below]
    assert below[:5] == ["дек", "2025", "янв", "2026", "фев"]
    # Where months stand closer, two years side by side would run into one another.
    below = [mark.text for mark in chart(series("1"), count=14).months_below]
    assert below[:4] == ["дек", "янв", "2026", "фев"]
    assert below.count("2027") == 1


def test_a_single_series_of_a_year_says_every_value() -> None:
    made = chart(series(*range(100, 112)))
    assert [mark.text for mark in made.labels] == [str(number) for number in range(100, 112)]
    assert made.groups[0].css == "chart__b"


def test_two_series_say_the_highest_value_over_its_bar() -> None:
    for first, second in (("900", "800"), ("800", "900")):
        made = chart(series(first, "100"), series(second, "300"), count=2)
        (mark,) = made.labels
        bar = made.groups[second > first].bars[0]
        assert mark.text == "900"
        assert Decimal(mark.y) == Decimal(bar.y) - 6
        assert abs(Decimal(mark.x) - Decimal(bar.x) - Decimal(bar.width) / 2) <= Decimal("0.1")


@pytest.mark.parametrize(("at", "said"), [(3, ["9999", "9002"]), (22, ["9999"]), (23, ["9999"])])
def test_where_values_do_not_fit_the_highest_and_the_last_are_said(
    at: int, said: list[str]
) -> None:
    values = [f"{9000 + number % 3}" for number in range(24)]
    values[at] = "9999"
    made = chart(series(*values), count=24)
    assert [mark.text.replace(NBSP, "") for mark in made.labels] == said


def test_a_month_that_is_not_known_is_a_dash_and_no_zero() -> None:
    made = chart(series("5", None, "0"), count=4)
    assert [mark.text for mark in made.gaps] == ["—", "—"]
    assert len(made.groups[0].bars) == 2


def test_the_same_month_of_the_last_year() -> None:
    last = {datetime.date(2025, 12, 1): Decimal(5), datetime.date(2024, 2, 1): None}
    assert charts.a_year_later(last) == {
        datetime.date(2026, 12, 1): Decimal(5),
        datetime.date(2025, 2, 1): None,
    }


def test_nothing_known_at_all() -> None:
    made = chart(series(None, None), count=2)
    assert made.is_empty
    assert [line.text for line in made.lines] == ["0", "1"]
    assert not chart(series("0"), count=1).is_empty


@pytest.mark.parametrize(
    "wrong",
    [
        {"months": []},
        {"months": months(25)},
        {"months": [FIRST, FIRST]},
        {"months": months(2)[::-1]},
        {"series": []},
        {"series": [series("1")] * 3},
    ],
)
def test_what_a_chart_cannot_show_is_an_error(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="chart"):
        chart(**{"series": [series("1")], **wrong})


# On paper ----------------------------------------------------------------------------------------


def test_a_pdf_shows_the_same_chart(tmp_path: Path, settings: Any) -> None:
    (tmp_path / "page.html").write_text(
        '{% extends "pdf/base.html" %}{% block content %}'
        '{% include "components/chart.html" with chart=chart only %}{% endblock %}'
    )
    frame = settings.TEMPLATES[0]
    settings.TEMPLATES = [{**frame, "DIRS": [*frame["DIRS"], tmp_path]}]
    made = chart(series(*range(100, 124)), count=24)
    page = PdfReader(io.BytesIO(pdf.render("page.html", {"chart": made}))).pages[0]
    assert {"123", "ноя", "2026"} <= set(page.extract_text().split())


# The picture -------------------------------------------------------------------------------------


def test_the_picture_has_names_and_leads_to_its_table() -> None:
    found = drawn(chart(series("5"), series("6", title="<b>")), table_id="numbers")
    picture = found.select_one("svg.chart")
    assert picture["role"] == "img"
    assert found.select_one(f"#{picture['aria-labelledby']}").text.startswith("Начислено и")
    description = found.select_one(f"#{picture['aria-describedby']}")
    assert description.name == "desc"
    assert description.text.endswith("Те же числа есть в таблице.")
    assert found.select_one("p a")["href"] == "#numbers"
    assert [one.text for one in found.select(".legend span")] == ["₽", "начислено", "<b>"]
    region = found.select_one(".chart-box")
    assert (region["role"], region["tabindex"]) == ("region", "0")
    assert len(found.select("rect")) == 2 + 2


def test_without_a_table_nothing_leads_to_one() -> None:
    found = drawn(chart(series("5")))
    assert not found.select("a")
    assert "таблиц" not in found.text
    assert not found.select(".legend svg"), "one series needs no key"


@pytest.mark.parametrize("value", ["1234567.89", "-0.5"])
def test_lengths_are_written_for_machines(value: str) -> None:
    """A decimal comma of the Russian locale would break the picture without a word."""
    lengths = {"x", "y", "x1", "x2", "y1", "y2", "width", "height"}
    for element in drawn(chart(series(value, "7"), count=2)).select("svg.chart, svg.chart *"):
        for name in lengths & set(element.attrs):
            assert re.fullmatch(r"-?\d+(\.\d)?", str(element[name])), (element, name)


def test_every_class_of_the_picture_has_its_style() -> None:
    theme = Path("static/css/theme.css").read_text()
    found = drawn(chart(series("5"), series("6")), table_id="numbers")
    for element in found.select("[class]"):
        for name in element["class"]:
            assert f".{name}" in theme, name
