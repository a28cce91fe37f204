"""Loading the production calendar: by the command and in the admin, all of it or nothing."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import User
from contracts import calendar_file, working_days
from contracts.models import CalendarDay
from tests.contracts.calendars import XML, published

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Day = datetime.date

CSV = "01.01.2026;выходной;Новый год\n07.11.2026;рабочий;суббота\n"


def stored() -> dict[str, tuple[bool, str]]:
    """What the database has."""
    return {day.date.isoformat(): (day.is_working, day.note) for day in CalendarDay.objects.all()}


def load(content: str | bytes, name: str = "2026.csv") -> list[calendar_file.Change]:
    """Load one file."""
    return calendar_file.load([(name, content.encode() if isinstance(content, str) else content)])


# Formats ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_csv_as_spreadsheets_write_it(encoding: str, ends: str) -> None:
    text = ("дата;день;примечание\n" + CSV + "\n;;\n2026-11-04 ; Выходной\n").replace("\n", ends)
    load(text.encode(encoding))
    assert stored() == {
        "2026-01-01": (False, "Новый год"),
        "2026-11-04": (False, ""),
        "2026-11-07": (True, "суббота"),
    }


def test_xml_as_it_is_published() -> None:
    load(XML, "calendar.xml")
    assert stored() == {
        "2026-01-01": (False, "Новогодние каникулы"),
        "2026-01-09": (False, "перенос с 03.01.2026"),
        "2026-04-30": (True, "сокращённый день"),
        "2026-11-07": (True, ""),
    }


def test_the_years_that_come_with_the_portal_have_every_official_holiday() -> None:
    calendar_file.load([published(2025), published(2026)])
    for year in (2025, 2026):
        for month, day in working_days.HOLIDAYS:
            assert CalendarDay.objects.get(date=Day(year, month, day)).is_working is False
    # 247 working days in each, as the published calendars of a five-day week say.
    for year in (2025, 2026):
        days = [Day(year, 1, 1) + datetime.timedelta(days=number) for number in range(365)]
        assert sum(working_days.is_working(day) for day in days) == 247


# What changes -----------------------------------------------------------------------------------


def test_a_year_is_replaced_and_the_changes_are_told() -> None:
    CalendarDay.objects.create(date=Day(2025, 12, 31), is_working=False)
    assert load(CSV)[0].words == ("2026 год: новых дней 2, изменено 0, убрано 0, без изменений 0")
    again = load(CSV)[0]
    assert (again.new, again.changed, again.removed, again.unchanged) == (0, 0, 0, 2)
    other = load("01.01.2026;выходной;Новогодние каникулы\n04.11.2026;выходной\n")[0]
    assert (other.new, other.changed, other.removed, other.unchanged) == (1, 1, 1, 0)
    assert set(stored()) == {"2025-12-31", "2026-01-01", "2026-11-04"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("01.01.2026;выходной\n30.02.2026;выходной", "2026.csv, строка 2: «30.02.2026» не дата"),
        ("01.01.2026;праздник", "строка 1: вместо «праздник» должно быть «рабочий» или «выходной»"),
        ("01.01.2026", "строка 1: вместо «» должно быть"),
        (CSV + "01.01.2026;рабочий", "строка 3: день 01.01.2026 повторяется"),
        ("01.01.2026;выходной;Новый год;да", "строка 1: больше трёх столбцов"),
        ("01.01.2026;выходной;" + "я" * 201, "строка 1: примечание длиннее 200 знаков"),
        ("01.01.2026;выходной;\x00", "строка 1: примечание длиннее 200 знаков или не текст"),
        ("01.01.0026;выходной", "строка 1: год 26 не похож"),
        ("09.01.2026;выходной", "нет 1 января 2026 года, значит, год в файле не целиком"),
        (CSV + "31.12.2025;выходной", "нет 1 января 2025 года"),
        ("", "в файле нет ни одного дня"),
        ("дата;день;примечание\n", "в файле нет ни одного дня"),
        (b"PK\x03\x04\xff\xfe", "строка 1"),
        (b"x" * (1024 * 1024 + 1), "файл больше 1,0"),
        (XML.replace("04.30", "02.30"), "строка 9: «02.30» не месяц и день вида 12.31"),
        (XML.replace('t="3"', 't="9"'), "строка 10: вид дня «9» не 1, 2 или 3"),
        (XML.replace('year="2026"', ""), "строка 2: «» не год"),
        (XML[:-20], "XML записан с ошибкой"),
        (XML.replace("01.01", "01.10", 1), "нет 1 января 2026 года"),
        ("<days><day d='01.01' t='1'/></days>", "строка 1: у календаря не указан год"),
        (
            '<!DOCTYPE c [<!ENTITY a SYSTEM "file:///etc/passwd">]><calendar year="2026"/>',
            "в календаре не бывает DTD",
        ),
        ('<!DOCTYPE calendar><calendar year="2026"/>', "в календаре не бывает DTD"),
        ('<?xml version="1.0" encoding="koi-99"?><calendar year="2026"/>', "2026.csv"),
    ],
)
def test_a_wrong_file_changes_nothing(content: str | bytes, words: str) -> None:
    load("01.01.2026;выходной;как было")
    with pytest.raises(calendar_file.CalendarError) as refusal:
        load(content)
    assert words in str(refusal.value)
    assert stored() == {"2026-01-01": (False, "как было")}


def test_a_year_that_cannot_be_stored_takes_the_others_with_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    replace = calendar_file._replace

    def fails(year: int, days: dict[Day, CalendarDay]) -> calendar_file.Change:
        if year == 2026:
            raise RuntimeError
        return replace(year, days)

    monkeypatch.setattr(calendar_file, "_replace", fails)
    with pytest.raises(RuntimeError):
        calendar_file.load([published(2025), published(2026)])
    assert stored() == {}


# The command ------------------------------------------------------------------------------------


def test_the_command_loads_several_years(tmp_path: Path) -> None:
    paths = []
    for year in (2025, 2026):
        name, content = published(year)
        (tmp_path / name).write_bytes(content)
        paths.append(str(tmp_path / name))
    out = io.StringIO()
    call_command("load_calendar", *paths, stdout=out)
    assert out.getvalue().splitlines() == [
        "2025 год: новых дней 23, изменено 0, убрано 0, без изменений 0",
        "2026 год: новых дней 22, изменено 0, убрано 0, без изменений 0",
    ]


def test_one_wrong_file_of_several_loads_none(tmp_path: Path) -> None:
    (tmp_path / "2026.csv").write_text(CSV)
    (tmp_path / "2027.csv").write_text("01.01.2027;когда-нибудь")
    with pytest.raises(CommandError, match=r"Календарь не загружен\. 2027\.csv, строка 1"):
        call_command("load_calendar", str(tmp_path / "2026.csv"), str(tmp_path / "2027.csv"))
    with pytest.raises(CommandError, match="Файл не читается"):
        call_command("load_calendar", str(tmp_path / "2028.csv"))
    with pytest.raises(CommandError, match="есть и в другом файле"):
        call_command("load_calendar", str(tmp_path / "2026.csv"), str(tmp_path / "2026.csv"))
    assert stored() == {}


# The admin --------------------------------------------------------------------------------------


def upload(browser: Browser, content: str) -> tuple[int, str]:
    """Send the form."""
    file = SimpleUploadedFile("2026.csv", content.encode())
    answer = browser.post(reverse("admin:contracts_calendarday_load"), {"file": file}, follow=True)
    return answer.status_code, answer.content.decode()


def test_the_office_loads_a_year(office: User, login: Login) -> None:
    browser = login(office)
    lists = browser.get(reverse("admin:contracts_calendarday_changelist")).content.decode()
    assert reverse("admin:contracts_calendarday_load") in lists
    status, page = upload(browser, CSV)
    assert (status, "2026 год: новых дней 2" in page) == (200, True)
    assert len(stored()) == 2


def test_a_wrong_file_is_refused_at_the_form(office: User, login: Login) -> None:
    browser = login(office)
    status, page = upload(browser, "31.12.2026;выходной")
    assert status == 422
    assert "Ошибка:" in page
    assert page.count("нет 1 января 2026 года") == 2
    assert browser.post(reverse("admin:contracts_calendarday_load")).status_code == 422
    assert stored() == {}


def test_only_who_may_change_the_calendar_loads_it(login: Login, office: User, vega: User) -> None:
    office.groups.clear()
    view = Permission.objects.get(codename="view_calendarday")
    office.user_permissions.add(view)
    browser = login(office)
    address = reverse("admin:contracts_calendarday_changelist")
    assert "Загрузить календарь" not in browser.get(address).content.decode()
    assert upload(browser, CSV)[0] == 403
    assert upload(login(vega), CSV)[0] == 403
    assert stored() == {}
