"""What is wrong with a typed reading: then it is refused, with the way out.

What is merely doubtful about a value is asked back: meters/doubts.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from cabinet import formats

# Longer than any display and any way to write it.
_MAX_LENGTH = 40
_SPACES = re.compile(r"[\s\u180e\u200b\u2060\ufeff]+")
_NUMBER = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?")
# Thousands apart as pages and Excel write them: no group but the first is shorter than three.
_GROUPED = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]+)?")


@dataclass(frozen=True)
class Display:
    """What the display of a register can show."""

    integer_digits: int
    fraction_digits: int

    def show(self, value: Decimal) -> str:
        """«018 412,5»."""
        return formats.reading(value, self.integer_digits, self.fraction_digits)

    @property
    def example(self) -> str:
        """A value in the display's own form."""
        return self.show(Decimal("12345.678") % 10**self.integer_digits)


class Refused(Exception):
    """A typed value that is no reading of this register: `title` says what, `advice` what to do."""

    def __init__(self, title: str, advice: str) -> None:
        """Two sentences for the person who typed."""
        super().__init__(f"{title} {advice}")
        self.title = title
        self.advice = advice


def read_value(text: str, display: Display) -> Decimal:
    """The number that was typed: «12 345,6», «12345.6», with any kind of space.

    Raises:
        Refused: it is no number, or the display cannot show it.
    """
    typed = _SPACES.sub(" ", text).strip()
    whole, fraction = _parts(typed, display)
    if len(whole) > display.integer_digits:
        raise _too_many_digits(whole, fraction, display)
    if len(fraction) > display.fraction_digits:
        raise _too_fine(whole, fraction, display)
    return Decimal(f"{whole}.{fraction or 0}")


def _parts(typed: str, display: Display) -> tuple[str, str]:
    """The digits before and after the separator, exactly as typed."""
    if len(typed) > _MAX_LENGTH:
        raise Refused("Слишком длинное значение.", f"Введите одно число, {_like(display)}.")
    if re.match(r"[-−–—] ?[0-9]", typed):
        raise Refused("Отрицательное значение.", "Показание не бывает меньше нуля: уберите минус.")
    if not re.fullmatch(r"[0-9., ]*[0-9][0-9., ]*", typed):
        raise Refused("Это не число.", f"Введите цифры и запятую, {_like(display)}.")
    if len(re.findall(r"[.,]", typed)) > 1:
        raise Refused(
            "Несколько запятых или точек.", f"Запятая отделяет дробную часть, {_like(display)}."
        )
    if " " in typed and not _GROUPED.fullmatch(typed):
        raise Refused(
            "Непонятно, где кончается число.",
            f"Уберите пробелы и поставьте запятую, {_like(display)}.",
        )
    found = _NUMBER.fullmatch(typed.replace(" ", ""))
    if not found:
        raise Refused(
            "Не хватает цифр до или после запятой.", f"Введите число целиком, {_like(display)}."
        )
    return found[1], found[2] or ""


def _like(display: Display) -> str:
    return f"например {display.example}"


def _too_many_digits(whole: str, fraction: str, display: Display) -> Refused:
    limit = display.integer_digits
    advice = f"На табло {_digits(limit)} до запятой, введено {formats.quantity(len(whole))}."
    is_comma_missing = len(whole) == limit + display.fraction_digits and not fraction
    if is_comma_missing and display.fraction_digits:
        meant = Decimal(f"{whole[:limit]}.{whole[limit:]}")
        advice += f" Возможно, пропущена запятая: {display.show(meant)}."
    else:
        advice += " Перепишите показание с табло."
    return Refused("Больше разрядов, чем у счётчика.", advice)


def _too_fine(whole: str, fraction: str, display: Display) -> Refused:
    limit = display.fraction_digits
    if not limit:
        return Refused(
            "На табло нет цифр после запятой.",
            f"Введите целое число: {display.show(Decimal(whole))}.",
        )
    meant = Decimal(f"{whole}.{fraction[:limit]}")
    return Refused(
        "Больше разрядов, чем у счётчика.",
        f"На табло {_digits(limit)} после запятой, введено {formats.quantity(len(fraction))}."
        f" Возможно, верно так: {display.show(meant)}.",
    )


def _digits(number: int) -> str:
    return formats.counted(number, "цифра", "цифры", "цифр")
