"""The frames: base, open pages, a contract's pages, and the pages for what cannot be answered."""

import datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.template import engines
from django.template.loader import get_template

pytestmark = [pytest.mark.urls("tests.look.urls"), pytest.mark.django_db]

PERSON = SimpleNamespace(
    is_authenticated=True, is_anonymous=False, short_name="Соколова Н. В.", color_scheme="dark"
)
SPECIALIST = SimpleNamespace(
    full_name="Мельник Ирина Павловна", phone="8 800 000-01-02", extension="214"
)
DEBT = SimpleNamespace(
    amount=Decimal("12345.67"),
    as_of=datetime.datetime(2026, 11, 30, 3, tzinfo=datetime.UTC),
    is_debt=True,
    is_overpayment=False,
)


def contract(**changes):
    return SimpleNamespace(
        **{
            "pk": 7,
            "number": "35-01-004217",
            "signed_on": datetime.date(2019, 3, 14),
            "terminated_on": None,
            "is_active": False,  # the term of readings is asked of the database
            "status_label": "действует",
            "status_modifier": "ok",
            "client": SimpleNamespace(short_name="ООО «Вега»"),
            "price_category_label": "первая",
            "voltage_label": "СН II",
            "place": "Склад",
            "point_count": 12,
            "balance": DEBT,
        }
        | changes
    )


@pytest.fixture(autouse=True)
def _no_documents(monkeypatch):
    """A contract's frame asks for its documents: here there is no database to ask."""
    monkeypatch.setattr("documents.news.count_new", lambda user, contracts: {})
    monkeypatch.setattr("documents.notices.current", lambda contract: None)


@pytest.fixture
def shown(rf):
    """Renders a template, or the given source over one, as a page of a person or of nobody."""

    def render(name="", source="", user=PERSON, **context):
        request = rf.get("/")
        request.user = user
        template = engines["django"].from_string(source) if source else get_template(name)
        return BeautifulSoup(template.render(context, request), "lxml")

    return render


def test_a_persons_page(shown):
    found = shown(
        source='{% extends "base.html" %}{% block title %}Документы{% endblock %}',
        nav="home",
        current_client="ООО «Вега»",
        current_position="бухгалтер",
        help_contact=SPECIALIST,
    )
    assert found.title.text == "Документы — Личный кабинет Северэнергосбыт"
    assert found.html["lang"] == "ru"
    assert found.html["data-bs-theme"] == "dark"
    assert [link.text for link in found.select(".site-nav a")] == [
        "Главная",
        "Документы",
        "Обращения",
        "Доступ",
        "Помощь",
    ]
    assert found.select_one(".site-nav [aria-current=page]").text == "Главная"
    assert found.body.find().get("href") == "#main"
    assert "ООО «Вега»" in found.select_one(".site-user").text
    assert found.select_one(".site-user form[method=post] input[name=csrfmiddlewaretoken]")
    assert "Ваш специалист — Мельник Ирина Павловна" in found.select_one(".help-line").text
    assert found.select_one('.help-line a[href="tel:+78000000102,214"]')
    assert found.select_one('.help-line a[href="/messages/"]').text == "Отправить сообщение"


def test_nobodys_page_has_the_open_navigation_and_no_help_line(shown):
    found = shown("404.html", user=AnonymousUser())
    assert [link.text for link in found.select(".site-nav a")] == ["Физлицам", "Юрлицам", "Помощь"]
    assert not found.select(".help-line, form")
    assert "data-bs-theme" not in found.html.attrs


def test_the_office_has_its_own_navigation(shown):
    office = SimpleNamespace(**{**vars(PERSON), "is_staff": True})
    found = shown("404.html", user=office)
    links = [(link.text, link["href"]) for link in found.select(".site-nav a")]
    assert links[0] == ("Рабочее место", "/office/")
    assert "Главная" not in found.header.get_text()
    assert "её ведёт другое отделение" in found.main.get_text()
    assert not found.select(".help-line")


def test_an_open_page_offers_the_cabinet_to_a_person(shown):
    found = shown(source='{% extends "public.html" %}')
    assert found.select_one('.site-user a[href="/home/"]').text == "Личный кабинет"


def test_a_refused_form_says_so_in_the_title(shown):
    class Form(forms.Form):
        name = forms.CharField()

    source = '{% extends "base.html" %}{% block title %}Вход{% endblock %}'
    assert shown(source=source, form=Form({})).title.text.startswith("Ошибка: Вход — ")
    assert shown(source=source, form=Form()).title.text.startswith("Вход — ")
    assert shown(source=source, has_errors=True).title.text.startswith("Ошибка: Вход — ")


