"""Restriction notices: the line over the contract's pages, the own page, «Ознакомлен»."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from cabinet import formats
from contracts.models import Contract
from documents import notices
from documents.models import Acknowledgement, Document, Kind, NoticeWithdrawal
from messaging.models import Message
from tests import make
from tests.contents import content_of
from tests.messaging.post import key_of

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


def notice(contract: Contract, *, hours: float = 50, **values: Any) -> Document:
    """A notice that names a moment so many hours from now."""
    content = content_of(Kind.RESTRICTION_NOTICE, contract)
    moment = timezone.now() + datetime.timedelta(hours=hours)
    return make.document(
        contract,
        Kind.RESTRICTION_NOTICE,
        content={**content, "restricted_from": moment.isoformat()},
        **{"number": f"У-{hours}", **values},
    )


def withdraw(document: Document, reason: str = NoticeWithdrawal.Reason.PAID) -> None:
    NoticeWithdrawal.objects.create(
        external_id=f"w-{document.pk}",
        document=document,
        reason=reason,
        withdrawn_at=timezone.now(),
    )


def page(document: Document) -> str:
    return reverse("documents:notice", args=[document.contract_id, document.pk])


def acknowledge(document: Document) -> str:
    return reverse("documents:notice-acknowledge", args=[document.contract_id, document.pk])


EVERY_PAGE = (
    "contracts:contract",
    "documents:document-list",
    "meters:readings",
    "meters:reading-history",
    "billing:debt",
    "billing:history",
    "messaging:contract-message-list",
    "messaging:message-new",
)


@pytest.mark.parametrize("name", EVERY_PAGE)
def test_it_stands_over_every_page_of_its_contract_and_no_other(
    name: str, vega: User, vega_contract: Contract, topic: Any, login: Login
) -> None:
    other = make.contract(vega_contract.client)
    row = notice(vega_contract)
    browser = login(vega)
    html = browser.get(reverse(name, args=[vega_contract.pk])).content.decode()
    assert page(row) in html
    assert "осталось 2 дня 1 час." in html.replace("\u00a0", " ")
    assert "18\u00a0420,15" in html
    assert "«ТП-1, ввод 1» и ещё 1\u00a0точка." in html
    assert page(row) not in browser.get(reverse(name, args=[other.pk])).content.decode()


def test_of_several_the_soonest_stands(vega_contract: Contract) -> None:
    notice(vega_contract, hours=90)
    soonest = notice(vega_contract, hours=20)
    notice(vega_contract, hours=60)
    found = notices.current(vega_contract)
    assert found is not None
    assert found.document == soonest


@pytest.mark.parametrize("reason", NoticeWithdrawal.Reason.values)
def test_it_goes_when_billing_withdraws_it(
    reason: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    row = notice(vega_contract)
    withdraw(row, reason)
    assert notices.current(vega_contract) is None
    html = login(vega).get(page(row)).content.decode()
    assert "Уведомление больше не действует" in html
    assert "Ознакомлен</button>" not in html


def test_it_goes_by_itself_after_the_next_day(vega_contract: Contract) -> None:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    noon_ago = (timezone.now() - midnight).total_seconds() / 3600 + 12
    yesterday = notice(vega_contract, hours=-noon_ago)
    found = notices.current(vega_contract)
    assert found is not None
    assert found.document == yesterday
    assert found.remaining_words == "срок наступил"
    withdraw(yesterday)
    notice(vega_contract, hours=-noon_ago - 24)
    assert notices.current(vega_contract) is None


def test_an_old_one_says_that_its_time_has_passed(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    html = login(vega).get(page(notice(vega_contract, hours=-100))).content.decode()
    assert "Срок уведомления прошёл" in html
    assert "Оплачено" not in html


def test_one_that_is_published_tomorrow_is_not_there_yet(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    row = notice(vega_contract, published_at=timezone.now() + datetime.timedelta(days=1))
    assert notices.current(vega_contract) is None
    assert login(vega).get(page(row)).status_code == 404


def test_one_that_does_not_fit_its_schema_stops_no_page(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    broken = make.document(vega_contract, Kind.RESTRICTION_NOTICE, content={"debt": "?"})
    browser = login(vega)
    assert browser.get(reverse("billing:debt", args=[vega_contract.pk])).status_code == 200
    assert "Содержание уведомления — в его PDF" in browser.get(page(broken)).content.decode()


def test_the_page_tells_how_it_was_sent(vega: User, vega_contract: Contract, login: Login) -> None:
    row = notice(vega_contract)
    moment = datetime.datetime(2026, 11, 20, 7, 15, 9, tzinfo=datetime.UTC)
    make.dispatch(row, sent_at=moment, text_sha256="ab" * 32)
    make.dispatch(row, channel="sms", address="+7 900 000-00-01")
    html = login(vega).get(page(row)).content.decode()
    assert "20.11.2026\u00a010:15:09\u00a0(МСК)" in html
    assert "office@vega.example" in html
    assert "ab" * 32 in html
    assert html.index("электронная почта") < html.index("СМС</td>")


def test_without_a_log_the_page_says_so(vega: User, vega_contract: Contract, login: Login) -> None:
    html = login(vega).get(page(notice(vega_contract))).content.decode()
    assert "Сведений об отправке из биллинга ещё нет" in html


def test_another_kind_is_no_notice(vega: User, vega_contract: Contract, login: Login) -> None:
    bill = make.document(vega_contract, Kind.FINAL_BILL)
    browser = login(vega)
    assert browser.get(page(bill)).status_code == 404
    assert browser.post(acknowledge(bill)).status_code == 404


# «Ознакомлен» ------------------------------------------------------------------------------------


def test_acknowledged_once_with_name_and_time(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    row = notice(vega_contract)
    browser = login(vega)
    for _ in range(2):
        response = browser.post(acknowledge(row), follow=True)
        assert response.redirect_chain == [(page(row), 302)]
    stored = Acknowledgement.objects.get()
    assert stored.name == "Громов Андрей Ильич, генеральный директор"
    assert stored.ip == "127.0.0.1"
    assert "Громов Андрей Ильич, генеральный директор" in response.content.decode()
    list_html = browser.get(
        reverse("documents:document-list", args=[vega_contract.pk])
    ).content.decode()
    assert "Ознакомлен: Громов Андрей Ильич" in list_html, "the line stays"
    assert "ознакомлен: Громов Андрей Ильич" in list_html, "so does the row of the list"
    assert "Ознакомлен</button>" not in list_html


def test_each_person_acknowledges_for_himself(
    vega: User, vega_accountant: User, vega_contract: Contract, login: Login
) -> None:
    row = notice(vega_contract)
    login(vega).post(acknowledge(row))
    other = login(vega_accountant)
    assert "Ознакомлен</button>" in other.get(page(row)).content.decode()
    other.post(acknowledge(row))
    assert Acknowledgement.objects.count() == 2


def test_a_reader_may_look_only(vega_reader: User, vega_contract: Contract, login: Login) -> None:
    row = notice(vega_contract)
    browser = login(vega_reader)
    html = browser.get(page(row)).content.decode()
    assert "Ограничение с" in html
    assert "<button" not in html[html.index("<main") : html.index("</main>")]
    assert "Оплачено" not in html
    assert browser.post(acknowledge(row)).status_code == 403
    assert not Acknowledgement.objects.exists()


def test_it_is_stored_for_ever(vega: User, vega_contract: Contract, login: Login) -> None:
    login(vega).post(acknowledge(notice(vega_contract)))
    row = Acknowledgement.objects.get()
    for act in (row.delete, lambda: Acknowledgement.objects.update(name="Другой")):
        with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
            act()


# What it leads to --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "code"), [("Оплачено", notices.PAID_TOPIC), ("Оспорить", notices.DISPUTE_TOPIC)]
)
def test_paid_and_disputed_are_messages_of_their_own_topics(
    words: str, code: str, vega: User, vega_contract: Contract, login: Login
) -> None:
    for topic in (notices.PAID_TOPIC, notices.DISPUTE_TOPIC):
        make.topic(code=topic)
    row = notice(vega_contract)
    browser = login(vega)
    html = BeautifulSoup(browser.get(page(row)).content, "html.parser")
    link = next(link for link in html.select(".notice__side a") if link.text == words)
    form = BeautifulSoup(browser.get(str(link["href"])).content, "html.parser")
    assert form.select_one("[name=topic] [selected]")["value"] == code
    text = form.textarea.text.replace("\u00a0", " ")
    assert f"№ {row.number} от {formats.day(row.issued_on)}" in text
    assert "18 420,15 руб." in text


@pytest.fixture
def topics(specialist: Any) -> dict[str, Any]:
    """«Оплачено» and «Не согласен», which somebody answers."""
    found = {}
    for code in (notices.PAID_TOPIC, notices.DISPUTE_TOPIC):
        found[code] = make.topic(code=code)
        make.assignment(found[code], specialist, branch=specialist.branch)
    return found


def side(browser: Browser, address: str) -> dict[str, Any]:
    """The links beside the notice of a page, by their words."""
    soup = BeautifulSoup(browser.get(address).content, "html.parser")
    return {" ".join(link.text.split()): link for link in soup.select(".notice__side a")}


def send(browser: Browser, link: Any, **changes: Any) -> Message:
    """Follow the link and send the form as it stands."""
    address = str(link["href"])
    page = browser.get(address)
    initial = page.context["form"].initial
    posted = {name: initial[name] for name in ("topic", "text", "email")}
    values = {**posted, "phone": "+7 900 000-00-01", "form_key": key_of(page), "action": "send"}
    response = browser.post(address.partition("?")[0], {**values, **changes})
    assert response.status_code == 302
    return Message.objects.latest("pk")


def notice_of(browser: Browser, address: str) -> str:
    soup = BeautifulSoup(browser.get(address).content, "html.parser")
    found = soup.select_one(".notice--bad")
    assert found is not None
    return " ".join(found.text.split())


@pytest.mark.parametrize(
    ("words", "again", "said"),
    [
        ("Оплачено", "Сообщить ещё раз об оплате", "Об оплате сообщено"),
        ("Оспорить", "Оспорить ещё раз", "О несогласии сообщено"),
    ],
)
def test_what_was_said_about_it_stands_where_it_stands(
    words: str, again: str, said: str, vega: User, vega_accountant: User,
    vega_contract: Contract, topics: dict[str, Any], login: Login,
) -> None:  # fmt: skip
    row = notice(vega_contract)
    link = side(login(vega), page(row))[words]
    message = send(login(vega), link)
    assert message.notice == row
    at = formats.moment(message.sent_at).replace("\u00a0", " ")
    sentence = f"{said} {at}, обращение {message.number} (Громов А. И.)"
    colleague = login(vega_accountant)
    for address in (page(row), reverse("billing:debt", args=[vega_contract.pk])):
        assert sentence in notice_of(colleague, address)
        links = side(colleague, address)
        assert words not in links
        assert "btn-link" in links[again]["class"]
        is_asked = "сообщите об оплате" in notice_of(colleague, address)
        assert is_asked == (words == "Оспорить")
    html = colleague.get(message.get_absolute_url()).content.decode()
    assert page(row) in html, "the message names the notice"


def test_of_a_kind_the_latest_is_named(
    vega: User, vega_contract: Contract, topics: dict[str, Any], login: Login
) -> None:
    row = notice(vega_contract)
    browser = login(vega)
    first = send(browser, side(browser, page(row))["Оплачено"])
    link = side(browser, page(row))["Сообщить ещё раз об оплате"]
    second = send(browser, link, text=f"{first.text} Ещё раз.")
    assert second.notice == row
    text = notice_of(browser, page(row))
    assert second.number in text
    assert first.number not in text


def test_a_message_of_the_topic_is_about_the_notice_that_stands(
    vega: User, vega_contract: Contract, topics: dict[str, Any], topic: Any
) -> None:
    """Or about the one that it names; a topic alone, or words alone, are not enough."""
    later, soonest = notice(vega_contract, hours=90), notice(vega_contract, hours=20)

    def meant(code: str, text: str) -> Document | None:
        return notices.meant(vega_contract, topic_code=code, text=text)

    found = notices.of(later)
    assert found is not None
    naming = found.begun["paid"].replace(" ", "\u00a0")
    assert meant(notices.PAID_TOPIC, "Оплатили.") == soonest
    assert meant(notices.PAID_TOPIC, naming) == later
    assert meant(topic.code, naming) == later, "the retailer has no topic of its own"
    assert meant(topic.code, "Оплатили.") is None
    for row in (later, soonest):
        withdraw(row)
    assert meant(notices.PAID_TOPIC, naming) is None


def test_a_message_whose_topic_the_office_changed_is_still_told_of(
    vega: User, vega_contract: Contract, topics: dict[str, Any], topic: Any, login: Login
) -> None:
    row = notice(vega_contract)
    message = send(login(vega), side(login(vega), page(row))["Оплачено"])
    Message.objects.update(topic=topic)
    said = f"Об уведомлении написано {formats.moment(message.sent_at)}"
    assert " ".join(said.split()) in notice_of(login(vega), page(row))


def test_it_costs_the_same_however_much_was_said(
    vega: User, vega_contract: Contract, topics: dict[str, Any], login: Login
) -> None:
    row = notice(vega_contract)
    browser = login(vega)
    address = reverse("contracts:contract", args=[vega_contract.pk])

    def count() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(address)
        return len(captured)

    browser.get(address)
    before = count()
    for topic in topics.values():
        for _ in range(3):
            make.message(vega_contract, vega, topic, notice=row)
    assert count() == before


def test_without_such_topics_the_client_chooses_one(
    vega: User, vega_contract: Contract, topic: Any, login: Login
) -> None:
    html = BeautifulSoup(login(vega).get(page(notice(vega_contract))).content, "html.parser")
    link = next(link for link in html.select(".notice__side a") if link.text == "Оплачено")
    assert "topic=&" in str(link["href"])
