"""Forms of logging in and of one's own login and password."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from crispy_forms.layout import HTML, Div
from django import forms
from django.contrib.auth.password_validation import password_validators_help_texts
from django.core.exceptions import ValidationError

from accounts.models import User
from cabinet.forms import PortalFormHelper, button

_BACK = HTML("""<a href="{% url 'contracts:home' %}">Вернуться на главную</a>""")
_WHERE_TO = HTML(
    "{% if redirect_field_value %}"
    '<input type="hidden" name="next" value="{{ redirect_field_value }}">'
    "{% endif %}"
)
_REPEAT_ERROR = "Пароли не совпадают: введите новый пароль дважды одинаково."


class LoginForm(allauth_forms.LoginForm):
    """The login window: «Логин», «Пароль», «Войти»."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        login, password = self.fields["login"], self.fields["password"]
        login.label, password.label = "Логин", "Пароль"
        login.help_text = "Выдан подразделением, например ul-004217"
        password.help_text = ""
        login.error_messages["required"] = "Введите логин."
        password.error_messages["required"] = "Введите пароль."
        login.widget.attrs = {
            "autocomplete": "username",
            "autocapitalize": "none",
            "spellcheck": "false",
        }
        password.widget.attrs = {"autocomplete": "current-password"}

    @property
    def helper(self) -> PortalFormHelper:
        """One main button, «Войти»; where the visitor wanted to go travels with the form."""
        return PortalFormHelper(
            self,
            submit="Войти",
            failure="Войти не удалось",
            layout=["login", "password", _WHERE_TO],
        )


class OwnPassword(forms.Form):
    """Asks for the current password, so that an unattended browser cannot change anything."""

    current_password = forms.CharField(
        label="Текущий пароль",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": "Введите текущий пароль."},
    )

    user: User

    def clean_current_password(self) -> str:
        """The password, when it is right."""
        password: str = self.cleaned_data["current_password"]
        if not self.user.check_password(password):
            raise ValidationError("Текущий пароль введён неверно.", code="wrong_password")
        return password


class ChangeEmailForm(OwnPassword, allauth_forms.AddEmailForm):
    """A new address: it counts once its owner has followed the link sent to it."""

    field_order = ["email", "current_password"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        email.label = "Новый адрес"
        email.help_text = (
            "На него придёт письмо со ссылкой. До подтверждения действует прежний адрес."
        )
        email.widget.attrs = {"autocomplete": "email", "type": "email"}
        email.error_messages.update(
            required="Введите новый адрес.",
            invalid="Адрес введён с ошибкой. Пример: ivanova@example.ru",
        )

    @property
    def helper(self) -> PortalFormHelper:
        """allauth tells by the button's name that an address is added."""
        helper = PortalFormHelper(self, failure="Адрес не изменён")
        send = button("Отправить письмо", name="action_add", css_class="btn-primary btn-wide")
        helper.layout.append(Div(send, _BACK, css_class="actions"))
        return helper


class _NewPassword(forms.Form):
    """A new password, twice, by the portal's rules."""

    password1 = forms.CharField(
        label="Новый пароль",
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Введите новый пароль."},
    )
    password2 = forms.CharField(
        label="Новый пароль ещё раз",
        strip=False,
        max_length=256,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": "Введите новый пароль ещё раз."},
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)
        self.fields["password1"].help_text = " ".join(password_validators_help_texts())

    @property
    def helper(self) -> PortalFormHelper:
        """One button that keeps the password."""
        return PortalFormHelper(self, submit="Сохранить пароль", failure="Пароль не сохранён")

    def clean_password1(self) -> str:
        """The new password, when the rules allow it."""
        from allauth.account.adapter import get_adapter

        password: str = get_adapter().clean_password(self.cleaned_data["password1"], self.user)
        if self.user.check_password(password):
            raise ValidationError(
                "Новый пароль совпадает с прежним. Придумайте другой.", code="same_password"
            )
        return password

    def clean(self) -> dict[str, Any]:
        """Both fields hold the same."""
        cleaned = super().clean() or self.cleaned_data
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", ValidationError(_REPEAT_ERROR, code="password_mismatch"))
        return cleaned

    def save(self) -> None:
        """Keep the new password; it is no longer a one-time one."""
        from allauth.account.internal import flows

        flows.password_change.change_password(self.user, self.cleaned_data["password1"])


class FirstPasswordForm(_NewPassword):
    """The password that replaces the one from the slip."""


class ChangePasswordForm(OwnPassword, _NewPassword):
    """A new password instead of the current one."""

    field_order = ["current_password", "password1", "password2"]

    @property
    def helper(self) -> PortalFormHelper:
        """Beside the button, the way back."""
        return PortalFormHelper(
            self, submit="Изменить пароль", failure="Пароль не изменён", actions=[_BACK]
        )


class SetPasswordForm(_NewPassword):
    """The password chosen by a link from a letter."""

    def __init__(self, *args: Any, temp_key: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    def save(self) -> None:
        """Keep the password and unlock the limits of tries."""
        from allauth.account.internal import flows

        flows.password_reset.reset_password(self.user, self.cleaned_data["password1"])


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    """Where to send the link for a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        email = self.fields["email"]
        email.label = "Адрес электронной почты"
        email.help_text = "Тот, что указан в личном кабинете. Ссылка действует один час."
        email.widget.attrs = {"autocomplete": "email", "type": "email"}
        email.error_messages.update(
            required="Введите адрес.", invalid="Адрес введён с ошибкой. Пример: ivanova@example.ru"
        )

    @property
    def helper(self) -> PortalFormHelper:
        """Beside the button, the way back to the login window."""
        back = HTML("""<a href="{% url 'account_login' %}">Вернуться ко входу</a>""")
        return PortalFormHelper(
            self, submit="Отправить ссылку", failure="Письмо не отправлено", actions=[back]
        )


class ColorSchemeForm(forms.ModelForm):
    """Light pages, dark pages, or as the system says."""

    class Meta:
        """One field."""

        model = User
        fields = ["color_scheme"]
        widgets = {"color_scheme": forms.RadioSelect}

    @property
    def helper(self) -> PortalFormHelper:
        """Beside the button, the way back."""
        return PortalFormHelper(self, submit="Сохранить", actions=[_BACK])


class NotificationsForm(forms.ModelForm):
    """Which letters the person wants; those about access, and those with weight, always come."""

    class Meta:
        """The two kinds of letters that can be switched off."""

        model = User
        fields = ["wants_reading_reminders", "document_letters"]
        labels = {"wants_reading_reminders": "Напоминать о передаче показаний"}
        help_texts = {
            "wants_reading_reminders": (
                "Письмо придёт, когда срок подходит к концу, а показания ещё не переданы."
            ),
            "document_letters": "Счета, счета-фактуры, акты и ведомости.",
        }
        widgets = {"document_letters": forms.RadioSelect}
        error_messages = {
            "document_letters": {
                "required": "Выберите, как присылать письма о новых документах.",
                "invalid_choice": "Выберите один из предложенных вариантов.",
            }
        }

    @property
    def helper(self) -> PortalFormHelper:
        """Beside the button, the way back."""
        return PortalFormHelper(
            self, submit="Сохранить", failure="Настройки не сохранены", actions=[_BACK]
        )
