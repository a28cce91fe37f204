"""The manual, sentence by sentence, in Chromium: with a real worker, mail server and database.

The quotations are the manual's own; what follows each is done as a person would do it.
"""

from __future__ import annotations

import io
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from accounts.models import User
from contracts.models import Contract, Specialist, Topic
from contracts.periods import Month
from documents.models import Kind
from messaging.models import Message
from meters.models import Reading, Submission
from tests import make
from tests.contents import content_of
from tests.messaging.post import PDF
from tests.smtp_server import MailServer

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def month() -> Month:
    """The last finished month."""
    return Month.current().shifted(-1)


@pytest.fixture
def furnished(
    vega: User, vega_contract: Contract, specialist: Specialist, month: Month
) -> Contract:
    """Vega's contract with documents, money and last month's readings."""
    for kind in Kind.values:
        make.document(
            vega_contract,
            kind,
            number=f"Д-{kind}",
            period=month.first_day,
            content=content_of(kind, vega_contract),
        )
    make.document(
        vega_contract, Kind.TRANSFER_ACT, number="Д-прежний", period=month.shifted(-12).first_day,
        content=content_of(Kind.TRANSFER_ACT, vega_contract),
    )  # fmt: skip
    make.charge(vega_contract, "398214.36", number="СФ-1", booked_on=month.last_day)
    make.payment(vega_contract, "123780.00", number="ПП-1", booked_on=month.first_day)
    return vega_contract


def log_in(page: Page, username: str = "vega", password: str = make.PASSWORD) -> None:
    page.get_by_label("Логин").fill(username)
    page.get_by_label("Пароль").fill(password)
    page.get_by_role("button", name="Войти").click()


def open_contract(page: Page, contract: Contract) -> None:
    page.get_by_role("link", name=contract.number).click()


def test_way_one(furnished: Contract, page: Page, complaints: list[str]) -> None:
    """«На главной странице сайта … вкладку «Юридические лица», ввести Ваш логин … и пароль»."""
    page.goto("/")
    page.get_by_role("navigation", name="Кто входит").get_by_role(
        "link", name="Юридические лица"
    ).click()
    log_in(page)
    expect(page).to_have_url(re.compile(r"/home/$"))
    # «На главной странице содержится информация о Вашей компании … и данные по действующим
    # договорам»
    expect(page.get_by_role("heading", level=1)).to_have_text("ООО «Вега»")
    expect(page.get_by_role("row", name=furnished.number)).to_contain_text("12\u00a0345,67")
    assert not complaints


def test_way_two(furnished: Contract, page: Page) -> None:
    """«В разделе «Юрлицам» выбрать сервис «Личный кабинет» …»."""
    page.goto("/")
    page.get_by_role("navigation", name="Основная навигация").get_by_role(
        "link", name="Юрлицам"
    ).click()
    page.get_by_role("main").get_by_role("link", name="Личный кабинет", exact=True).click()
    # «Пользовательское соглашение можно распечатать с сайта»
    with page.expect_popup() as popup:
        page.get_by_role("link", name="Пользовательское соглашение").click()
    agreement = page.request.get(popup.value.url or "/business/cabinet/agreement.pdf")
    assert agreement.headers["content-type"] == "application/pdf"
    popup.value.close()
    log_in(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("ООО «Вега»")


def test_contacts_and_a_message_that_arrives(
    furnished: Contract,
    specialist: Specialist,
    topic: Topic,
    page: Page,
    worker: MailServer,
    tmp_path: Path,
) -> None:
    """«Контакты» and «Отправка сообщения», until the letter lies in the specialist's mailbox."""
    page.goto("/")
    log_in(page)
    # «Для перехода к информации по договору и к документам по нему щелкните на номер договора»
    open_contract(page, furnished)
    # «отражается информация о специалистах, курирующих Ваш договор, с указанием их контактных
    # данных»
    card = page.get_by_role("listitem").filter(has_text=specialist.full_name)
    expect(card).to_contain_text(specialist.position)
    expect(card).to_contain_text(specialist.email)
    # «вы можете отправить сообщение специалистам, курирующим Ваш договор»
    page.get_by_role("main").get_by_role(
        "link", name="Отправить сообщение", exact=True
    ).first.click()
    # «1) выберите тему … 2) Введите Ваш вопрос»
    choose_topic(page, topic)
    page.get_by_label("Ваш вопрос").fill(
        "Прошу объяснить начисление за октябрь.\nС уважением, Громов"
    )
    # «3) выберите документы на компьютере и нажмите кнопку «Добавить файл»»
    attachment = tmp_path / "Акт сверки № 5.pdf"
    attachment.write_bytes(PDF)
    page.locator("input[type=file]").set_input_files(attachment)
    page.get_by_role("button", name="Добавить файл").click()
    expect(page.get_by_text("Акт сверки № 5.pdf").first).to_be_visible()
    expect(page.get_by_label("Ваш вопрос")).to_have_value(re.compile("Прошу объяснить"))
    # «4) введите контактную информацию, адрес электронной почты и номер телефона»
    expect(page.get_by_label("Адрес электронной почты")).to_have_value("vega@vega.example")
    page.get_by_label("Номер телефона").fill("+7 900 000-00-02")
    # «5) Нажмите кнопку «Отправить»»
    page.get_by_role("button", name="Отправить", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"ОБ-\d{4}-\d{6}-\d"))
    expect(page.get_by_role("main")).to_contain_text(specialist.full_name)

    message = Message.objects.get()
    letter = worker.wait_for(
        lambda letter: letter["To"] == specialist.email and message.number in letter["Subject"]
    )
    # «Наши специалисты свяжутся с Вами»: by an answer to the letter, which comes into the cabinet
    assert message.staff_token in letter["Reply-To"]
    body = letter.get_body(("plain",))
    assert body is not None
    assert "Прошу объяснить начисление за октябрь." in body.get_content()
    files = {part.get_filename(): part.get_content() for part in letter.iter_attachments()}
    assert files == {"Акт сверки № 5.pdf": PDF}


