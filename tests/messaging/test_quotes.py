"""What the author of a letter wrote himself, whatever program he has."""

from __future__ import annotations

import pytest

from messaging import letters
from messaging.incoming import quotes

OURS = f"""{letters.CUT_HERE}

Ответьте на это письмо: ответ появится у клиента в кабинете.

Вопрос:

Прошу объяснить начисление.
"""
QUOTED = "\n".join(f"> {line}" for line in OURS.splitlines())

INTRODUCTIONS = {
    "Thunderbird": "23.11.2026 12:00, Личный кабинет пишет:",
    "Thunderbird, wrapped": (
        "23.11.2026 12:00, Личный кабинет Северэнергосбыта\n<cabinet@example.org> пишет:"
    ),
    "Gmail": "пн, 23 нояб. 2026 г. в 12:00, Личный кабинет <cabinet@example.org>:",
    "Gmail, English": "On Mon, Nov 23, 2026 at 12:00 PM Portal <cabinet@example.org> wrote:",
    "Mail.ru": "Понедельник, 23 ноября 2026, 12:00 +03:00 от Личный кабинет <c@example.org>:",
    "Yandex": '23.11.2026, 12:00, "Личный кабинет" <cabinet@example.org>:',
    "Apple Mail": ("23 нояб. 2026 г., в 12:00, Личный кабинет <cabinet@example.org> написал(а):"),
    "none": "",
}
OUTLOOK = """
________________________________
От: Личный кабинет <cabinet@example.org>
Отправлено: 23 ноября 2026 г. 12:00
Кому: Мельник Ирина Павловна
Тема: Обращение ОБ-2026-000418-3
"""
OUTLOOK_ENGLISH = """
-----Original Message-----
From: Portal
Sent: Monday, November 23, 2026 12:00 PM
To: Melnik
Subject: Case
"""


@pytest.mark.parametrize("introduction", INTRODUCTIONS.values(), ids=INTRODUCTIONS)
@pytest.mark.parametrize("quote", [OURS, QUOTED], ids=["plain", "quoted"])
def test_an_answer_above_the_line(introduction: str, quote: str) -> None:
    own = "Добрый день!\n\nЗамена учтена.\n\n--\nМельник И. П.\nтел. 8 800 000-01-00"
    assert quotes.own_words(f"{own}\n\n{introduction}\n{quote}") == own


@pytest.mark.parametrize("head", [OUTLOOK, OUTLOOK_ENGLISH], ids=["ru", "en"])
def test_an_answer_above_a_head_of_outlook(head: str) -> None:
    assert quotes.own_words(f"Учли.\n\nМельник\n{head}\n{OURS}") == "Учли.\n\nМельник"


@pytest.mark.parametrize(
    "line",
    [
        "> — Пишите ответ выше этой\n> строки —",
        "— Пишите ответ\nвыше этой строки —",
        "* — Пишите\u00a0ответ выше этой строки — *",
        "-- Пишите ответ выше этой строки --",
    ],
)
def test_the_line_is_found_when_it_was_reshaped(line: str) -> None:
    assert quotes.own_words(f"Учли.\n\n{line}\n\nВопрос") == "Учли."


@pytest.mark.parametrize("introduction", [one for one in INTRODUCTIONS.values() if one])
def test_a_program_that_drops_the_line(introduction: str) -> None:
    text = f"Учли.\n\n{introduction}\n\n> Прошу объяснить\n> начисление.\n"
    assert quotes.own_words(text).splitlines()[0] == "Учли."
    assert "начисление" not in quotes.own_words(text)


def test_a_head_of_outlook_without_the_line() -> None:
    assert quotes.own_words(f"Учли.\n{OUTLOOK}\nПрошу объяснить начисление.") == "Учли."


def test_words_under_the_quote() -> None:
    introduction = INTRODUCTIONS["Thunderbird"]
    assert quotes.own_words(f"{introduction}\n{QUOTED}\n\nУчли.\n") == "Учли."
    assert quotes.own_words("> Прошу объяснить.\n\nУчли.") == "Учли."


def test_words_between_quoted_lines_stay() -> None:
    text = "Отвечаю по пунктам.\n> Первый?\nДа.\n> Второй?\nНет."
    assert quotes.own_words(text) == text


def test_a_forwarded_letter_stays() -> None:
    text = (
        "Ответ подрядчика ниже.\n\n-------- Пересылаемое сообщение --------\n"
        "От: Подрядчик <a@b.example>\nДата: 23.11.2026\nТема: Счётчик\n\nЗаменён 20 ноября."
    )
    assert quotes.own_words(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "От: нас зависит многое.\nПрошу учесть.",
        "Директор пишет:\nпрошу учесть показания.",
        "Тема: договор\nДата: сегодня",
        "Показания > 100 кВт·ч",
    ],
)
def test_ordinary_words_are_no_quote(text: str) -> None:
    assert quotes.own_words(text) == text


def test_a_web_page_becomes_lines() -> None:
    page = """<html><head><title>Нет</title><style>p {color: red}</style></head>
    <body><script>alert(1)</script><p>Добрый&nbsp;день!<br>Учли
    замену.</p><table><tr><td>Т1</td><td>100</td></tr><tr><td>Т2</td><td>50</td></tr></table>
    <ul><li>раз<li>два</ul><div>&lt;b&gt; и&#1103;</div></body></html>"""
    assert [line for line in quotes.from_html(page).splitlines() if line] == [
        "Добрый день!", "Учли замену.", "Т1 100", "Т2 50", "раз", "два", "<b> ия",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [
        "<![x[ Учли.", "<p>Учли.", "<style>a{}</style><p>Учли.</p></style>", "<!-- <p>Учли.",
        "<script>x</script>Учли.<script>", "<head><p>x<body>Учли.", "<!doctype <p>Учли.</p>",
        "<![if !x]><o:p></o:p><!>Учли.",
    ],
)  # fmt: skip
def test_spoilt_pages(page: str) -> None:
    found = quotes.from_html(page)
    assert "alert" not in found
    assert "{" not in found


def test_a_huge_page_is_quick() -> None:
    import time

    begun = time.monotonic()
    for piece in ("<!--", "<div>", "<a ", "&amp", "<![CDATA[", "</"):
        quotes.from_html(piece * 1_000_000)
    assert time.monotonic() - begun < 20


def test_a_page_of_endless_names_is_read_once() -> None:
    """Sixty kilobytes of this took a quarter of a minute while the pattern went back and forth."""
    assert quotes.from_html("<" + "a" * 900_000).startswith("<a")
