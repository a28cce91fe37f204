"""What is made up by hand: the companies, their contracts, their sites, and how they pay.

Everything else (points, readings, money, papers) follows from these plans and the seed.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from contracts.models import Contract
from contracts.periods import Month
from exchange.demo import requisites

HISTORY_MONTHS = 24

KPP = requisites.kpp()

ONE_RATE = ("total",)
TWO_ZONES = ("day", "night")
THREE_ZONES = ("peak", "half_peak", "night")


class TooEarly(Exception):
    """A package of a day before `first_day`: some contract was not signed when history began."""

    def __init__(self, first_day: datetime.date) -> None:
        self.first_day = first_day
        super().__init__(f"the first day with a whole past is {first_day.isoformat()}")


class Habit(enum.Enum):
    """How a company pays under a contract."""

    PROMPT = "in time, with one slip that brought a notice"
    GENEROUS = "in time and somewhat more than asked"
    DEBTOR = "stopped paying in the last months"
    SETTLED = "left with nothing owed"


@dataclass(frozen=True, kw_only=True)
class Site:
    """Metering points under one roof: how many, with which registers, how much each uses.

    `monthly_kwh` is a point's ordinary month; `ratios` (Ктт) go round the points.
    """

    name: str
    places: tuple[str, ...]
    points: int
    monthly_kwh: int
    zones: tuple[str, ...] = ONE_RATE
    ratios: tuple[int, ...] = (1,)


@dataclass(frozen=True, kw_only=True)
class ContractPlan:
    """A contract to be. `events` switch on what happens once: see exchange/demo/points.py.

    «correction»: a corrected transfer act, and a document that comes as a PDF.
    """

    key: str
    number: str
    branch: str
    signed_on: datetime.date
    place: str
    sites: tuple[Site, ...]
    habit: Habit
    price_category: int = Contract.PriceCategory.FIRST
    voltage: str = Contract.Voltage.LOW
    terminated_months_ago: int | None = None
    events: frozenset[str] = frozenset()

    def months(self, today: datetime.date) -> list[Month]:
        """The finished billing periods of the history, oldest first."""
        last = Month.of(today).shifted(-(self.terminated_months_ago or 1))
        first = history_start(today)
        count = (last.year - first.year) * 12 + last.number - first.number + 1
        return [first.shifted(number) for number in range(count)]

    def terminated_on(self, today: datetime.date) -> datetime.date | None:
        """The day at whose beginning the contract ended: the first one after its last period."""
        if self.terminated_months_ago is None:
            return None
        return self.months(today)[-1].shifted(1).first_day


@dataclass(frozen=True, kw_only=True)
class Company:
    """A legal entity to be; the bank account follows from `ordinal`."""

    key: str
    ordinal: int
    short_name: str
    full_name: str
    address: str
    contracts: tuple[ContractPlan, ...]

    @property
    def inn(self) -> str:
        """With its check digit."""
        return requisites.inn(4000 + self.ordinal)

    @property
    def ogrn(self) -> str:
        """With its check digit."""
        return requisites.ogrn(52_000 + self.ordinal, year=2008)

    @property
    def bank(self) -> requisites.Bank:
        """Every company banks at the same place."""
        return requisites.bank("Банк «Заречный» (АО)", 915)

    @property
    def account(self) -> str:
        """The settlement account."""
        return requisites.account(7000 + self.ordinal, self.bank.bic)


def history_start(today: datetime.date) -> Month:
    """The first month of which there are documents: 24 finished months before today's."""
    return Month.of(today).shifted(-HISTORY_MONTHS)


def check_day(today: datetime.date) -> None:
    """Refuse a day on which the youngest contract has no 24 finished months behind it.

    Raises:
        TooEarly: with the first day that is good.
    """
    youngest = max(plan.signed_on for company in companies(1) for plan in company.contracts)
    first_day = Month.of(youngest).shifted(HISTORY_MONTHS + 1).first_day
    if today < first_day:
        raise TooEarly(first_day)


def companies(scale: int) -> Iterator[Company]:
    """The three companies of the demo, and `scale` − 1 times twenty more for load tests."""
    yield VEGA
    yield ORION
    yield POLARIS
    for number in range((scale - 1) * 20):
        yield _another(number)


