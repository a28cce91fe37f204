"""The fields in which a code is typed."""

from __future__ import annotations

from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from crispy_forms.layout import HTML
from django import forms
from django.core.exceptions import ValidationError

from accounts.forms import OwnPassword
from accounts.models import User
from accounts.second_factor import codes, rules
from cabinet.forms import PortalFormHelper

_WRONG = (
    "Код не подошёл. Введите шесть цифр, которые приложение показывает сейчас; каждый код действует"
    " один раз. Проверьте, что время на телефоне точное."
)
_TOO_MANY = "Слишком много неверных кодов. Подождите пять минут и введите новый код."
_BACK = HTML("""<a href="{% url 'accounts:second-factor' %}">Отмена</a>""")


def _code(label: str, *, hint: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        help_text=hint,
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "class": "code-field"}
        ),
        error_messages={"required": "Введите код.", "max_length": _WRONG},
    )


class CodeForm(forms.Form):
    """A code of the person's factor, or a recovery code; used up when it is right."""

    code = _code("Код из приложения", hint="Нет телефона под рукой? Введите резервный код.")

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        """`user`: whose code it must be."""
        super().__init__(*args, **kwargs)
        self.user = user
        self.found: Authenticator | None = None

    @property
    def helper(self) -> PortalFormHelper:
        """One button."""
        return PortalFormHelper(self, submit="Продолжить", failure="Код не принят")

    def clean_code(self) -> str:
        """The code, when it is right and new."""
        code: str = self.cleaned_data["code"]
        try:
            self.found = rules.check(context.request, user=self.user, code=code)
        except rules.TooManyTries as error:
            raise ValidationError(_TOO_MANY, code="too_many") from error
        except rules.WrongCode as error:
            raise ValidationError(_WRONG, code="wrong") from error
        return code


class LoginCodeForm(CodeForm):
    """The second step of logging in, as django-allauth's view calls it."""

    def save(self) -> None:
        """The session that begins counts as one with a second factor."""
        assert self.found is not None  # noqa: S101 — the form is valid
        rules.note_passed(context.request, self.found)


class SetUpForm(OwnPassword):
    """A code that shows that the app works, and the password."""

    code = _code("Код из приложения", hint="Шесть цифр, которые приложение показывает сейчас.")
    field_order = ["code", "current_password"]
    step: int

    def __init__(self, *args: Any, user: User, secret: str, **kwargs: Any) -> None:
        """`secret`: the key that the page offers."""
        super().__init__(*args, **kwargs)
        self.user, self.secret = user, secret

    @property
    def helper(self) -> PortalFormHelper:
        """One button."""
        return PortalFormHelper(self, submit="Включить код при входе", failure="Код не включён")

    def clean_code(self) -> str:
        """The code, when the app has the offered key."""
        code: str = self.cleaned_data["code"]
        step = codes.matching_step(self.secret, code)
        if step is None:
            raise ValidationError(_WRONG, code="wrong")
        self.step = step
        return code


class ConfirmForm(OwnPassword, CodeForm):
    """Password and code: for what weakens the protection of the login."""

    field_order = ["current_password", "code"]
    words, failure = "", ""

    @property
    def helper(self) -> PortalFormHelper:
        """Beside the button, the way back."""
        return PortalFormHelper(self, submit=self.words, failure=self.failure, actions=[_BACK])

    def clean_code(self) -> str:
        """Looked at only after the password: a wrong one must not use the code up."""
        if "current_password" not in self.cleaned_data:
            return ""
        return super().clean_code()


class NewCodesForm(ConfirmForm):
    """New recovery codes."""

    words, failure = "Создать новые коды", "Новые коды не созданы"


class TurnOffForm(ConfirmForm):
    """The factor is removed."""

    words, failure = "Отключить код при входе", "Код не отключён"
