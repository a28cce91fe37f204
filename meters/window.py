"""When readings of a month are asked for, taken in time, and taken late.

Readings stand for 00:00 of the 1st day after the month (ПП РФ № 442, section X); by when they are
reported is a rule of the contract (meters/rules.py).
"""

from __future__ import annotations

import datetime
import zoneinfo
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from cabinet import formats
from contracts import working_days
from contracts.periods import Month

_ONE_DAY = datetime.timedelta(days=1)
# Other zones are named by their distance from this one, as Russians do: «МСК+2».
_MOSCOW = zoneinfo.ZoneInfo("Europe/Moscow")


@dataclass(frozen=True)
class Window:
    """The days on which readings of a month are taken, by the clock of `time_zone`.

    From `opens_day` of the month itself to the end of `closes_day`, of the month itself or of the
    next one; a day that the month does not have is its last one. `is_moved_by_holidays`: a last day
    on which the office does not work gives way to the next working one.
    """

    opens_day: int = 1
    closes_day: int = 1
    closes_next_month: bool = True
    is_moved_by_holidays: bool = False
    time_zone: str = "Europe/Moscow"

    @cached_property
    def _zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    @property
    def is_possible(self) -> bool:
        """Whether the term ends after it begins, in the shortest month and in a long one."""
        months = (Month(2026, 2), Month(2026, 3))
        return all(self.opens_at(month) < self.closes_at(month) for month in months)

    def opens_at(self, period: Month) -> datetime.datetime:
        """The first moment at which readings of `period` are taken."""
        return self._midnight(_day_of(period, self.opens_day))

    def due_on(self, period: Month) -> datetime.date:
        """The last day on which readings of `period` are in time."""
        day = _day_of(period.shifted(1) if self.closes_next_month else period, self.closes_day)
        if self.is_moved_by_holidays and not working_days.is_working(day):
            return working_days.add(day, 1)
        return day

    def closes_at(self, period: Month) -> datetime.datetime:
        """The first moment that is late: midnight after the due day."""
        return self._midnight(self.due_on(period) + _ONE_DAY)

    def is_late(self, period: Month, moment: datetime.datetime) -> bool:
        """Whether readings of `period` that came at `moment` are «после срока»."""
        return moment >= self.closes_at(period)

    def reading_period(self, now: datetime.datetime) -> Month:
        """The month that is asked for at `now`: whose term runs, else the latest one that began."""
        current = Month.of(now.astimezone(self._zone).date())
        latest = current if self.opens_at(current) <= now else current.shifted(-1)
        # Holidays may move the end of a term beyond the whole next month.
        running = (latest.shifted(-back) for back in (2, 1))
        return next((month for month in running if not self.is_late(month, now)), latest)

    def accepted_periods(self, now: datetime.datetime) -> tuple[Month, Month]:
        """The months that are taken at `now`: the one asked for, and the one before it."""
        period = self.reading_period(now)
        return period, period.shifted(-1)

    def taken_until(self, period: Month) -> datetime.datetime:
        """The first moment at which readings of `period` are not taken any more, late or not."""
        return max(self.closes_at(period.shifted(1)), self.opens_at(period.shifted(2)))

    def choose(self, text: str, now: datetime.datetime) -> Month | None:
        """The accepted month that `text` («2026-11») names; None when it names no such month."""
        return next((month for month in self.accepted_periods(now) if code(month) == text), None)

    def due_words(self, period: Month) -> str:
        """«1 декабря 23:59 (МСК)»."""
        return f"{formats.day_words(self.due_on(period))} 23:59 ({self.zone_label(period)})"

    def taken_words(self, period: Month) -> str:
        """«1 января 23:59 (МСК)»: until when readings of `period` are taken, late ones too."""
        last_day = self.taken_until(period).astimezone(self._zone).date() - _ONE_DAY
        return f"{formats.day_words(last_day)} 23:59 ({self.zone_label(period)})"

    def opens_words(self, period: Month) -> str:
        """«23 ноября»."""
        return formats.day_words(self.opens_at(period).astimezone(self._zone).date())

    def remaining_words(self, period: Month, now: datetime.datetime) -> str:
        """«осталось 1 день 4 часа»: the two largest units, an unfinished minute not counted."""
        return f"осталось {formats.duration(self.closes_at(period) - now)}"

    def zone_label(self, period: Month) -> str:
        """«МСК», or «МСК+2» where the contract's clock is another one."""
        if self.time_zone == settings.TIME_ZONE:
            return formats.time_zone_label()
        moment = self.closes_at(period)
        ahead = moment.astimezone(self._zone).utcoffset()
        of_moscow = moment.astimezone(_MOSCOW).utcoffset()
        assert ahead is not None and of_moscow is not None  # noqa: S101, PT018 - an aware moment
        minutes = int((ahead - of_moscow).total_seconds() // 60)
        hours, rest = divmod(abs(minutes), 60)
        if not minutes:
            return "МСК"
        sign = "+" if minutes > 0 else formats.MINUS
        return f"МСК{sign}{hours}{f':{rest:02}' if rest else ''}"

    def _midnight(self, day: datetime.date) -> datetime.datetime:
        """The first moment of `day`, in UTC."""
        local = datetime.datetime.combine(day, datetime.time(), tzinfo=self._zone)
        return local.astimezone(datetime.UTC)


def code(period: Month) -> str:
    """«2026-11», as addresses and forms carry it."""
    return f"{period.year:04}-{period.number:02}"


def hours(period: Month) -> int:
    """The hours of a month."""
    return 24 * period.last_day.day


def _day_of(month: Month, number: int) -> datetime.date:
    return month.first_day.replace(day=min(number, month.last_day.day))