def choose_topic(page: Page, topic: Topic) -> None:
    """The topic is one of a list, whatever else stands beside its name."""
    choice = page.get_by_label("Тема")
    label = choice.locator("option", has_text=topic.name).first.inner_text()
    choice.select_option(label=label.strip())


def test_documents(furnished: Contract, page: Page, month: Month) -> None:
    """«Документы»: month, year and kind; no kind; the year alone; PDF in a new window."""
    page.goto("/")
    log_in(page)
    open_contract(page, furnished)
    # «Для перехода к документам по договору щелкните на закладку «Документы»»
    tabs = page.get_by_role("navigation", name="Разделы договора")
    tabs.get_by_role("link", name="Документы").click()
    # «выберите месяц, год и вид документа … а затем на кнопку «Найти»»
    search(page, month, kind="Счёт-фактура")
    rows = page.get_by_role("table").get_by_role("row")
    expect(rows).to_have_count(2)
    # «Если Вы хотите просмотреть весь список документов за определенный месяц, то вид
    # документа выбирать не нужно»
    search(page, month, kind="")
    expect(rows).to_have_count(1 + len(Kind.values))
    # «Если Вы выберете только год, то в списке отразятся все документы за указанный год»
    page.get_by_label("Месяц").select_option("")
    page.get_by_label("Год").select_option(str(month.shifted(-12).year))
    page.get_by_role("button", name="Найти").click()
    expect(page.get_by_role("table")).to_contain_text("Д-прежний")
    # «Для просмотра документа щелкните по нему … откроется в новом окне в pdf-формате»
    search(page, month, kind="Счёт-фактура")
    link = page.get_by_role("table").get_by_role("link", name="Счёт-фактура").first
    assert link.get_attribute("target") == "_blank"
    with page.expect_popup():
        link.click()
    answer = page.request.get(str(link.get_attribute("href")))
    assert answer.headers["content-type"] == "application/pdf"
    assert "inline" in answer.headers["content-disposition"]
    text = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(answer.body())).pages)
    assert "СЧЁТ-ФАКТУРА" in text.upper().replace("СЧЕТ", "СЧЁТ")
    assert "ООО «Вега»" in text
    # «Обращаем Ваше внимание, что хранение документов ведется только с момента регистрации»
    page.goto(page.url.split("?")[0] + "?month=8&year=2024&kind=")
    expect(page.get_by_role("main")).to_contain_text("02.09.2024")


def search(page: Page, month: Month, *, kind: str) -> None:
    """Fill the three boxes and press «Найти»."""
    page.get_by_label("Месяц").select_option(str(month.number))
    page.get_by_label("Год").select_option(str(month.year))
    page.get_by_label("Вид документа").select_option(label=kind) if kind else page.get_by_label(
        "Вид документа"
    ).select_option("")
    page.get_by_role("button", name="Найти").click()