def test_the_demonstration_says_so_on_each_page(shown, settings):
    settings.DEMO = True
    assert shown("404.html").select_one(".demo-line").text == "Демонстрация: вымышленные данные"
    settings.DEMO = False
    assert not shown("404.html").select(".demo-line")


def test_messages_carry_their_state(shown):
    found = shown(
        source='{% extends "base.html" %}',
        messages=[
            Message(constants.SUCCESS, "Адрес изменён."),
            Message(constants.ERROR, "Не вышло."),
        ],
    )
    assert [notice["class"] for notice in found.select("[role=status] .notice")] == [
        ["notice", "notice--ok"],
        ["notice", "notice--bad"],
    ]


def test_a_contracts_band(shown):
    found = shown(source='{% extends "contract.html" %}', contract=contract(), tab="points")
    assert (
        "Договор энергоснабжения № 35-01-004217" in found.select_one(".contract-head__title").text
    )
    assert found.select_one(".contract-head .status--ok").text == "действует"
    assert [dt.text for dt in found.select(".facts dt")] == [
        "Потребитель",
        "Заключён",
        "Ценовая категория",
        "Точек учёта",
        "Задолженность на 30.11.2026\u00a006:00",
    ]
    assert found.select_one(".facts .text-bad").text == "12\u00a0345,67\u00a0₽"
    tabs = found.select(".tabs a")
    assert [tab.contents[0].strip() for tab in tabs] == [
        "Контакты",
        "Документы",
        "Точки учёта",
        "Задолженность",
        "Обращения",
    ]
    assert [tab["href"] for tab in tabs if tab.get("aria-current")] == ["/contracts/7/readings/"]


@pytest.mark.parametrize("may_write", [True, False])
def test_the_help_line_offers_what_the_role_allows(shown, may_write):
    found = shown(
        source='{% extends "contract.html" %}',
        contract=contract(),
        rights={"send_messages": may_write},
    )
    link = found.select_one('.help-line a[href="/contracts/7/messages/new/"]')
    assert (link is not None) is may_write


@pytest.mark.parametrize(
    ("balance", "name", "value"),
    [
        (
            SimpleNamespace(
                amount=Decimal("-4180.2"), as_of=DEBT.as_of, is_debt=False, is_overpayment=True
            ),
            "Переплата на 30.11.2026\u00a006:00",
            "4\u00a0180,20\u00a0₽",
        ),
        (
            SimpleNamespace(
                amount=Decimal(0), as_of=DEBT.as_of, is_debt=False, is_overpayment=False
            ),
            "Задолженность на 30.11.2026\u00a006:00",
            "0,00\u00a0₽",
        ),
        (None, "Задолженность", "сведений ещё нет"),
    ],
)
def test_the_balance_in_the_band(shown, balance, name, value):
    found = shown(source='{% extends "contract.html" %}', contract=contract(balance=balance))
    last = found.select(".facts > div")[-1]
    assert (last.dt.text, last.dd.text) == (name, value)


def test_a_terminated_contract_shows_its_term(shown):
    found = shown(
        source='{% extends "contract.html" %}',
        contract=contract(terminated_on=datetime.date(2026, 5, 31)),
    )
    assert "Действовал14.03.2019–31.05.2026" in found.select_one(".facts").get_text("", strip=True)


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_pages_that_ask_nothing(name):
    found = BeautifulSoup(get_template(name).render(), "lxml")
    assert found.h1
    assert "Северэнергосбыт" in found.select("header")[0].text
    assert found.select_one('a[href^="tel:"]')


def test_an_incident_has_a_number():
    assert "7F3A09C1" in get_template("500.html").render({"incident": "7F3A09C1"})
    assert "Номер ошибки" not in get_template("500.html").render()


@pytest.mark.parametrize("name", ["403.html", "403_csrf.html", "404.html", "405.html"])
@pytest.mark.parametrize("user", [PERSON, AnonymousUser()], ids=["person", "nobody"])
def test_refusals_say_what_to_do(shown, name, user):
    found = shown(name, user=user)
    assert found.select("main h1 ~ p, main .page-head p")
    assert found.select("main li")


def test_a_refusal_repeats_its_reason(shown):
    reason = "Эта страница — для сотрудников."
    assert reason in shown("403.html", exception=reason).main.get_text()
