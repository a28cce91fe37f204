"""How sums, readings, dates and names are written."""

import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from cabinet import formats

MOSCOW = ZoneInfo("Europe/Moscow")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Decimal("12345.67"), "12\u00a0345,67"),
        (Decimal("0"), "0,00"),
        (Decimal("-4180.2"), "\u22124\u00a0180,20"),
        (Decimal("999.995"), "1\u00a0000,00"),
        (Decimal("1234567890.1"), "1\u00a0234\u00a0567\u00a0890,10"),
        (Decimal("-0.001"), "0,00"),
        (7, "7,00"),
        (None, "—"),
    ],
)
def test_amount(value, written):
    assert formats.amount(value) == written


@pytest.mark.parametrize(
    ("value", "places", "written"),
    [
        (Decimal("12345.6"), 1, "12\u00a0345,6"),
        (Decimal("63695"), 0, "63\u00a0695"),
        (Decimal("0.125"), 2, "0,13"),
        (Decimal("-1.5"), 0, "\u22122"),
        (Decimal("1E+3"), 0, "1\u00a0000"),
        (None, 3, "—"),
    ],
)
def test_quantity(value, places, written):
    assert formats.quantity(value, places) == written


@pytest.mark.parametrize(
    ("value", "integer_digits", "fraction_digits", "written"),
    [
        (Decimal("18412.5"), 6, 1, "018\u00a0412,5"),
        (Decimal("66951"), 6, 0, "066\u00a0951"),
        (Decimal("7"), 5, 2, "00\u00a0007,00"),
        (Decimal("0"), 4, 0, "0\u00a0000"),
        (Decimal("1234567.8"), 6, 1, "1\u00a0234\u00a0567,8"),
        (Decimal("12.3456"), 3, 3, "012,346"),
        (None, 6, 1, "—"),
    ],
)
def test_reading_is_written_as_the_display_shows_it(
    value, integer_digits, fraction_digits, written
):
    assert formats.reading(value, integer_digits, fraction_digits) == written


@pytest.mark.parametrize(
    ("size", "written"),
    [
        (0, "0\u00a0Б"),
        (1023, "1\u00a0023\u00a0Б"),
        (421_888, "412\u00a0КБ"),
        (1_048_000, "1\u00a0023\u00a0КБ"),
        (1_048_575, "1,0\u00a0МБ"),
        (1_887_437, "1,8\u00a0МБ"),
        (26_214_400, "25\u00a0МБ"),
    ],
)
def test_file_size(size, written):
    assert formats.file_size(size) == written


@pytest.mark.parametrize(
    ("number", "word"),
    [
        (0, "точек"),
        (1, "точка"),
        (2, "точки"),
        (4, "точки"),
        (5, "точек"),
        (11, "точек"),
        (12, "точек"),
        (14, "точек"),
        (21, "точка"),
        (22, "точки"),
        (111, "точек"),
        (121, "точка"),
        (-1, "точка"),
    ],
)
def test_plural(number, word):
    assert formats.plural(number, "точка", "точки", "точек") == word


def test_counted_groups_thousands():
    assert formats.counted(1200, "точка", "точки", "точек") == "1\u00a0200\u00a0точек"


def test_day_of_a_date():
    assert formats.day(datetime.date(2026, 11, 3)) == "03.11.2026"
    assert formats.day(None) == "—"


def test_moments_are_shown_by_the_retailers_clock():
    just_before_midnight_utc = datetime.datetime(2026, 11, 30, 21, 30, 8, tzinfo=datetime.UTC)
    assert formats.day(just_before_midnight_utc) == "01.12.2026"
    assert formats.clock(just_before_midnight_utc) == "00:30"
    assert formats.moment(just_before_midnight_utc) == "01.12.2026\u00a000:30"
    assert formats.moment_seconds(just_before_midnight_utc) == "01.12.2026\u00a000:30:08\u00a0(МСК)"
    assert formats.day_words(just_before_midnight_utc) == "1\u00a0декабря"
    assert formats.weekday(just_before_midnight_utc) == "вторник"
    assert formats.iso(just_before_midnight_utc) == "2026-12-01T00:30+03:00"


def test_the_time_zone_has_the_name_of_the_settings(settings):
    settings.TIME_ZONE_LABEL = "МСК+2"
    at = datetime.datetime(2026, 11, 30, 19, 52, 8, tzinfo=MOSCOW)
    assert formats.moment_seconds(at) == "30.11.2026\u00a019:52:08\u00a0(МСК+2)"


def test_an_absent_moment_is_a_dash():
    assert formats.moment(None) == formats.moment_seconds(None) == formats.clock(None) == "—"
    assert formats.iso(None) == ""


def test_months():
    november = datetime.date(2026, 11, 1)
    assert formats.month(november) == "ноябрь\u00a02026"
    assert formats.month(None) == "—"
    assert formats.month_name(november) == "ноябрь"
    assert formats.month_genitive(november) == "ноября"
    assert formats.for_month(november) == "за\u00a0ноябрь"


@pytest.mark.parametrize(
    ("full", "short", "initials"),
    [
        ("Соколова Наталья Викторовна", "Соколова\u00a0Н.\u00a0В.", "НС"),
        ("Осипов Пётр", "Осипов\u00a0П.", "ПО"),
        ("Мельник", "Мельник", "М"),
        ("", "", ""),
        ("  Соколова   Наталья ", "Соколова\u00a0Н.", "НС"),
    ],
)
def test_names_stored_whole(full, short, initials):
    assert formats.short_name(full) == short
    assert formats.initials(full) == initials


@pytest.mark.parametrize(
    ("phone", "extension", "shown", "dialled"),
    [
        ("8 800 000-01-02", "", "8\u00a0800\u00a0000-01-02", "tel:+78000000102"),
        ("8 800 000-01-02", "214", "8\u00a0800\u00a0000-01-02", "tel:+78000000102,214"),
        ("+79000000000", "", "+7\u00a0900\u00a0000-00-00", "tel:+79000000000"),
        ("88000000102", "", "8\u00a0800\u00a0000-01-02", "tel:+78000000102"),
        ("+7 (8172) 00-00-01", "", "+7\u00a0(8172)\u00a000-00-01", "tel:+78172000001"),
        ("+375 17 000-00-00", "", "+375\u00a017\u00a0000-00-00", "tel:+375170000000"),
        ("112", "", "112", "tel:112"),
    ],
)
def test_telephones(phone, extension, shown, dialled):
    assert formats.phone_display(phone) == shown
    assert formats.phone_href(phone, extension) == dialled