VEGA = Company(
    key="vega",
    ordinal=1,
    short_name="ООО «Вега»",
    full_name="Общество с ограниченной ответственностью «Вега»",
    address="960010, г. Новоборск, ул. Литейная, д. 14",
    contracts=(
        ContractPlan(
            key="vega-1",
            number="96-01-004217",
            branch="novoborsk",
            signed_on=datetime.date(2019, 3, 14),
            place="Производственная площадка, ул. Литейная, 14",
            voltage=Contract.Voltage.MEDIUM_2,
            habit=Habit.DEBTOR,
            events=frozenset({"rollover", "losses", "fresh", "verification", "correction"}),
            sites=(
                Site(
                    name="Производственный корпус, ул. Литейная, 14",
                    places=("ТП-14, ввод 1", "ТП-14, ввод 2", "Компрессорная"),
                    points=3,
                    monthly_kwh=21_400,
                    ratios=(40, 40, 20),
                ),
                Site(
                    name="Склад, ул. Литейная, 16",
                    places=("ВРУ склада", "Наружное освещение"),
                    points=2,
                    monthly_kwh=1_850,
                ),
            ),
        ),
        ContractPlan(
            key="vega-2",
            number="96-01-004218",
            branch="novoborsk",
            signed_on=datetime.date(2020, 7, 1),
            place="Торговая сеть, г. Новоборск и г. Заречный Яр",
            habit=Habit.GENEROUS,
            events=frozenset({"automatic"}),
            sites=tuple(
                Site(
                    name=f"Торговый центр «Вега», {address}",
                    places=("Секция", "Холодильная камера", "Вентиляция", "Касса и офис"),
                    points=points,
                    monthly_kwh=monthly_kwh,
                )
                for address, points, monthly_kwh in (
                    ("пр. Мира, 61", 40, 940),
                    ("ул. Садовая, 5", 32, 1_120),
                    ("ул. Вокзальная, 27", 26, 760),
                    ("г. Заречный Яр, пл. Победы, 2", 22, 1_310),
                )
            ),
        ),
        ContractPlan(
            key="vega-3",
            number="96-02-001105",
            branch="zarechny",
            signed_on=datetime.date(2021, 2, 8),
            place="Литейный цех, г. Заречный Яр, Промышленный проезд, 3",
            price_category=Contract.PriceCategory.SECOND,
            voltage=Contract.Voltage.MEDIUM_2,
            habit=Habit.PROMPT,
            events=frozenset({"replacement", "automatic"}),
            sites=(
                Site(
                    name="Литейный цех, Промышленный проезд, 3",
                    places=("ТП-3, ввод 1", "ТП-3, ввод 2"),
                    points=2,
                    monthly_kwh=64_000,
                    zones=THREE_ZONES,
                    ratios=(80, 60),
                ),
                Site(
                    name="Участок обработки, Промышленный проезд, 5",
                    places=("ВРУ-1", "ВРУ-2"),
                    points=2,
                    monthly_kwh=27_500,
                    zones=TWO_ZONES,
                    ratios=(60, 80),
                ),
            ),
        ),
        ContractPlan(
            key="vega-4",
            number="96-01-003090",
            branch="novoborsk",
            signed_on=datetime.date(2017, 11, 20),
            place="Арендованный склад, ул. Портовая, 9",
            habit=Habit.SETTLED,
            terminated_months_ago=8,
            sites=(
                Site(
                    name="Арендованный склад, ул. Портовая, 9",
                    places=("ВРУ склада", "Рампа"),
                    points=2,
                    monthly_kwh=2_700,
                ),
            ),
        ),
    ),
)

ORION = Company(
    key="orion",
    ordinal=2,
    short_name="АО «Орион»",
    full_name="Акционерное общество «Орион»",
    address="960201, г. Заречный Яр, ул. Заводская, д. 1",
    contracts=(
        ContractPlan(
            key="orion-1",
            number="96-02-002040",
            branch="zarechny",
            signed_on=datetime.date(2018, 5, 3),
            place="Деревообрабатывающий комбинат, ул. Заводская, 1",
            voltage=Contract.Voltage.MEDIUM_1,
            habit=Habit.PROMPT,
            sites=(
                Site(
                    name="Комбинат, ул. Заводская, 1",
                    places=("РП-1", "Лесопильный цех", "Сушильные камеры", "Котельная"),
                    points=4,
                    monthly_kwh=38_000,
                    ratios=(80, 60, 40, 20),
                ),
            ),
        ),
        ContractPlan(
            key="orion-2",
            number="96-02-002041",
            branch="zarechny",
            signed_on=datetime.date(2022, 9, 15),
            place="База отдыха, урочище Белый Камень",
            habit=Habit.DEBTOR,
            sites=(
                Site(
                    name="База отдыха, урочище Белый Камень",
                    places=("Главный корпус", "Насосная"),
                    points=2,
                    monthly_kwh=5_200,
                ),
            ),
        ),
    ),
)

POLARIS = Company(
    key="polaris",
    ordinal=3,
    short_name="ООО «Поляр-Сервис»",
    full_name="Общество с ограниченной ответственностью «Поляр-Сервис»",
    address="960305, пгт Северный Брод, ул. Лесная, д. 22",
    contracts=(
        ContractPlan(
            key="polaris-1",
            number="96-03-000512",
            branch="brod",
            signed_on=datetime.date(2023, 4, 10),
            place="Автобаза, ул. Лесная, 22",
            habit=Habit.GENEROUS,
            sites=(
                Site(
                    name="Автобаза, ул. Лесная, 22",
                    places=("Гараж", "Мастерская", "Контора"),
                    points=3,
                    monthly_kwh=3_900,
                    ratios=(20, 20, 1),
                ),
            ),
        ),
    ),
)


def _another(number: int) -> Company:
    habits = (Habit.PROMPT, Habit.GENEROUS, Habit.DEBTOR)
    branches = ("novoborsk", "zarechny", "brod")
    street = f"ул. Дальняя, {number + 1}"
    zones, ratio = ((ONE_RATE, 20), (TWO_ZONES, 40), (THREE_ZONES, 60))[number % 3]
    plans = tuple(
        ContractPlan(
            key=f"more-{number}-{index}",
            number=f"96-0{number % 3 + 1}-{100_000 + number * 4 + index}",
            branch=branches[number % 3],
            signed_on=datetime.date(2020, number % 12 + 1, index + 1),
            place=f"Объект {index}, {street}",
            price_category=2 if number % 3 else 1,
            habit=habits[(number + index) % 3],
            sites=(
                Site(
                    name=f"Объект {index}, {street}",
                    places=("Ввод 1", "Ввод 2", "Цех", "Склад", "Контора"),
                    points=3 + number % 12,
                    monthly_kwh=int(Decimal(1200) * (1 + number % 7)),
                    zones=zones,
                    ratios=(ratio, 1),
                ),
            ),
        )
        for index in range(1, 2 + number % 3)
    )
    return Company(
        key=f"more-{number}",
        ordinal=10 + number,
        short_name=f"ООО «Созвездие-{number + 1}»",
        full_name=f"Общество с ограниченной ответственностью «Созвездие-{number + 1}»",
        address=f"960010, г. Новоборск, {street}",
        contracts=plans,
    )
