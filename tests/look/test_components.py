"""The small parts of pages."""

import datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django import forms
from django.core.paginator import Paginator
from django.http import QueryDict
from django.template.loader import get_template

from cabinet.charts import MonthlyChart, Series
from cabinet.keyset import Page

pytestmark = pytest.mark.urls("tests.look.urls")


class SampleForm(forms.Form):
    topic = forms.ChoiceField(label="Тема", choices=[("", "—"), ("1", "Приборы учёта")])
    way = forms.ChoiceField(
        label="Куда ответить", widget=forms.RadioSelect, choices=[("a", "На почту")]
    )
    inn = forms.CharField(label="ИНН", error_messages={"required": "ИНН состоит из 10 цифр."})
    secret = forms.CharField(widget=forms.HiddenInput)

    def clean(self):
        raise forms.ValidationError("Срок прошёл.")


class PeriodForm(forms.Form):
    month = forms.ChoiceField(label="Месяц", choices=[("", "любой")], required=False)
    year = forms.ChoiceField(label="Год", choices=[("2026", "2026")])
    kind = forms.ChoiceField(label="Вид документа", choices=[("", "любой")], required=False)


SPECIALIST = SimpleNamespace(
    full_name="Мельник Ирина Павловна",
    initials="ИМ",
    position="ведущий специалист",
    phone="8 800 000-01-02",
    extension="214",
    email="melnik@severenergosbyt.example",
    office="12",
)
FILE = SimpleNamespace(name="Акт <1>.pdf", size=421_888, url="/f/1")
NOVEMBER = datetime.datetime(2026, 11, 30, 8, 20, tzinfo=datetime.UTC)

# Every component with what it needs, and words that must then be on the page.
SAMPLES: dict[str, tuple[dict[str, Any], str]] = {
    "back": ({"href": "/messages/", "text": "Все обращения"}, "Все обращения"),
    "brand": (
        {
            "retailer": SimpleNamespace(name="Сбыт", service="Кабинет"),
            "href": "/",
            "with_service": True,
        },
        "Кабинет",
    ),
    "chart": (
        {
            "chart": MonthlyChart(
                key="turnover",
                title="Начислено и оплачено",
                unit="₽",
                months=[datetime.date(2026, month, 1) for month in (10, 11)],
                series=[
                    Series(title="начислено", values={datetime.date(2026, 11, 1): Decimal(5)}),
                    Series(title="оплачено", values={}),
                ],
            ),
            "table_id": "turnover-table",
        },
        "Те же числа таблицей",
    ),
    "empty": (
        {"title": "Ничего нет", "text": "Потому что.", "href": "/", "action": "Запросить"},
        "Запросить",
    ),
    "error_summary": (
        {
            "items": [("r3", "ТП-14: больше разрядов")],
            "title": "Не передано",
            "unit": "строку,строки,строк",
        },
        "проверьте 1\u00a0строку",
    ),
    "facts": (
        {
            "contract": SimpleNamespace(
                client=SimpleNamespace(short_name="ООО «Вега»"), signed_on=NOVEMBER, balance=None
            )
        },
        "ООО «Вега»",
    ),
    "file_row": (
        {
            "name": FILE.name,
            "size": FILE.size,
            "href": FILE.url,
            "state": "проверен",
            "remove_name": "remove",
            "remove_value": "1",
        },
        "412\u00a0КБ · проверен",
    ),
    "keyset_pages": (
        {
            "page": Page(rows=[SimpleNamespace(pk=7)], has_previous=False, has_next=True),
            "query": QueryDict("year=2026&before=9"),
        },
        "Дальше",
    ),
    "kv": ({"rows": [("Период", "ноябрь"), ("Отметка", ""), ("Потери", 0)]}, "ноябрь"),
    "log_out": ({}, "Выйти"),
    "mark": ({}, ""),
    "meridians": ({}, ""),
    "messages": ({"messages": []}, ""),
    "nav_cabinet": (
        {
            "nav": "home",
            "retailer": SimpleNamespace(name="Сбыт"),
            "user": SimpleNamespace(short_name="Соколова Н. В."),
        },
        "Соколова Н. В.",
    ),
    "nav_front": ({"retailer": SimpleNamespace(name="Сбыт", phone="112")}, "Юрлицам"),
    "nav_office": (
        {"retailer": SimpleNamespace(name="Сбыт"), "user": SimpleNamespace(short_name="Ким А. Д.")},
        "Рабочее место",
    ),
    "notice": (
        {
            "modifier": "warn",
            "lead": "До 1 декабря",
            "text": "осталось 2 дня",
            "value": 7,
            "max": 12,
            "meter": "передано 7 из 12",
        },
        "осталось 2 дня",
    ),
    "group": (
        {"name": "отдел расчётов", "email": "billing@x.example", "topics": "Счета"},
        "Отдел расчётов",
    ),
    "pagination": (
        {"page_obj": Paginator(range(95), 5).page(9), "query": QueryDict("year=2026&page=9")},
        "Дальше",
    ),
    "period_filter": ({"form": PeriodForm(), "label": "Поиск документов"}, "Найти"),
    "person": (
        {"specialist": SPECIALIST, "topics": ["Договор", "Счета"], "message_href": "/"},
        "Договор, Счета",
    ),
    "print_button": ({}, "Распечатать"),
    "receipt_foot": (
        {"checksum": "9f2c", "pdf_href": "/p", "check_url": "https://x.example/1"},
        "9f2c",
    ),
    "receipt_head": (
        {
            "state": "Переданы",
            "name": "Квитанция",
            "number": "ПП-1",
            "rows": [("Принято", "в срок")],
        },
        "ПП-1",
    ),
    "status": ({"text": "просрочено", "modifier": "bad", "icon_name": "clock"}, "просрочено"),
    "timeline_item": (
        {
            "title": "Ответ",
            "at": NOVEMBER,
            "is_now": True,
            "body": "Раз.\n\nДва.",
            "author": "Кузнецов",
            "files": [FILE],
        },
        "30.11.2026\u00a011:20",
    ),
}


