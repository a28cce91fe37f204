"""How sums, readings, dates and names are written on pages, in letters and on paper.

Pure functions, called once a row by views and available as filters (`{% load look %}`). They
never touch the locale machinery, which is tens of times slower than what is needed here.
A moment is shown in the retailer's time zone; `settings.TIME_ZONE_LABEL` is its short name.
"""

from __future__ import annotations

import datetime
import re
from decimal import ROUND_HALF_UP, Decimal

from django.conf import settings
from django.utils import timezone

NBSP = "\u00a0"
MINUS = "\u2212"
# What stands where there is no value; zero is a value and is written as one.
ABSENT = "—"

MONTHS = (
    "январь", "февраль", "март", "апрель", "май", "июнь",
    "июль", "август", "сентябрь", "октябрь", "ноябрь", "декабрь",
)  # fmt: skip
MONTHS_GENITIVE = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip
WEEKDAYS = ("понедельник", "вторник", "среда", "четверг", "пятница", "суббота", "воскресенье")

Number = Decimal | int

# Numbers ---------------------------------------------------------------------------------------


def quantity(value: Number | None, places: int = 0) -> str:
    """«12 345,6»: thousands apart, `places` digits after the comma, rounded half up."""
    if value is None:
        return ABSENT
    rounded = Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    digits = f"{abs(rounded):,f}".replace(",", NBSP).replace(".", ",")
    return f"{MINUS}{digits}" if rounded < 0 else digits


def exact(value: Number | None) -> str:
    """A quantity with as many decimals as it needs: «26 128», «345,6»."""
    if value is None:
        return ABSENT
    return quantity(value, max(0, -int(Decimal(value).normalize().as_tuple().exponent)))


def percent(value: Number | None) -> str:
    """«30 %», «33,33 %»."""
    return f"{quantity(value, 2).removesuffix(',00')}{NBSP}%"


def amount(value: Number | None) -> str:
    """A sum without its unit, for a table whose head names it: «12 345,67»."""
    return quantity(value, 2)


def reading(value: Decimal | None, integer_digits: int, fraction_digits: int) -> str:
    """A meter's display as it is seen: «018 412,5», leading zeros included."""
    if value is None:
        return ABSENT
    rounded = value.quantize(Decimal(1).scaleb(-fraction_digits), ROUND_HALF_UP)
    whole, _, fraction = f"{abs(rounded):f}".partition(".")
    whole = whole.zfill(integer_digits)
    head = len(whole) % 3
    groups = [whole[:head]] if head else []
    groups += [whole[start : start + 3] for start in range(head, len(whole), 3)]
    shown = NBSP.join(groups) + (f",{fraction}" if fraction else "")
    return f"{MINUS}{shown}" if rounded < 0 else shown


def file_size(size: int) -> str:
    """«412 КБ», «1,8 МБ»: decimal below ten, whole above; a kilobyte is 1024 bytes."""
    if size < 1024:
        return f"{quantity(size)}{NBSP}Б"
    value, unit = Decimal(size) / 1024, "КБ"
    # 1023,5 КБ would be rounded to «1024 КБ».
    if value >= Decimal("1023.5"):
        value, unit = value / 1024, "МБ"
    places = 1 if unit == "МБ" and value < 10 else 0
    return f"{quantity(value, places)}{NBSP}{unit}"


def plural(number: int, one: str, few: str, many: str) -> str:
    """The word that goes with the number: 1 точка, 3 точки, 12 точек."""
    tail = abs(number) % 100
    if 11 <= tail <= 14:
        return many
    tail %= 10
    if tail == 1:
        return one
    return few if 2 <= tail <= 4 else many


def counted(number: int, one: str, few: str, many: str) -> str:
    """The number and its word: «12 точек»."""
    return f"{quantity(number)}{NBSP}{plural(number, one, few, many)}"


# Days and moments ------------------------------------------------------------------------------


def _local(moment: datetime.datetime) -> datetime.datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def day(value: datetime.date | None) -> str:
    """«23.11.2026»; of a moment, the day that the retailer's clock showed."""
    if value is None:
        return ABSENT
    if isinstance(value, datetime.datetime):
        value = _local(value)
    return f"{value.day:02}.{value.month:02}.{value.year:04}"


def day_words(value: datetime.date) -> str:
    """«1 декабря», for running text near its own time."""
    if isinstance(value, datetime.datetime):
        value = _local(value)
    return f"{value.day}{NBSP}{MONTHS_GENITIVE[value.month - 1]}"


def weekday(value: datetime.date) -> str:
    """«понедельник»."""
    if isinstance(value, datetime.datetime):
        value = _local(value)
    return WEEKDAYS[value.weekday()]


