"""Crispy forms in the portal's own markup: what a screen reader is told."""

import pytest
from bs4 import BeautifulSoup
from crispy_forms.layout import HTML
from crispy_forms.utils import render_crispy_form
from django import forms

from cabinet.forms import PortalFormHelper, button


class SampleForm(forms.Form):
    topic = forms.ChoiceField(label="Тема", choices=[("", "Выберите")], help_text="Кто ответит")
    text = forms.CharField(label="Ваш вопрос", widget=forms.Textarea)
    way = forms.ChoiceField(
        label="Куда ответить",
        widget=forms.RadioSelect,
        choices=[("a", "На почту"), ("b", "По телефону")],
    )
    kinds = forms.MultipleChoiceField(
        label="Чего касается",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[("a", "Счёт")],
    )
    file = forms.FileField(label="Документ", required=False, help_text="До 10 МБ")
    email = forms.EmailField(label="E-mail")
    phone = forms.CharField(label="Телефон", required=False)
    agree = forms.BooleanField(label="Получать копию", required=False)
    draft = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def helper(self):
        return PortalFormHelper(
            self,
            submit="Отправить",
            failure="Сообщение не отправлено",
            layout=[
                "topic",
                "text",
                "way",
                "kinds",
                "file",
                "email",
                "phone",
                "agree",
                "draft",
            ],
            actions=[
                button("Сохранить черновик", name="save", css_class="btn-link"),
                HTML('<a href="/">Назад</a>'),
            ],
        )


@pytest.fixture
def refused():
    return BeautifulSoup(render_crispy_form(SampleForm({"email": "нет"})), "lxml")


@pytest.fixture
def fresh():
    return BeautifulSoup(render_crispy_form(SampleForm()), "lxml")


def test_the_server_checks_not_the_browser(fresh):
    assert fresh.form.has_attr("novalidate")
    assert fresh.form["method"] == "post"
    assert fresh.form["enctype"] == "multipart/form-data"
    assert fresh.select_one("[name=topic]").has_attr("required")


def test_an_unsent_form_shows_no_errors(fresh):
    assert not fresh.select(".error-summary, .invalid-feedback, .is-invalid, [aria-invalid]")


def test_a_refused_form_begins_with_its_summary(refused):
    first = refused.form.find("div")
    assert first["class"] == ["error-summary"]
    assert first.h2.text.startswith("Сообщение не отправлено: 4")


def test_every_line_of_the_summary_leads_to_a_control(refused):
    targets = [link["href"][1:] for link in refused.select(".error-summary a")]
    assert targets == ["id_topic", "id_text", "id_way_0", "id_email"]
    assert all(
        refused.find(id=target).name in {"select", "textarea", "input"} for target in targets
    )


@pytest.mark.parametrize("name", ["topic", "text", "email"])
def test_a_control_names_its_hint_and_its_error(refused, name):
    control = refused.select_one(f"[name={name}]")
    assert control["aria-invalid"] == "true"
    described = [refused.find(id=found) for found in control["aria-describedby"].split()]
    assert all(described)
    assert described[-1].text.startswith("Ошибка: ")


def test_hint_before_control_error_after(refused):
    order = [
        found.get("id") or found.name
        for found in refused.find(id="div_id_topic").find_all(True, recursive=False)
    ]
    assert order == ["label", "id_topic_helptext", "id_topic", "id_topic_error"]


def test_a_group_of_buttons_is_one_question(refused):
    group = refused.find(id="div_id_way")
    assert group.name == "fieldset"
    assert group.legend.text.strip() == "Куда ответить"
    assert refused.find(id=group["aria-describedby"]).text.startswith("Ошибка: ")
    assert len(group.select("input[type=radio]")) == 2


def test_optional_fields_say_so_and_tick_boxes_do_not(fresh):
    marked = {label.find_parent(id=True)["id"] for label in fresh.select(".optional")}
    assert marked == {"div_id_kinds", "div_id_file", "div_id_phone"}
    assert "кроме отмеченных «необязательно»" in fresh.form.text


def test_every_id_is_there_once(refused):
    ids = [found["id"] for found in refused.find_all(id=True)]
    assert len(ids) == len(set(ids))


def test_a_file_field_keeps_its_hint(fresh):
    control = fresh.select_one("[type=file]")
    assert fresh.find(id=control["aria-describedby"]).text == "До 10 МБ"


def test_main_button_first(fresh):
    buttons = fresh.select(".actions > *")
    assert [found.text for found in buttons] == ["Отправить", "Сохранить черновик", "Назад"]
    assert not buttons[0].has_attr("name")
    assert (buttons[1]["name"], buttons[1]["value"]) == ("save", "1")


def test_a_form_of_required_fields_needs_no_note():
    class Login(forms.Form):
        login = forms.CharField(label="Логин")

    assert "необязательно" not in render_crispy_form(
        Login(), PortalFormHelper(Login(), submit="Войти")
    )


def test_a_form_inside_another_one_has_no_tag():
    html = render_crispy_form(SampleForm(), PortalFormHelper(SampleForm(), form_tag=False))
    assert "<form" not in html
    assert "<button" not in html
