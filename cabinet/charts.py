"""Charts of months, drawn on the server: SVG by attributes and classes, nothing inline.

A chart answers one question and stands beside a table with the same numbers, to which it links.
`components/chart.html` draws a `MonthlyChart` on a page and in a PDF alike. All geometry is text
with a point, ready for attributes: the template formats nothing.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from functools import cached_property

from cabinet import formats

MONTHS_MAX = 24
SERIES_MAX = 2

# In pixels, which are those of the page: a chart is not scaled, so that its text stays readable.
HEIGHT = 252
TOP, PLOT_HEIGHT = 24, 180
_RIGHT = 8
_SLOT, _NARROW_SLOT = 48, 32  # of a month; the narrow one from thirteen months on
_BARS_SHARE = Decimal("0.7")  # of a slot, the rest is air
_BAR_MAX = 24
_DIGIT = Decimal("7.5")
_LINES = 5
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5))

# From ten thousand on, thousands are enough.
_SCALES = (
    (Decimal(10_000_000), Decimal(1_000_000), "млн"),
    (Decimal(10_000), Decimal(1000), "тыс."),
)

Values = Mapping[datetime.date, Decimal | None]


@dataclass(frozen=True, kw_only=True)
class Series:
    """What one kind of bar shows: «начислено», and its value by the first day of a month.

    A month that is missing, or None, leaves a gap with a dash: nothing is known, which is not zero.
    """

    title: str
    values: Values


@dataclass(frozen=True, kw_only=True)
class Line:
    """A grey line across the plot with its number at the left."""

    y: str
    text_y: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A bar; below the zero line when its value is negative."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, kw_only=True)
class Mark:
    """Centred words: a month, a year, a value, the dash of a gap."""

    x: str
    y: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Group:
    """The bars of a series and their class: `chart__a` is pale with an outline, `chart__b` full."""

    css: str
    title: str
    bars: list[Bar]


def a_year_later(values: Values) -> dict[datetime.date, Decimal | None]:
    """Values under the same month of the next year, to stand beside those: «годом раньше»."""
    return {day.replace(year=day.year + 1): value for day, value in values.items()}


@dataclass(frozen=True, kw_only=True)
class MonthlyChart:
    """Bars by months: one series, or two side by side, the second one being the main one.

    `key` begins the ids on the page; `unit` is «₽» or «кВт·ч»; `months` are first days in their
    order; `note` completes the description, where what is seen needs a word («ниже нуля —
    возвраты»).

    Raises:
        ValueError: no month or more than two years, no series or more than two.
    """

    key: str
    title: str
    unit: str
    months: Sequence[datetime.date]
    series: Sequence[Series]
    note: str = ""
    height: str = field(init=False, default=str(HEIGHT))

    def __post_init__(self) -> None:
        if not 1 <= len(self.months) <= MONTHS_MAX:
            raise ValueError(f"a chart shows 1 to {MONTHS_MAX} months, not {len(self.months)}")
        if list(self.months) != sorted(set(self.months)):
            raise ValueError("months of a chart stand in their order, each once")
        if not 1 <= len(self.series) <= SERIES_MAX:
            raise ValueError(f"a chart shows 1 or {SERIES_MAX} series, not {len(self.series)}")

    # What the numbers are ------------------------------------------------------------------------

    @cached_property
    def is_empty(self) -> bool:
        """Whether there is not one value: then the page says so instead of drawing."""
        return not any(True for series in self.series for _ in self._known(series))

    @property
    def full_unit(self) -> str:
        """«тыс. ₽»: the unit of the numbers in the chart."""
        return f"{self._scale[1]}{formats.NBSP}{self.unit}" if self._scale[1] else self.unit

    @cached_property
    def description(self) -> str:
        """What a person would say of the chart: the span, the unit, extremes, gaps."""
        first, last = formats.month(self.months[0]), formats.month(self.months[-1])
        span = first if first == last else f"{first} — {last}"
        sentences = [f"{span[:1].upper()}{span[1:]}, {self.full_unit}."]
        sentences += [self._words(series) for series in self.series]
        return " ".join([*sentences, self.note]).strip()

    def _words(self, series: Series) -> str:
        known = list(self._known(series))
        title = f"{series.title[:1].upper()}{series.title[1:]}"
        if not known:
            return f"{title}: нет данных."
        low, high = min(known, key=lambda one: one[1]), max(known, key=lambda one: one[1])
        if low[1] == high[1]:
            words = f"{title}: {self._number(low[1])}"
        else:
            words = (
                f"{title}: от {self._number(low[1])} ({formats.month(low[0])})"
                f" до {self._number(high[1])} ({formats.month(high[0])})"
            )
        months = len(self.months) - len(known)
        gaps = formats.counted(months, "месяц", "месяца", "месяцев")
        return f"{words}, нет данных за {gaps}." if months else f"{words}."

    def _known(self, series: Series) -> Iterator[tuple[datetime.date, Decimal]]:
        for month in self.months:
            value = series.values.get(month)
            if value is not None:
                yield month, value

    @cached_property
    def _range(self) -> tuple[Decimal, Decimal]:
        """The lowest and the highest value, zero among them."""
        values = [Decimal(0), *(value for one in self.series for _, value in self._known(one))]
        return min(values), max(values)

    @cached_property
    def _scale(self) -> tuple[Decimal, str]:
        largest = max(map(abs, self._range))
        for least, divisor, word in _SCALES:
            if largest >= least:
                return divisor, word
        return Decimal(1), ""

    def _number(self, value: Decimal) -> str:
        """A value in the chart's unit with three or four digits that say something."""
        largest = max(map(abs, self._range)) / self._scale[0]
        places = 0 if largest >= 100 else 1 if largest >= 10 else 2
        scaled = value / self._scale[0]
        is_whole = scaled == scaled.to_integral_value()
        return formats.quantity(scaled, 0 if is_whole else places)

    # Where things stand --------------------------------------------------------------------------

    @cached_property
    def lines(self) -> list[Line]:
        """Up to five grey lines and the one of zero, a round step apart."""
        places = max(0, -int((self._step / self._scale[0]).normalize().as_tuple().exponent))
        low, high = self._steps
        values = [self._step * number for number in range(-low, high + 1)]
        return [
            Line(
                y=_px(self._y(value)),
                text_y=_px(self._y(value) + 4),
                text=formats.quantity(value / self._scale[0], places),
            )
            for value in values
        ]

    @property
    def zero(self) -> str:
        """Where the zero line is."""
        return _px(self._y(Decimal(0)))

    @cached_property
    def left(self) -> str:
        """Where the plot begins: right of its longest number."""
        return _px(self._left)

    @property
    def right(self) -> str:
        """Where the plot ends."""
        return _px(self._left + self._slot * len(self.months))

    @property
    def label_x(self) -> str:
        """Where the numbers of the lines end."""
        return _px(self._left - 8)

    @property
    def width(self) -> str:
        """Of the whole chart."""
        return _px(self._left + self._slot * len(self.months) + _RIGHT)

    @cached_property
    def groups(self) -> list[Group]:
        """The series with their bars; one alone is drawn full."""
        styles = ("chart__a", "chart__b")[-len(self.series) :]
        return [
            Group(
                css=css,
                title=series.title,
                bars=[
                    self._bar(self.months.index(month), order, value)
                    for month, value in self._known(series)
                ],
            )
            for order, (css, series) in enumerate(zip(styles, self.series, strict=True))
        ]

    @cached_property
    def gaps(self) -> list[Mark]:
        """A dash where a series knows nothing of a month."""
        y = _px(self._y(Decimal(0)) - 5)
        return [
            Mark(x=_px(self._bar_x(index, order) + self._bar_width / 2), y=y, text=formats.ABSENT)
            for order, series in enumerate(self.series)
            for index, month in enumerate(self.months)
            if series.values.get(month) is None
        ]

    @cached_property
    def months_below(self) -> list[Mark]:
        """«янв» under each month, and its year where a year begins."""
        marks = []
        for index, month in enumerate(self.months):
            x = _px(self._left + self._slot * index + Decimal(self._slot) / 2)
            name = formats.month_name(month)[:3]
            marks.append(Mark(x=x, y=str(TOP + PLOT_HEIGHT + 18), text=name))
            if self._names_its_year(index):
                marks.append(Mark(x=x, y=str(TOP + PLOT_HEIGHT + 36), text=str(month.year)))
        return marks

    def _names_its_year(self, index: int) -> bool:
        """Where a year begins, and at the first month unless the next one's year is too near."""
        if index:
            return self.months[index].year != self.months[index - 1].year
        return self._slot != _NARROW_SLOT or not self._names_its_year(1)

    @cached_property
    def labels(self) -> list[Mark]:
        """Values over bars: of one series all, if they fit, else the highest and the last.

        Of two series the highest of all: any other could stand before a bar of the other series.
        """
        orders = range(len(self.series))
        bars = [
            (month, value, order)
            for order in orders
            for month, value in self._known(self.series[order])
        ]
        if not bars:
            return []
        highest = max(bars, key=lambda bar: bar[1])
        widest = max(len(self._number(value)) for _, value, _ in bars) * _DIGIT
        if len(self.series) > 1:
            bars = [highest]
        elif widest > self._slot:
            apart = self.months.index(bars[-1][0]) - self.months.index(highest[0])
            bars = [highest, bars[-1]] if apart > 1 else [highest]
        return [self._label(*bar) for bar in bars]

    def _label(self, month: datetime.date, value: Decimal, order: int) -> Mark:
        x = self._bar_x(self.months.index(month), order) + self._bar_width / 2
        y = self._y(max(Decimal(0), value)) - 6
        return Mark(x=_px(x), y=_px(y), text=self._number(value))

    def _bar(self, index: int, order: int, value: Decimal) -> Bar:
        top, bottom = sorted((self._y(value), self._y(Decimal(0))))
        return Bar(
            x=_px(self._bar_x(index, order)),
            y=_px(top),
            width=_px(self._bar_width),
            height=_px(bottom - top),
        )

    def _bar_x(self, index: int, order: int) -> Decimal:
        taken = self._bar_width * len(self.series)
        return self._left + self._slot * index + (self._slot - taken) / 2 + self._bar_width * order

    @property
    def _slot(self) -> int:
        return _SLOT if len(self.months) <= 12 else _NARROW_SLOT

    @property
    def _bar_width(self) -> Decimal:
        return min(Decimal(_BAR_MAX), self._slot * _BARS_SHARE / len(self.series))

    @cached_property
    def _left(self) -> Decimal:
        return 16 + _DIGIT * max(len(line.text) for line in self.lines)

    @cached_property
    def _step(self) -> Decimal:
        """The smallest round number of which five make the whole height."""
        low, high = self._range
        if low == high:
            return self._scale[0]
        exponent = ((high - low) / _LINES).adjusted()
        return next(
            step
            for power in (exponent, exponent + 1, exponent + 2)
            for step in (each.scaleb(power) for each in _STEPS)
            if _count(high, step) + _count(-low, step) <= _LINES
        )

    @cached_property
    def _steps(self) -> tuple[int, int]:
        """How many lines below and above zero."""
        low, high = self._range
        below, above = _count(-low, self._step), _count(high, self._step)
        return below, above or (0 if below else 1)

    def _y(self, value: Decimal) -> Decimal:
        below, above = self._steps
        share = (value / self._step + below) / (below + above)
        return TOP + PLOT_HEIGHT * (1 - share)


def _count(value: Decimal, step: Decimal) -> int:
    """How many steps cover the value."""
    return int((value / step).to_integral_value(ROUND_CEILING))


def _px(value: Decimal) -> str:
    """A length for an attribute: a tenth of a pixel is enough."""
    return f"{value:.1f}".removesuffix(".0")