def clock(value: datetime.datetime | None) -> str:
    """«14:05» by the retailer's clock."""
    if value is None:
        return ABSENT
    value = _local(value)
    return f"{value.hour:02}:{value.minute:02}"


def moment(value: datetime.datetime | None) -> str:
    """«23.11.2026 14:05» by the retailer's clock."""
    if value is None:
        return ABSENT
    value = _local(value)
    return f"{value.day:02}.{value.month:02}.{value.year:04}{NBSP}{value.hour:02}:{value.minute:02}"


def moment_seconds(value: datetime.datetime | None) -> str:
    """«30.11.2026 19:52:08 (МСК)», as a receipt states it."""
    if value is None:
        return ABSENT
    value = _local(value)
    return f"{moment(value)}:{value.second:02}{NBSP}({time_zone_label()})"


def duration(value: datetime.timedelta) -> str:
    """«1 день 4 часа»: the two largest units, an unfinished minute not counted."""
    hours, minutes = divmod(max(0, int(value.total_seconds() // 60)), 60)
    days, hours = divmod(hours, 24)
    parts = [
        (days, ("день", "дня", "дней")),
        (hours, ("час", "часа", "часов")),
        (minutes, ("минута", "минуты", "минут")),
    ]
    start = next((at for at, (number, _) in enumerate(parts) if number), None)
    if start is None:
        return "меньше минуты"
    shown = [part for part in parts[start : start + 2] if part[0]]
    return " ".join(counted(number, *forms) for number, forms in shown)


def time_zone_label() -> str:
    """The retailer's time zone as pages name it: «МСК»."""
    return str(getattr(settings, "TIME_ZONE_LABEL", "МСК"))


def iso(value: datetime.date | None) -> str:
    """A day or a moment for `<time datetime>`; empty when there is none."""
    if value is None:
        return ""
    return (
        _local(value).isoformat(timespec="minutes")
        if isinstance(value, datetime.datetime)
        else value.isoformat()
    )


def month(value: datetime.date | None) -> str:
    """«ноябрь 2026»."""
    return ABSENT if value is None else f"{MONTHS[value.month - 1]}{NBSP}{value.year}"


def month_name(value: datetime.date) -> str:
    """«ноябрь», as in «показания за ноябрь»."""
    return MONTHS[value.month - 1]


def month_genitive(value: datetime.date) -> str:
    """«ноября», as in «до конца ноября»."""
    return MONTHS_GENITIVE[value.month - 1]


def for_month(value: datetime.date) -> str:
    """«за ноябрь»."""
    return f"за{NBSP}{MONTHS[value.month - 1]}"


# People and telephones ---------------------------------------------------------------------------


def short_name(full_name: str) -> str:
    """«Соколова Н. В.» from «Соколова Наталья Викторовна», for names that are stored whole.

    People of the database write their own (`cabinet.people.Named`).
    """
    family, *names = full_name.split()[:3] or [""]
    return NBSP.join((family, *(f"{name[0]}." for name in names)))


def initials(full_name: str) -> str:
    """«НС» from «Соколова Наталья Викторовна»: given name, family name."""
    family, *names = full_name.split()[:2] or [""]
    return "".join(name[0] for name in (*names, family) if name).upper()


# A Russian number: ten digits after the first 7 or 8.
_RUSSIAN_NUMBER = re.compile(r"[78]?(\d{3})(\d{3})(\d{2})(\d{2})")


def phone_display(phone: str) -> str:
    """A telephone number as people read it: «8 800 000-01-00».

    Bare digits are grouped; a number that somebody has already grouped stays as it is. Its hyphens
    are plain ones, so that it can be copied: the page keeps it on one line by the class `nowrap`.
    """
    stripped = phone.strip()
    if re.fullmatch(r"\+?\d{11}", stripped):
        found = _RUSSIAN_NUMBER.fullmatch(stripped.lstrip("+"))
        if found:
            first = "+7" if stripped.startswith("+") else "8"
            code, left, middle, right = found.groups()
            stripped = f"{first} {code} {left}-{middle}-{right}"
    return stripped.replace(" ", NBSP)


def phone_href(phone: str, extension: str = "") -> str:
    """What stands after `href="`: «tel:+78000000100», with a pause before the extension.

    A Russian number gets the country's code, so that it can be dialled from abroad.
    """
    digits = re.sub(r"\D", "", phone)
    if len(digits) == 11 and digits[0] in "78":
        digits = f"+7{digits[1:]}"
    elif phone.strip().startswith("+"):
        digits = f"+{digits}"
    tail = re.sub(r"\D", "", extension)
    return f"tel:{digits}" + (f",{tail}" if tail else "")
