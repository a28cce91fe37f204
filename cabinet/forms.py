"""How forms of the portal are laid out (crispy-forms)."""

from __future__ import annotations

from collections.abc import Sequence

from crispy_forms.bootstrap import StrictButton
from crispy_forms.helper import FormHelper
from crispy_forms.layout import HTML, Div, Layout, LayoutObject
from django import forms


class PortalFormHelper(FormHelper):
    """The layout that every form of the portal shares.

    Under one another: the error summary, a note about required fields, the fields, the buttons. The
    browser's own checks are off (`novalidate`), because the server says in Russian what is wrong
    and what to do; the fields keep `required` for screen readers.

    A form offers it as `helper`, and its template says `{% crispy form %}`:

        @property
        def helper(self) -> PortalFormHelper:
            return PortalFormHelper(self, submit="Отправить", failure="Сообщение не отправлено")
    """

    # Optional fields carry the word «необязательно»; the others need no mark.
    required_note = "Заполните все поля, кроме отмеченных «необязательно»."

    def __init__(
        self,
        form: forms.BaseForm,
        *,
        submit: str = "",
        failure: str = "",
        layout: Sequence[str | LayoutObject] = (),
        actions: Sequence[LayoutObject] = (),
        form_tag: bool = True,
        action: str = "",
    ) -> None:
        """`submit`: the words on the main button; without it the template brings its own buttons.

        `failure`: what did not happen, the beginning of the error summary («Вход не выполнен»).
        `layout`: the fields in the order shown; all fields of the form without it.
        `actions`: what stands beside the main button: `button(…)`, `HTML("<a …>")`.
        `form_tag`: whether crispy writes `<form>`; off for a form inside another one.
        `action`: an address or the name of a URL; the page's own address without it.
        """
        super().__init__()
        self.attrs = {"novalidate": True}
        self.form_tag = form_tag
        self.form_action = action
        self.form_error_title = failure
        # What a widget brings along (`Media`) would be a script: pages load their own.
        self.include_media = False
        rows: list[str | LayoutObject] = [*(layout or form.fields)]
        if _is_mixed(form):
            rows.insert(0, note(self.required_note))
        if submit:
            main = button(submit, css_class="btn-primary btn-wide")
            rows.append(Div(main, *actions, css_class="actions"))
        self.layout = Layout(*rows)


def button(
    text: str, *, name: str = "", value: str = "", css_class: str = "btn-outline-secondary"
) -> StrictButton:
    """A button that sends the form; with a name, the view can tell which one was pressed."""
    named = {"name": name, "value": value or "1"} if name else {}
    return StrictButton(text, type="submit", css_class=css_class, **named)


def note(text: str) -> HTML:
    """A quiet line between fields; `text` is the template's own, never a person's."""
    return HTML(f'<p class="hint mb-3">{text}</p>')


def _is_mixed(form: forms.BaseForm) -> bool:
    """Whether some fields to be filled are required and some are not."""
    shown = [
        field.required
        for field in form.fields.values()
        if not field.widget.is_hidden and not isinstance(field.widget, forms.CheckboxInput)
    ]
    return any(shown) and not all(shown)
