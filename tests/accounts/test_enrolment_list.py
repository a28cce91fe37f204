"""Many people from a table: verdicts, agreements as one PDF, signatures, slips once."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts.lists import deeds, table
from accounts.models import Client, Enrolment, EnrolmentList, JournalEntry, Membership, User
from accounts.roles import Role
from cabinet import sheets
from contracts.models import Contract
from tests import make
from tests.accounts import paper

Login = Callable[[User], Browser]
STATE = Enrolment.State


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


def url(name: str, *args: int | str) -> str:
    return reverse(f"admin:accounts_enrolmentlist_{name}", args=args)


def row(client: Client, **values: str) -> dict[str, str]:
    return {
        "inn": client.inn,
        "contracts": "все",
        "last_name": "Новикова",
        "first_name": "Ольга",
        "patronymic": "Юрьевна",
        "email": "novikova@vega.example",
        "phone": "+7 900 000-00-07",
        "position": "бухгалтер",
        "role": "бухгалтер",
        "basis": "устав",
        "basis_number": "",
        "basis_on": "",
        "ends_on": "",
        **values,
    }


def csv_of(*rows: dict[str, str]) -> SimpleUploadedFile:
    content = sheets.csv_bytes(
        list(table.TITLES.values()), [[one[field] for field in table.FIELDS] for one in rows]
    )
    return SimpleUploadedFile("Список.csv", content)


def upload(desk: Browser, *rows: dict[str, str]) -> Any:
    form = {"file": csv_of(*rows), "form_key": str(uuid.uuid4())}
    return desk.post(url("new"), form, follow=True)


def confirmed(desk: Browser, *rows: dict[str, str]) -> EnrolmentList:
    upload(desk, *rows)
    kept = EnrolmentList.objects.latest("pk")
    desk.post(url("confirm", kept.pk))
    return kept


def sign(desk: Browser, kept: EnrolmentList, **values: Any) -> Any:
    marks = {f"row_{one.pk}": "on" for one in kept.enrolments.all()}
    form = {"signed_on": timezone.localdate().isoformat(), "scan": paper.scan(), **marks, **values}
    return desk.post(url("sign", kept.pk), form)


def test_the_whole_way_of_a_holding(
    desk: Browser, vega: User, vega_contract: Contract, orion_contract: Contract
) -> None:
    """One new person at two companies, and somebody of Vega at Orion."""
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=vega, email=vega.email, verified=True, primary=True)
    one, other = vega_contract.client, orion_contract.client
    known = {"last_name": "Громов", "first_name": "Андрей", "email": vega.email}
    page = upload(
        desk,
        row(one, contracts=vega_contract.number),
        row(other, basis="Доверенность", basis_number="7/Д", ends_on="31.12.2099"),
        row(other, **known, basis="приказ", basis_number="5", basis_on="01.02.2026"),
    )
    text = page.content.decode()
    assert text.count("новый логин") == 2
    assert "доступ по логину vega" in text
    assert not Enrolment.objects.exists()

    kept = EnrolmentList.objects.get()
    desk.post(url("confirm", kept.pk))
    desk.post(url("confirm", kept.pk))  # twice
    assert [one.state for one in kept.enrolments.all()] == [STATE.PRINTED] * 3
    waiting = desk.get(url("agreements", kept.pk), follow=True)
    assert "Соглашения ещё готовятся" in waiting.content.decode()
    deeds.make_missing_agreements()
    deeds.make_agreements(kept.pk)  # twice
    pdf = b"".join(desk.get(url("agreements", kept.pk)).streaming_content)
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 3 * 4
    assert not Membership.objects.filter(enrolment__source=kept).exists()

    assert sign(desk, kept).status_code == 302
    assert {one.state for one in kept.enrolments.all()} == {STATE.SIGNED}
    answer = desk.post(url("slips", kept.pk))
    assert answer["Content-Type"] == "application/pdf"
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]
    assert len(pages) == 1  # one login for two companies; Громов has his
    assert one.inn in pages[0]
    assert other.inn in pages[0]
    user = User.objects.get(email="novikova@vega.example")
    assert set(Contract.objects.visible_to(user)) == {vega_contract, orion_contract}
    assert set(Contract.objects.visible_to(vega)) == {vega_contract, orion_contract}
    roles = Membership.objects.filter(enrolment__source=kept).values_list("role", flat=True)
    assert set(roles) == {Role.ACCOUNTANT}

    again = desk.post(url("slips", kept.pk))  # printed once
    assert again.status_code == 302
    assert Membership.objects.filter(enrolment__source=kept).count() == 3


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"inn": "3501000011"}, "В ИНН «3501000011» ошибка"),
        ({"inn": "7707083893"}, "нет в данных биллинга"),
        ({"contracts": "99-99"}, "У клиента нет договоров: 99-99."),
        ({"contracts": ""}, "«все» или номера через запятую"),
        ({"last_name": ""}, "Не заполнен столбец «Фамилия»."),
        ({"email": "кто"}, "E-mail введён с ошибкой."),
        ({"phone": ""}, "Не заполнен столбец «Телефон»"),
        (
            {"phone": "900 000", "email": "кто"},
            "Телефон «900 000» не годится. Введите номер полностью, с кодом: например,",
        ),
        ({"role": "царь"}, "Непонятно значение «царь»"),
        ({"basis": "слово"}, "Непонятно значение «слово»"),
        ({"basis": "доверенность"}, "Укажите номер доверенности."),
        ({"basis": "приказ", "basis_number": "5"}, "Укажите дату приказа."),
        ({"ends_on": "вчера"}, "Дата «вчера»"),
        ({"ends_on": "01.01.2020"}, "Этот день уже прошёл"),
        ({"position": "я" * 151}, "больше 150 знаков"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_at_the_row(
    values: dict[str, str], words: str, desk: Browser, vega_contract: Contract
) -> None:
    page = upload(desk, row(vega_contract.client, **values)).content.decode()
    assert words in page
    kept = EnrolmentList.objects.get()
    answer = desk.post(url("confirm", kept.pk), follow=True)
    assert "нет строк без ошибок" in answer.content.decode()
    assert not Enrolment.objects.exists()


def test_rows_are_compared_with_each_other(desk: Browser, vega_contract: Contract) -> None:
    client = vega_contract.client
    other = row(client, last_name="Другая")
    page = upload(desk, row(client), row(client), other).content.decode()
    assert "уже есть в строке 2" in page
    assert EnrolmentList.objects.get().rows[0]["number"] == 2


def test_somebody_elses_address_is_told(
    desk: Browser, orion: User, vega_contract: Contract
) -> None:
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=orion, email=orion.email, verified=True, primary=True)
    page = upload(desk, row(vega_contract.client, email=orion.email)).content.decode()
    assert "принадлежит логину orion" in page


def test_a_known_person_keeps_the_telephone_whatever_stands_in_the_row(
    desk: Browser, vega: User, orion_client: Client
) -> None:
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=vega, email=vega.email, verified=True, primary=True)
    known = {"last_name": "Громов", "first_name": "Андрей", "email": vega.email}
    kept = confirmed(desk, row(orion_client, **known, phone="тот же"))
    assert kept.enrolments.get().user == vega


def test_good_rows_go_on_without_the_bad(desk: Browser, vega_contract: Contract) -> None:
    client = vega_contract.client
    kept = confirmed(desk, row(client), row(client, email="нет", last_name="Хромая"))
    assert kept.enrolments.count() == 1
    page = desk.get(url("change", kept.pk)).content.decode()
    assert "Не оформлены: 1" in page
    assert "Хромая" in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.4", "нужна таблица"),
        (b"", "пуст"),
        ("Имя;Адрес\r\nА;Б\r\n".encode(), "Не найдена строка с названиями столбцов"),
        ("ИНН;Фамилия\r\n1;А\r\n".encode(), "нет столбцов"),
    ],
)
def test_what_is_no_list(content: bytes, words: str, desk: Browser) -> None:
    form = {"file": SimpleUploadedFile("Список.csv", content), "form_key": str(uuid.uuid4())}
    answer = desk.post(url("new"), form)
    assert answer.status_code == 422
    assert words in answer.content.decode().lower() or words in answer.content.decode()
    assert not EnrolmentList.objects.exists()


def test_a_list_has_a_largest_length(desk: Browser, vega_contract: Contract) -> None:
    rows = [row(vega_contract.client, email=f"p{n}@vega.example") for n in range(31)]
    form = {"file": csv_of(*rows), "form_key": str(uuid.uuid4())}
    assert "не больше 30 строк" in desk.post(url("new"), form).content.decode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_blank_comes_back_as_a_list(kind: str, desk: Browser) -> None:
    content = desk.get(url("blank", kind)).content
    form = {"file": SimpleUploadedFile(f"Список.{kind}", content), "form_key": str(uuid.uuid4())}
    assert "нет ни одного человека" in desk.post(url("new"), form).content.decode()


def test_the_example_of_the_blank_is_read(desk: Browser) -> None:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(desk.get(url("blank", "xlsx")).content))
    del book["Список"]
    made = io.BytesIO()
    book.save(made)
    found = table.read(SimpleUploadedFile("Пример.xlsx", made.getvalue()))
    assert found[0][1]["role"] == Role.ACCOUNTANT.label


def test_each_with_its_own_scan_and_some_only(desk: Browser, vega_contract: Contract) -> None:
    client = vega_contract.client
    kept = confirmed(desk, row(client), row(client, last_name="Юдина", email="yu@vega.example"))
    first, second = kept.enrolments.order_by("row_number")
    form = {
        "signed_on": timezone.localdate().isoformat(),
        f"row_{first.pk}": "on",
        f"scan_{first.pk}": paper.scan("Новикова.pdf"),
    }
    desk.post(url("sign", kept.pk), form)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, first.scan.name) == (STATE.SIGNED, "Новикова.pdf")
    assert second.state == STATE.PRINTED
    desk.post(url("slips", kept.pk))
    assert Membership.objects.filter(enrolment__source=kept).count() == 1


def test_all_rows_are_marked_at_once(desk: Browser, vega_contract: Contract) -> None:
    client = vega_contract.client
    kept = confirmed(desk, row(client), row(client, last_name="Юдина", email="yu@vega.example"))
    today = timezone.localdate().isoformat()
    desk.post(url("sign", kept.pk), {"signed_on": today, "scan": paper.scan(), "everybody": "on"})
    assert {one.state for one in kept.enrolments.all()} == {STATE.SIGNED}
    assert len({one.scan_id for one in kept.enrolments.all()}) == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"scan": ""}, "приложите скан или выберите общий"),
        ({"signed_on": "2999-01-01"}, "Дата подписания ещё не наступила"),
        ({"signed_on": ""}, "Укажите дату."),
        ({"scan": ("вирус.exe", b"MZ")}, "не такого вида"),
    ],
)
def test_what_is_wrong_with_a_signature(
    values: dict[str, Any], words: str, desk: Browser, vega_contract: Contract
) -> None:
    kept = confirmed(desk, row(vega_contract.client))
    if isinstance(values.get("scan"), tuple):
        values = {"scan": paper.scan(*values["scan"])}
    answer = sign(desk, kept, **values)
    if answer.status_code == 302:
        answer = desk.get(answer.url)
    assert words in answer.content.decode()
    assert kept.enrolments.get().state == STATE.PRINTED


def test_a_scan_of_a_refused_form_is_kept(desk: Browser, vega_contract: Contract) -> None:
    kept = confirmed(desk, row(vega_contract.client))
    answer = sign(desk, kept, signed_on="")
    assert answer.status_code == 422
    assert "Приложен «Соглашение.pdf»" in desk.get(url("change", kept.pk)).content.decode()
    assert sign(desk, kept, scan="").status_code == 302
    assert kept.enrolments.get().state == STATE.SIGNED


def test_a_row_that_a_rule_forbids_now_waits(
    desk: Browser, vega_contract: Contract, office: User
) -> None:
    client = vega_contract.client
    kept = confirmed(desk, row(client), row(client, last_name="Юдина", email="yu@vega.example"))
    sign(desk, kept)
    owner = make.user("owner", email="yu@vega.example")
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
    desk.post(url("slips", kept.pk))
    states = list(kept.enrolments.order_by("row_number").values_list("state", flat=True))
    assert states == [STATE.ISSUED, STATE.SIGNED]
    page = desk.get(url("change", kept.pk)).content.decode()
    assert "Строка 3: Этот адрес уже принадлежит логину owner" in page


def test_a_list_sent_twice_is_kept_once(desk: Browser, vega_contract: Contract) -> None:
    key = str(uuid.uuid4())
    for _ in range(2):
        desk.post(url("new"), {"file": csv_of(row(vega_contract.client)), "form_key": key})
    assert EnrolmentList.objects.count() == 1


def test_the_page_costs_the_same_with_more_rows(
    desk: Browser, vega_contract: Contract, statements: Callable[[Browser, str], int]
) -> None:
    def cost(count: int) -> int:
        rows = [row(vega_contract.client, email=f"p{count}-{n}@vega.example") for n in range(count)]
        return statements(desk, url("change", confirmed(desk, *rows).pk))

    assert cost(2) == cost(20)


@pytest.mark.parametrize("name", ["new", "change", "confirm", "agreements", "sign", "slips"])
def test_strangers_issue_nothing(
    name: str, desk: Browser, vega: User, vega_contract: Contract, login: Login
) -> None:
    kept = confirmed(desk, row(vega_contract.client))
    address = url(name) if name == "new" else url(name, kept.pk)
    others = JournalEntry.objects.exclude(action=JournalEntry.Action.REFUSED)
    written = others.count()
    for who in (vega, make.user("auditor", is_staff=True)):
        browser = login(who)
        answers = {browser.post(address, {}).status_code, browser.get(address).status_code}
        assert 403 in answers  # the other, of a page that only takes or only shows, is 405
        assert answers <= {403, 405}
    assert others.count() == written
