"""The tray: what the office makes of letters that found no case."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import JournalEntry, User
from contracts.models import Contract, Specialist, Topic
from messaging.models import Entry, IncomingMail, Message
from tests import make
from tests.messaging.inbox import letter, receive, taken, to_staff
from tests.messaging.post import PDF

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Kind = IncomingMail.Kind
State = IncomingMail.State


@pytest.fixture
def message(vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist) -> Message:
    """A case that the specialist has."""
    return make.message(vega_contract, vega, topic)


@pytest.fixture
def stray(message: Message) -> IncomingMail:
    """A letter with a file from an address that nobody knows."""
    return taken(
        letter(
            "Заменён 20 ноября.\n\nКузнецов",
            author="Кузнецов <kuznetsov@home.example>",
            to=to_staff(message),
            files=(("Акт.pdf", "application/pdf", PDF),),
        )
    )


def address(what: str, letter: IncomingMail) -> str:
    """A page of the letter."""
    return reverse(f"admin:messaging_incomingmail_{what}", args=[letter.pk])


def test_the_list(
    message: Message,
    stray: IncomingMail,
    office: User,
    login: Login,
    statements: Callable[[Browser, str], int],
) -> None:
    browser = login(office)
    url = reverse("admin:messaging_incomingmail_changelist") + "?state__exact=tray"
    first = statements(browser, url)
    for number in range(10):
        taken(letter(f"Письмо {number}", to=to_staff(message), author="x@y.example"))
    assert statements(browser, url) == first
    page = browser.get(url).content.decode()
    assert stray.message.number in page
    assert "ждёт разбора" in page


def test_the_page_of_a_letter(stray: IncomingMail, office: User, login: Login) -> None:
    page = login(office).get(address("change", stray)).content.decode()
    for words in (
        "Заменён 20 ноября.",
        "kuznetsov@home.example",
        stray.message.number,
        "Отложить",
        "/dismiss/",
    ):
        assert words in page
    assert login(office).post(address("change", stray), {"text": "x"}).status_code == 403


def test_accepted_as_an_answer(stray: IncomingMail, office: User, login: Login) -> None:
    browser = login(office)
    assert stray.message.number in browser.get(address("accept", stray)).content.decode()
    number = f" {stray.message.number.lower()} "
    answer = browser.post(address("accept", stray), {"kind": "answer", "number": number})
    assert answer.url == address("change", stray)
    entry = stray.message.entries.get()
    assert (entry.kind, entry.sender) == (Entry.Kind.ANSWER, "Кузнецов <kuznetsov@home.example>")
    assert entry.text == "Заменён 20 ноября.\n\nКузнецов"
    assert entry.attachments.get().read() == PDF
    assert stray.message.deliveries.get().purpose == "answer"
    stray.refresh_from_db()
    assert (stray.state, stray.entry, stray.handled_by) == (State.TAKEN, entry, office)
    assert stray.handled_at is not None


def test_accepted_as_an_addition(
    message: Message, specialist: Specialist, vega: User, office: User, login: Login
) -> None:
    row = taken(letter("Ещё вопрос.", author=f"Громов <{vega.email}>"))
    login(office).post(address("accept", row), {"kind": "addition", "number": message.number})
    entry = message.entries.get()
    assert (entry.kind, entry.author) == (Entry.Kind.ADDITION, vega)
    assert message.deliveries.get().to == specialist.email


def test_a_specialist_is_known_by_the_address(
    message: Message, specialist: Specialist, office: User, login: Login
) -> None:
    row = taken(letter(author=f"М <{specialist.email}>"))
    login(office).post(address("accept", row), {"kind": "answer", "number": message.number})
    assert message.entries.get().specialist == specialist


def test_what_passed_for_a_machines_can_be_accepted(
    message: Message, specialist: Specialist, office: User, login: Login
) -> None:
    row = taken(letter(author=specialist.email, to=to_staff(message), Precedence="bulk"))
    login(office).post(address("accept", row), {"kind": "answer", "number": message.number})
    row.refresh_from_db()
    assert (row.kind, message.entries.count()) == (Kind.ANSWER, 2)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"kind": "answer", "number": "ОБ-2026-999999-9"}, "Обращения с таким номером нет"),
        ({"kind": "answer", "number": ""}, "Укажите номер"),
        ({"kind": "bounce", "number": "1"}, "Ошибка"),
        ({}, "Укажите номер"),
    ],
)
def test_a_form_with_mistakes(
    values: dict[str, str], words: str, stray: IncomingMail, office: User, login: Login
) -> None:
    answer = login(office).post(address("accept", stray), {"x": "1", **values})
    assert answer.status_code >= 400
    assert words in answer.content.decode()
    assert stray.message.entries.count() == 0


def test_accepted_once(stray: IncomingMail, office: User, login: Login) -> None:
    browser = login(office)
    values = {"kind": "answer", "number": stray.message.number}
    browser.post(address("accept", stray), values)
    second = browser.post(address("accept", stray), values)
    assert "уже разобрано" in second.content.decode()
    assert stray.message.entries.count() == 1


def test_an_empty_letter_is_not_accepted(message: Message, office: User, login: Login) -> None:
    row = taken(letter(" "))
    values = {"kind": "answer", "number": message.number}
    page = login(office).post(address("accept", row), values).content.decode()
    assert "нет ни текста, ни файлов" in page
    row.refresh_from_db()
    assert row.state == State.TRAY


def test_a_letter_that_nobody_can_read_is_shown(office: User, login: Login) -> None:
    assert receive(b"From: a@b.example\n" + b"Content-Type: multipart/mixed\n" * 200) == 0
    row = IncomingMail.objects.get()
    assert "не удалось прочитать" in row.reason
    assert login(office).get(address("accept", row)).status_code == 200
    assert login(office).get(address("change", row)).status_code == 200


def test_put_aside_and_back(stray: IncomingMail, office: User, login: Login) -> None:
    browser = login(office)
    for what, state in (("dismiss", State.DISMISSED), ("put_back", State.TRAY)):
        browser.post(address(what, stray))
        stray.refresh_from_db()
        assert (stray.state, stray.handled_by) == (state, office)
        page = browser.post(address(what, stray), follow=True).content.decode()
        assert "Письмо уже разобрано" in page or "Письмо не отложено" in page
    assert browser.get(address("dismiss", stray)).status_code == 405


def test_the_letter_as_it_came(message: Message, office: User, login: Login) -> None:
    sources = [
        letter("Раз", author="x@y.example", to=to_staff(message)).as_bytes(),
        letter("Два", author="x@y.example").as_bytes(),
    ]
    for source, client in zip(sources, (message.contract.client, None), strict=True):
        answer = login(office).get(address("source", taken(source)))
        assert answer.getvalue() == source
        assert answer["Content-Disposition"].startswith("attachment")
        entry = JournalEntry.objects.filter(action="file_opened").latest("pk")
        assert (entry.client, entry.user) == (client, office)


@pytest.mark.parametrize("what", ["change", "accept", "dismiss", "put_back", "source"])
def test_who_may_not(
    what: str, stray: IncomingMail, vega: User, login: Login, office: User
) -> None:
    assert login(vega).post(address(what, stray)).status_code == 403
    assert Browser().get(address(what, stray)).status_code == 302
    office.groups.clear()
    assert login(office).post(address(what, stray)).status_code == 403
    stray.refresh_from_db()
    assert stray.state == State.TRAY


def test_hostile_words_are_only_words(message: Message, office: User, login: Login) -> None:
    evil = "<script>alert(1)</script>"
    row = taken(letter(evil, author=f'"{evil}" <x@y.example>', subject=evil))
    for page in (
        address("change", row),
        address("accept", row),
        reverse("admin:messaging_incomingmail_changelist"),
    ):
        assert evil not in login(office).get(page).content.decode()