def render(component, /, **context):
    return BeautifulSoup(
        get_template(f"components/{component}.html").render(context), "html.parser"
    )


def test_every_component_has_a_sample(settings):
    folder = settings.BASE_DIR / "templates" / "components"
    assert {path.stem for path in folder.glob("*.html")} == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_it_renders(name):
    context, words = SAMPLES[name]
    assert words in render(name, **context).get_text(" ", strip=True).replace("  ", " ")


@pytest.mark.parametrize("name", SAMPLES)
def test_it_begins_with_its_parameters(name, settings):
    text = (settings.BASE_DIR / "templates" / "components" / f"{name}.html").read_text()
    assert text.startswith("{% comment %}")


def test_names_of_files_are_escaped():
    assert "<1>" in render("file_row", name=FILE.name, size=1).select_one(".files__name").text


def test_a_row_without_a_value_is_left_out_but_zero_is_a_value():
    assert [dt.text for dt in render("kv", **SAMPLES["kv"][0]).select("dt")] == ["Период", "Потери"]


def test_error_summary_leads_to_the_fields():
    found = render("error_summary", form=SampleForm({}), title="Сообщение не отправлено")
    assert found.h2.text.strip() == "Сообщение не отправлено: 5\u00a0ошибок"
    assert found.div["role"] == "alert"
    lines = found.select("li")
    assert [line.text for line in lines] == [
        "Срок прошёл.",
        "Тема: обязательное поле.",
        "Куда ответить: обязательное поле.",
        "ИНН: ИНН состоит из 10 цифр.",
        "Обязательное поле.",
    ]
    assert [line.a["href"] if line.a else "" for line in lines] == [
        "",
        "#id_topic",
        "#id_way_0",
        "#id_inn",
        "",
    ]


def test_error_summary_is_silent_without_errors():
    assert render("error_summary", form=SampleForm()).text.strip() == ""
    assert render("error_summary").text.strip() == ""


def test_two_forms_on_a_page_have_two_summaries():
    ids = {
        render("error_summary", form=SampleForm({}, prefix=prefix)).h2["id"]
        for prefix in ("a", "b")
    }
    assert len(ids) == 2


def test_pagination_keeps_the_search_and_shows_gaps():
    found = render("pagination", **SAMPLES["pagination"][0])
    assert found.select_one("[aria-current=page]").text == "Страница 9"
    assert found.select_one("a[rel=next]")["href"] == "?year=2026&page=10"
    assert [item.text for item in found.select("li > span[aria-hidden]")] == ["…", "…"]


def test_one_page_needs_no_pagination():
    assert render("pagination", page_obj=Paginator(range(3), 10).page(1)).text.strip() == ""


def test_period_filter_shows_its_errors():
    found = render("period_filter", form=PeriodForm({"year": "1999"}), label="Поиск")
    year = found.select_one("[name=year]")
    assert year["aria-invalid"] == "true"
    assert found.select_one(f"#{year['aria-describedby']}").text.startswith("Ошибка: ")
    assert found.form["method"] == "get"


def test_words_of_a_person_become_paragraphs_and_nothing_else():
    found = render("timeline_item", title="Ответ", at=NOVEMBER, body="<b>Раз</b>\n\nДва")
    assert [line.text for line in found.select(".bubble p")] == ["<b>Раз</b>", "Два"]
    assert found.time["datetime"] == "2026-11-30T11:20+03:00"


def test_the_print_button_needs_a_script():
    assert render("print_button").button.has_attr("hidden")
