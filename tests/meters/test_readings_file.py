"""«Загрузить из файла»: what is taken, what is refused and in which words."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client as Browser
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from contracts.models import Contract
from contracts.periods import Month
from meters import blank, uploading
from meters.models import Reading, ReadingUpload, Register
from tests import make
from tests.frame import workbooks
from tests.meters import sheets_in
from tests.meters.table import text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def address(contract: Contract) -> str:
    return reverse("meters:readings-file", args=[contract.pk])


def send(
    browser: Browser, contract: Contract, content: bytes, name: str = "Показания.xlsx"
) -> HttpResponse:
    file = sheets_in.upload(content, name)
    return browser.post(address(contract), {"file": file})  # type: ignore[return-value]


def test_the_page_offers_the_table_and_asks_for_it_back(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    page = login(vega).get(address(vega_contract))
    words = text(page)
    assert "В ней 2 строки" in words
    assert "до 10 МБ и 10 000 строк" in words
    assert reverse("meters:readings-blank", args=[vega_contract.pk, "csv"]) in page.content.decode()


def test_a_file_is_read_and_nothing_is_a_reading_yet(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    content = sheets_in.book(sheets_in.of(known, "1100,5", 2100))
    response = send(login(vega), vega_contract, content)
    upload = ReadingUpload.objects.get()
    assert response["Location"] == reverse(
        "meters:readings-file-check", args=[vega_contract.pk, upload.pk]
    )
    assert (upload.author, upload.contract, upload.period) == (
        vega,
        vega_contract,
        period.first_day,
    )
    assert not Reading.objects.filter(source="client").exists()
    assert "Показания.xlsx" in text(login(vega).get(address(vega_contract)))


def test_the_same_file_waits_once(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    content = sheets_in.book(sheets_in.of(known, "1100,5"))
    first = send(login(vega), vega_contract, content)
    second = send(login(vega), vega_contract, content, "Копия.xlsx")
    assert first["Location"] == second["Location"]
    assert ReadingUpload.objects.get().name == "Копия.xlsx"


# Refusals ---------------------------------------------------------------------------------------


def bomb() -> bytes:
    """An archive that says of itself to be far larger inside."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 300_000_000)
    return made.getvalue()


HEAD = ("Номер счётчика", "Показание")


@pytest.mark.parametrize(
    ("make_content", "name", "words"),
    [
        (lambda: b"", "a.xlsx", "Файл пустой"),
        (lambda: b"%PDF-1.4", "a.pdf", "Это документ PDF"),
        (lambda: b"\xff\xd8\xff\xe0", "a.jpg", "Это картинка"),
        (bomb, "a.xlsx", "Книга слишком велика внутри"),
        (lambda: b"x" * (10 * 1024 * 1024 + 1), "a.csv", "Файл больше 10 МБ"),
        (lambda: sheets_in.book([("a", "b"), (1, 2)]), "a.xlsx", "названия столбцов"),
        (lambda: sheets_in.book([HEAD, ("1", None)]), "a.xlsx", "нет ни одного значения"),
        (lambda: sheets_in.book([HEAD, ("1", "=A1*2")]), "a.xlsx", "В ячейке B2 формула"),
        (lambda: sheets_in.csv([HEAD, *[("1", "2")] * 10_000]), "a.csv", "больше 10 000 строк"),
        (lambda: workbooks.packed({"a.txt": "x"}), "a.xlsx", "Это архив ZIP"),
    ],
    ids=[
        "empty",
        "pdf",
        "picture",
        "bomb",
        "large",
        "no head",
        "nothing",
        "formula",
        "long",
        "zip",
    ],
)
def test_a_clear_answer_for_what_is_no_table(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    login: Login,
    make_content: Callable[[], bytes],
    name: str,
    words: str,
) -> None:
    response = send(login(vega), vega_contract, make_content(), name)
    assert response.status_code == 422
    assert words in text(response)
    assert f"Файл «{name}» не загружен" in text(response)
    assert not ReadingUpload.objects.exists()


