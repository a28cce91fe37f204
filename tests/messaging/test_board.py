"""«Обращения: доска»: what is late, what soon will be, who has it, what did not arrive."""

from __future__ import annotations

import datetime
import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts import working_days
from contracts.models import CalendarDay, Contract, Specialist, Topic
from contracts.supervision import Rule
from messaging import board
from messaging.models import Attachment, Delivery, IncomingMail, Message
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Day = datetime.date
MONDAY = Day(2026, 11, 23)
BOARD = "admin:messaging_message_board"


@pytest.fixture
def case(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> Callable[..., Message]:
    """`case(day)`: an open message to be answered until that day."""

    def build(due_on: Day = MONDAY, **values: Any) -> Message:
        fields = {"due_on": due_on, "remind_on": due_on, "topic": topic, **values}
        return make.message(fields.pop("contract", vega_contract), vega, **fields)

    return build


def look(**filters: Any) -> board.Board:
    """The board on Monday, 23.11.2026."""
    return board.look(on=MONDAY, filters=board.Filters(**filters))


def figures(**filters: Any) -> dict[str, int]:
    """The numbers at the top."""
    return {figure.words: figure.count for figure in look(**filters).figures}


def text(browser: Browser, **query: int) -> str:
    """The page as it is read."""
    response = browser.get(reverse(BOARD), query)
    assert response.status_code == 200
    page = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(html.unescape(page).replace("\u00a0", " ").split())


# Figures ----------------------------------------------------------------------------------------


def test_the_figures(case: Callable[..., Message]) -> None:
    for day in (Day(2026, 11, 20), MONDAY, MONDAY, Day(2026, 11, 24), Day(2026, 11, 26)):
        case(day)
    case(Day(2026, 11, 27))  # later than in three working days
    case(Day(2026, 11, 2), state="answered")
    case(Day(2026, 11, 2), state="closed", closed_at=timezone.now())
    case(Day(2026, 11, 2), state="waiting")
    assert figures() == {
        "просрочено": 1,
        "ответить сегодня": 2,
        "в ближайшие 3 рабочих дня": 2,
        "ждём клиента": 1,
        "писем не доставлено": 0,
        "входящих без обращения": 0,
        "файлов на проверке": 0,
    }
    assert look().total == 6


def test_letters_that_found_no_other_way_are_red(case: Callable[..., Message]) -> None:
    failed, closed = case(), case(state="closed", closed_at=timezone.now())

    def letter(message: Message, state: str, **values: Any) -> Delivery:
        return Delivery.objects.create(
            message=message, to="a@retailer.example", rule=Rule.BRANCH, state=state, **values
        )

    letter(failed, "sent", redirects=letter(failed, "failed"))
    letter(closed, "bounced")
    assert figures()["писем не доставлено"] == 0
    letter(failed, "failed")
    letter(failed, "bounced", purpose=Delivery.Purpose.RECEIPT)
    (figure,) = [one for one in look().figures if one.words == "писем не доставлено"]
    assert (figure.count, figure.modifier) == (2, "bad")
    assert look().cases[0].delivery_modifier == "bad"


def test_the_tray_and_files_on_their_check(case: Callable[..., Message]) -> None:
    file = make.attachment(case())
    Attachment.objects.filter(pk=file.pk).update(scan=Attachment.Scan.PENDING)
    for state in ("tray", "taken", "dismissed"):
        IncomingMail.objects.create(sha256=state, path=state, kind="unknown", state=state)
    assert figures()["входящих без обращения"] == 1
    assert figures()["файлов на проверке"] == 1


# The list ---------------------------------------------------------------------------------------


def test_the_most_urgent_first(case: Callable[..., Message]) -> None:
    late, soon, today = case(Day(2026, 11, 17)), case(Day(2026, 11, 30)), case(MONDAY)
    assert [(one.message, one.left) for one in look().cases] == [(late, -4), (today, 0), (soon, 5)]
    assert [one.left_words.replace("\u00a0", " ") for one in look().cases] == [
        "просрочено на 4 рабочих дня",
        "сегодня",
        "осталось 5 рабочих дней",
    ]


@pytest.mark.parametrize(
    ("left", "modifier"), [(-1, "bad"), (0, "warn"), (1, "warn"), (2, "info"), (3, "ok"), (5, "ok")]
)
def test_the_colour_by_how_much_of_the_time_is_used(
    case: Callable[..., Message], topic: Topic, left: int, modifier: str
) -> None:
    assert topic.answer_days == 5
    message = case()
    assert board.Case(message=message, left=left, delivery=None).modifier == modifier


def test_a_long_list_is_cut_and_says_so(
    case: Callable[..., Message], office: User, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(board, "LISTED", 2)
    for _ in range(3):
        case()
    assert (len(look().cases), look().total) == (2, 3)
    assert "Самые срочные: 2 из 3" in text(login(office))


# Tables and filters -----------------------------------------------------------------------------


def test_who_has_how_many(
    case: Callable[..., Message],
    vega_contract: Contract,
    orion_contract: Contract,
    specialist: Specialist,
) -> None:
    other = make.topic(name="Счётчики", group_name="Отдел учёта")
    case(Day(2026, 11, 20))
    case()
    case(topic=other, contract=orion_contract)
    found = look()
    assert [(one.name, one.open, one.overdue) for one in found.by_branch] == [
        (vega_contract.branch.name, 2, 1),
        (orion_contract.branch.name, 1, 0),
    ]
    assert [(one.name, one.open) for one in found.by_topic] == [
        ("Договор и общие вопросы", 2),
        ("Счётчики", 1),
    ]
    assert [(one.name, one.open) for one in found.by_holder] == [
        (specialist.short_name, 2),
        (other.email, 1),
    ]


def test_filters(
    case: Callable[..., Message], orion_contract: Contract, specialist: Specialist, topic: Topic
) -> None:
    mine, other = case(), case(topic=make.topic(), contract=orion_contract)
    assert [one.message for one in look(branch=orion_contract.branch).cases] == [other]
    assert [one.message for one in look(topic=topic).cases] == [mine]
    assert [one.message for one in look(specialist=specialist).cases] == [mine]
    assert look(topic=topic, branch=orion_contract.branch).cases == []
    assert figures(topic=topic)["ответить сегодня"] == 1


# The page ---------------------------------------------------------------------------------------


def test_the_page(case: Callable[..., Message], office: User, login: Login, topic: Topic) -> None:
    message = case(timezone.localdate())
    browser = login(office)
    page = text(browser)
    for words in (
        message.number,
        topic.name,
        message.addressee.replace("\u00a0", " "),
        "ООО «Вега»",
        "сегодня",
    ):
        assert words in page, words
    assert message.number in text(browser, topic=topic.pk)
    assert message.number not in text(browser, topic=make.topic().pk)
    assert reverse(BOARD) in browser.get(reverse("admin:index")).content.decode()


@pytest.mark.parametrize("value", ["0", "x", "9" * 30])
def test_a_filter_that_names_nothing_is_refused(office: User, login: Login, value: str) -> None:
    answer = login(office).get(reverse(BOARD), {"topic": value})
    assert answer.status_code == 422
    assert "акого в списке нет" in answer.content.decode()


def test_an_empty_board(office: User, login: Login) -> None:
    assert "Обращений, на которые ждут ответа, нет." in text(login(office))


def test_a_calendar_that_is_not_loaded_is_told_of(office: User, login: Login) -> None:
    year = timezone.localdate().year
    assert f"Календарь на {year} год не загружен" in text(login(office))
    for missing in working_days.missing_years(on=timezone.localdate()):
        CalendarDay.objects.create(date=Day(missing, 1, 1))
    assert "не загружен" not in text(login(office))


def test_only_for_the_office(office: User, vega: User, login: Login) -> None:
    assert login(vega).get(reverse(BOARD)).status_code == 403
    office.groups.clear()
    assert login(office).get(reverse(BOARD)).status_code == 403
    assert Browser().get(reverse(BOARD)).status_code == 302


def test_the_number_of_statements_does_not_grow(
    vega: User,
    vega_contract: Contract,
    office: User,
    login: Login,
    statements: Callable[[Browser, str], int],
) -> None:
    def more(count: int) -> None:
        for number in range(count):
            topic, person = make.topic(), make.specialist(make.branch())
            if number % 2:
                make.assignment(topic, person, contract=vega_contract)
            message = make.message(vega_contract, vega, topic)
            Delivery.objects.create(
                message=message, to=message.to, rule=message.rule, specialist=message.specialist
            )

    browser = login(office)
    more(2)
    few = statements(browser, reverse(BOARD))
    more(18)
    assert statements(browser, reverse(BOARD)) == few
