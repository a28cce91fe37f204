"""Files of the production calendar: reading them, and putting their years into the database.

Two formats: CSV «дата;рабочий|выходной;примечание» (UTF-8 or Windows-1251), and the XML in which
Russian production calendars are published: `<calendar year="2026">` with `<day d="01.09" t="1"/>`,
where `d` is month.day, `t` is 1 for a day off, 2 for a shortened and 3 for a full working day, `h`
names the holiday and `f` the day from which the day off was moved.
"""

from __future__ import annotations

import csv
import datetime
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl, Locator

import defusedxml.sax
from defusedxml.common import DefusedXmlException
from django.db import transaction

from cabinet import formats
from contracts.models import CalendarDay

# A year in either format is a few kilobytes.
MAX_BYTES = 1024 * 1024

_KINDS = {"выходной": False, "рабочий": True}
_IS_WORKING = {"1": False, "2": True, "3": True}
_SHORTENED = "2"
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")
_NOTE_LENGTH = 200


class CalendarError(Exception):
    """The file was not taken; the text is a sentence with the file and, where known, the line."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """What loading did to one year."""

    year: int
    new: int
    changed: int
    removed: int
    unchanged: int

    @property
    def words(self) -> str:
        """«2026 год: новых дней 22, изменено 0, убрано 0, без изменений 0»."""
        return (
            f"{self.year} год: новых дней {self.new}, изменено {self.changed}, "
            f"убрано {self.removed}, без изменений {self.unchanged}"
        )


@transaction.atomic
def load(files: Iterable[tuple[str, bytes]]) -> list[Change]:
    """Replace the years that the files (name, content) cover, all of them or none.

    A year is covered when the file has its 1 January. Loading the same file again changes nothing;
    deadlines that clients were promised earlier stay.

    Raises:
        CalendarError: a file cannot be read, or holds only a part of a year.
    """
    days: dict[datetime.date, CalendarDay] = {}
    for name, content in files:
        for day in read_years(name, content):
            if day.date in days:
                raise CalendarError(f"{name}: день {formats.day(day.date)} есть и в другом файле.")
            days[day.date] = day
    years = sorted({date.year for date in days})
    return [_replace(year, {d: day for d, day in days.items() if d.year == year}) for year in years]


def read_years(name: str, content: bytes) -> list[CalendarDay]:
    """The days of one file, not stored.

    Raises:
        CalendarError: it is neither format, a line of it is wrong, or a year is not whole.
    """
    days = _read(name, content)
    for year in sorted({date.year for date in days}):
        if datetime.date(year, 1, 1) not in days:
            raise CalendarError(
                f"{name}: нет 1 января {year} года, значит, год в файле не целиком."
                " Загрузка заменяет год полностью."
            )
    return list(days.values())


def _read(name: str, content: bytes) -> dict[datetime.date, CalendarDay]:
    if len(content) > MAX_BYTES:
        raise CalendarError(f"{name}: файл больше {formats.file_size(MAX_BYTES)}.")
    is_xml = content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    found: dict[datetime.date, CalendarDay] = {}
    for line, day in _read_xml(name, content) if is_xml else _read_csv(name, content):
        if day.date in found:
            raise _wrong(name, line, f"день {formats.day(day.date)} повторяется")
        found[day.date] = day
    if not found:
        raise CalendarError(f"{name}: в файле нет ни одного дня.")
    return found


def _replace(year: int, days: dict[datetime.date, CalendarDay]) -> Change:
    stored = {day.date: day for day in CalendarDay.objects.filter(date__year=year)}
    same = [
        date
        for date, day in days.items()
        if date in stored
        and (stored[date].is_working, stored[date].note) == (day.is_working, day.note)
    ]
    gone = [date for date in stored if date not in days]
    CalendarDay.objects.filter(date__in=gone).delete()
    # Not a plain INSERT: two people may load the same year at the same time.
    CalendarDay.objects.bulk_create(
        days.values(),
        update_conflicts=True,
        unique_fields=["date"],
        update_fields=["is_working", "note"],
    )
    new = len(days.keys() - stored.keys())
    return Change(
        year=year,
        new=new,
        changed=len(days) - new - len(same),
        removed=len(gone),
        unchanged=len(same),
    )


def _wrong(name: str, line: int, words: str) -> CalendarError:
    return CalendarError(f"{name}, строка {line}: {words}.")


def _day(name: str, line: int, date: datetime.date, is_working: bool, note: str) -> CalendarDay:
    note = note.strip()
    if len(note) > _NOTE_LENGTH or _FORBIDDEN.search(note):
        raise _wrong(name, line, f"примечание длиннее {_NOTE_LENGTH} знаков или не текст")
    if not 2000 <= date.year <= 2100:
        raise _wrong(name, line, f"год {date.year} не похож на год календаря")
    return CalendarDay(date=date, is_working=is_working, note=note)


# CSV ---------------------------------------------------------------------------------------------


def _read_csv(name: str, content: bytes) -> Iterator[tuple[int, CalendarDay]]:
    rows = csv.reader(_decoded(content).splitlines(), delimiter=";")
    try:
        for cells in rows:
            cells = [cell.strip() for cell in cells]
            is_head = rows.line_num == 1 and cells[:1] == ["дата"]
            if any(cells) and not is_head:
                yield rows.line_num, _csv_day(name, rows.line_num, cells)
    except csv.Error as error:
        raise _wrong(name, rows.line_num, "строку не разобрать") from error


def _csv_day(name: str, line: int, cells: list[str]) -> CalendarDay:
    date = _date(cells[0])
    if date is None:
        raise _wrong(name, line, f"«{cells[0][:40]}» не дата вида 31.12.2026")
    kind = cells[1].lower() if len(cells) > 1 else ""
    if kind not in _KINDS:
        raise _wrong(name, line, f"вместо «{kind[:40]}» должно быть «рабочий» или «выходной»")
    if len(cells) > 3 and any(cells[3:]):
        raise _wrong(name, line, "больше трёх столбцов")
    return _day(name, line, date, _KINDS[kind], cells[2] if len(cells) > 2 else "")


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1251", errors="replace")


def _date(words: str) -> datetime.date | None:
    """A day from «31.12.2026» or «2026-12-31»."""
    for form in ("%d.%m.%Y", "%Y-%m-%d"):
        try:
            return datetime.datetime.strptime(words, form).date()
        except ValueError:
            continue
    return None


# XML ---------------------------------------------------------------------------------------------


def _read_xml(name: str, content: bytes) -> list[tuple[int, CalendarDay]]:
    handler = _Handler(name)
    try:
        defusedxml.sax.parseString(content, handler, forbid_dtd=True)
    except SAXParseException as error:
        raise _wrong(name, error.getLineNumber() or 1, "XML записан с ошибкой") from error
    except DefusedXmlException as error:
        raise CalendarError(f"{name}: в календаре не бывает DTD и ссылок на файлы.") from error
    except (ValueError, LookupError) as error:
        raise CalendarError(f"{name}: файл в неизвестной кодировке.") from error
    return handler.days


class _Handler(ContentHandler):
    """Takes the days together with the lines on which they stand."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.locator: Locator | None = None
        self.year = 0
        self.titles: dict[str, str] = {}
        self.days: list[tuple[int, CalendarDay]] = []

    def setDocumentLocator(self, locator: Locator) -> None:
        """Keep what knows the line."""
        self.locator = locator

    def startElement(self, name: str, attrs: AttributesImpl) -> None:
        """One element begins; its children come later, in the file's order."""
        match name:
            case "calendar":
                year = attrs.get("year", "")
                if not re.fullmatch(r"[0-9]{4}", year):
                    raise _wrong(self.name, self._line, f"«{year[:40]}» не год")
                self.year = int(year)
            case "holiday":
                self.titles[attrs.get("id", "")] = attrs.get("title", "")
            case "day":
                self.days.append((self._line, self._day(attrs)))

    @property
    def _line(self) -> int:
        return int(self.locator.getLineNumber() or 1) if self.locator else 1

    def _day(self, attrs: AttributesImpl) -> CalendarDay:
        words, kind, moved = attrs.get("d", ""), attrs.get("t", ""), attrs.get("f", "")
        date = self._date_of(words)
        if kind not in _IS_WORKING:
            raise _wrong(self.name, self._line, f"вид дня «{kind[:40]}» не 1, 2 или 3")
        note = self.titles.get(attrs.get("h", ""), "")
        if moved:
            note = note or f"перенос с {formats.day(self._date_of(moved))}"
        elif kind == _SHORTENED:
            note = note or "сокращённый день"
        return _day(self.name, self._line, date, _IS_WORKING[kind], note)

    def _date_of(self, words: str) -> datetime.date:
        """A day of the file's year from «month.day»."""
        month, _, day = words.partition(".")
        if not self.year:
            raise _wrong(self.name, self._line, "у календаря не указан год")
        try:
            return datetime.date(self.year, int(month), int(day))
        except ValueError as error:
            raise _wrong(
                self.name, self._line, f"«{words[:40]}» не месяц и день вида 12.31"
            ) from error