def test_no_file_is_no_upload(vega: User, vega_contract: Contract, login: Login) -> None:
    response = login(vega).post(address(vega_contract))
    assert response.status_code == 422
    assert "Выберите файл" in text(response)


def test_a_body_of_a_hundred_megabytes_is_answered_on_the_page(
    vega: User, vega_contract: Contract, login: Login, settings: Settings
) -> None:
    """Nothing of it is read: the browser comes back with the page's own question."""
    settings.UPLOAD_MAX_BYTES = 10_000
    browser = login(vega)
    browser.raise_request_exception = False
    file = sheets_in.upload(b"x" * 20_000)
    response = browser.post(f"{address(vega_contract)}?period=2026-01", {"file": file})
    assert response["Location"] == f"{address(vega_contract)}?period=2026-01&too_large=1"
    page = browser.get(response["Location"])
    assert page.status_code == 413
    assert "Файл больше 10 МБ" in text(page)


def test_a_table_of_another_month_or_contract(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    rows = sheets_in.of(known, 1100)
    browser = login(vega)
    other = blank.mark(vega_contract.number, period.shifted(-1))
    response = send(browser, vega_contract, sheets_in.book([(other,), *rows]))
    assert f"Таблица за другой месяц: в ячейке A1 указан {period.shifted(-1)}" in text(response)
    stranger = blank.mark("99-1", period)
    response = send(browser, vega_contract, sheets_in.book([(stranger,), *rows]))
    assert "Таблица по другому договору" in text(response)


def test_a_name_is_shown_without_tricks() -> None:
    assert uploading.clean_name("C:\\dir\\акт\u202excod.exe") == "актxcod.exe"
    assert uploading.clean_name("\x00\n") == "без имени"
    assert len(uploading.clean_name("я" * 500 + ".xlsx")) == 200


# Who, and when ----------------------------------------------------------------------------------


def test_who_may_not_hand_in_does_not_get_here(
    vega_reader: User, vega_contract: Contract, login: Login
) -> None:
    browser = login(vega_reader)
    assert browser.get(address(vega_contract)).status_code == 403
    assert send(browser, vega_contract, b"").status_code == 403


def test_a_terminated_contract_says_so(vega: User, vega_contract: Contract, login: Login) -> None:
    vega_contract.status = "terminated"
    vega_contract.terminated_on = Month.current().shifted(-2).first_day
    vega_contract.save()
    browser = login(vega)
    assert "Договор расторгнут" in text(browser.get(address(vega_contract)))
    assert send(browser, vega_contract, sheets_in.book([HEAD, ("1", 2)])).status_code == 409


def test_after_the_session_has_ended_the_file_is_asked_for_again(
    vega: User, vega_contract: Contract, known: list[Register]
) -> None:
    visitor = Browser()
    response = send(visitor, vega_contract, sheets_in.book(sheets_in.of(known, 1100)))
    assert response.status_code == 302
    page = visitor.get(response["Location"])
    assert "файл не загружен. Войдите и выберите его ещё раз" in text(page)
    assert not ReadingUpload.objects.exists()


def test_as_many_statements_for_twenty_rows_as_for_two(
    vega: User,
    vega_contract: Contract,
    login: Login,
    statements: Callable[[Browser, str], int],
) -> None:
    few = statements(login(vega), address(vega_contract))
    for _ in range(18):
        make.installation(make.point(vega_contract))
        make.reading_upload(vega_contract, vega)
    assert statements(login(vega), address(vega_contract)) == few


def test_old_uploads_go(vega: User, vega_contract: Contract) -> None:
    from django.utils import timezone

    make.reading_upload(vega_contract, vega)
    old: Any = make.reading_upload(vega_contract, vega)
    ReadingUpload.objects.filter(pk=old.pk).update(uploaded_at=timezone.now() - uploading.KEPT_FOR)
    assert uploading.sweep_stale() == 1
    assert ReadingUpload.objects.count() == 1