def test_readings_and_their_correction(furnished: Contract, page: Page) -> None:
    """«Точки учета»: enter, «Передать», receipt; a correction counts; history."""
    page.goto("/")
    log_in(page)
    open_contract(page, furnished)
    page.get_by_role("link", name="Точки учёта").click()
    # «в таблице отображаются показания счетчиков за предыдущий месяц, а также марка и тип
    # электросчетчиков»
    expect(page.get_by_role("table")).to_contain_text("Меркурий 234 ART-03")
    inputs = page.locator("input[inputmode=decimal]")
    expect(inputs).to_have_count(2)
    inputs.nth(0).fill("12 345,6")
    inputs.nth(1).fill("200")
    # «После нажатия кнопки «Передать» показания приборов учета поступят специалистам для обработки»
    page.get_by_role("button", name="Передать").click()
    expect(page.get_by_role("main")).to_contain_text(re.compile(r"ПП-\d{4}-\d{2}-\d{6}-\d"))
    # «Если Вы передали данные с ошибкой, то повторите ввод правильных показаний»
    page.get_by_role("link", name="Передать исправление").click()
    page.locator("input[inputmode=decimal]").nth(0).fill("12346.5")
    page.get_by_role("button", name="Передать").click()
    expect(page.get_by_role("main")).to_contain_text("012\u00a0346,5")
    assert Submission.objects.count() == 2
    values = (
        Reading.objects.filter(source="client")
        .order_by("received_at", "pk")
        .values_list("value", flat=True)
    )
    assert Decimal("12345.6") in values
    assert Decimal("12346.5") in values
    # «Для просмотра истории передачи показаний щелкните мышкой по соответствующей ссылке.
    # Затем выберите месяц и год»
    page.get_by_role("link", name="История передачи показаний").first.click()
    page.get_by_label("Месяц").select_option("")
    page.get_by_label("Год").select_option(str(timezone.localdate().year))
    page.get_by_role("button", name="Найти").click()
    expect(page.get_by_role("table")).to_contain_text("012\u00a0345,6")
    expect(page.get_by_role("table")).to_contain_text("012\u00a0346,5")


def test_debt(furnished: Contract, page: Page, month: Month) -> None:
    """«Задолженность»: the balance, then «История начислений/оплат» by month and year."""
    page.goto("/")
    log_in(page)
    open_contract(page, furnished)
    page.get_by_role("link", name="Задолженность").click()
    # «отображается Ваша задолженность/переплата по договору, а также история оплат»
    expect(page.get_by_role("main")).to_contain_text("12\u00a0345,67")
    expect(page.get_by_role("main")).to_contain_text("№ ПП-1")
    # «щелкните по строке «История начислений/оплат», затем выберите нужный период … «Найти»»
    page.get_by_role("link", name="История начислений/оплат").click()
    page.get_by_label("Месяц").select_option(str(month.number))
    page.get_by_label("Год").select_option(str(month.year))
    page.get_by_role("button", name="Найти").click()
    # «названия всех документов по начислениям (счета-фактуры) и оплатам (платежные поручения)
    # … номеров и даты»
    table = page.get_by_role("table")
    expect(table.get_by_role("row", name="Счёт-фактура № СФ-1")).to_contain_text(
        f"{month.last_day:%d.%m.%Y}"
    )
    expect(table.get_by_role("row", name="Платёжное поручение № ПП-1")).to_contain_text(
        "123\u00a0780,00"
    )


def test_email_and_password_are_changed_from_the_home_page(
    furnished: Contract, vega: User, page: Page, worker: MailServer
) -> None:
    """«На главной странице Вы можете изменить e-mail или пароль для входа в личный кабинет»."""
    page.goto("/")
    log_in(page)
    page.get_by_role("link", name="Изменить e-mail").click()
    page.get_by_label("Новый адрес").fill("new@vega.example")
    page.get_by_label("Текущий пароль").fill(make.PASSWORD)
    page.get_by_role("button", name="Отправить письмо").click()
    letter = worker.wait_for(lambda letter: letter["To"] == "new@vega.example")
    body = letter.get_body(("plain",))
    assert body is not None
    link = re.search(r"https?://\S+(/account/email/confirm/\S+)", body.get_content())
    assert link
    page.goto(link.group(1))
    page.get_by_role("button", name="Подтвердить адрес").click()
    vega.refresh_from_db()
    assert vega.email == "new@vega.example"

    page.goto("/home/")
    page.get_by_role("link", name="Изменить пароль").click()
    page.get_by_label("Текущий пароль").fill(make.PASSWORD)
    page.get_by_label("Новый пароль", exact=True).fill("сорок-тысяч-обезьян-7")
    page.get_by_label("Новый пароль ещё раз").fill("сорок-тысяч-обезьян-7")
    page.get_by_role("button", name="Изменить пароль").click()
    expect(page.get_by_role("main")).to_contain_text("Пароль изменён")
    page.get_by_role("button", name="Выйти").click()
    page.goto("/")
    log_in(page, password="сорок-тысяч-обезьян-7")
    expect(page).to_have_url(re.compile(r"/home/$"))
