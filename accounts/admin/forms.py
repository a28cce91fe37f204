"""What the office fills in when it gives or ends an access."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.utils import timezone

from accounts import issuing, requests, terms
from accounts.models import AccessRequest, Basis, Client, User
from accounts.roles import Role

_ALL, _CHOSEN = "all", "chosen"
# In the order of the page: the list of errors follows it.
_TERMS = ("basis", "basis_number", "signed_on", "ends_on", "role", "scope", "contracts")


def _day(label: str, **values: Any) -> forms.DateField:
    """A day: the browser's own calendar, and «31.12.2026» where there is none."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        error_messages={
            "required": "Укажите дату.",
            "invalid": "Дата введена с ошибкой. Пример: 31.12.2026",
        },
        **values,
    )


def _described(contract: Any, role: str) -> str:
    place = f", {contract.place}" if contract.place else ""
    asked = f"; по запросу роль «{Role(role).label}»" if role else ""
    return f"№\u00a0{contract.number} — {contract.status_label}{place}{asked}"


class TermsForm(forms.Form):
    """As whom, on what paper, since when, for which contracts."""

    position = forms.CharField(label="Должность", max_length=150, required=False)
    role = forms.ChoiceField(
        label="Роль в кабинете",
        choices=[("", "выберите роль"), *Role.choices],
        help_text="«Только просмотр» не передаёт показания и не пишет сообщения; "
        "«руководитель» видит, у кого из компании есть доступ.",
        error_messages={"required": "Выберите роль."},
    )
    basis = forms.ChoiceField(
        label="Основание",
        choices=[
            (Basis.CHARTER, "Устав: пришёл руководитель, паспорт проверен"),
            (Basis.POWER_OF_ATTORNEY, "Доверенность: паспорт доверенного лица проверен"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Выберите основание."},
    )
    basis_number = forms.CharField(
        label="Номер доверенности",
        max_length=60,
        required=False,
        help_text="Только для доверенности.",
    )
    ends_on = _day(
        "Доступ по",
        required=False,
        help_text="Последний день доступа. Для доверенности обязателен: последний день её срока.",
    )
    signed_on = _day(
        "Соглашение подписано", help_text="С этого дня открыт доступ. Будущий день указать нельзя."
    )
    scope = forms.ChoiceField(
        label="К чему доступ",
        choices=[
            (_ALL, "Все договоры клиента, включая будущие"),
            (_CHOSEN, "Только отмеченные договоры"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Выберите, к каким договорам открыть доступ."},
    )
    contracts = forms.MultipleChoiceField(
        label="Договоры",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Среди отмеченных есть договор другого клиента."},
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, client: Client, asked: AccessRequest | None = None, **kwargs: Any
    ) -> None:
        """`client`: whose contracts are offered, those in force first.

        `asked`: the company's request from which the form is filled in.
        """
        self.client = client
        self.contract_roles = requests.contract_roles(asked) if asked else {}
        kwargs["initial"] = {
            "signed_on": timezone.localdate(),
            "basis": Basis.CHARTER,
            "scope": _ALL,
            "form_key": uuid.uuid4(),
            **(requests.initial(asked) if asked else {}),
            **kwargs.get("initial", {}),
        }
        super().__init__(*args, **kwargs)
        contracts = sorted(
            client.contracts.all(), key=lambda contract: (not contract.is_active, contract.number)
        )
        self.choices = [
            (contract.pk, _described(contract, self.contract_roles.get(contract.pk, "")))
            for contract in contracts
        ]
        self.fields["contracts"].choices = self.choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The rules of issuing, each told at its field.

        A form sent twice would meet its own first result (the address is taken): it passes, and
        issuing answers `AlreadyIssued`.
        """
        cleaned = super().clean() or self.cleaned_data
        key = cleaned.get("form_key")
        if key is not None and issuing.issued_by_form(key) is not None:
            return cleaned
        chosen = cleaned.get("contracts")
        if chosen and cleaned.get("scope") == _ALL:
            self.add_error(
                "contracts",
                "Отмечены отдельные договоры, а выбран доступ ко всем. Выберите что-то одно.",
            )
        if "signed_on" in cleaned and "ends_on" in cleaned and "basis" in cleaned:
            self.refuse(self.refusals())
        return cleaned

    def refusals(self) -> dict[str, str]:
        """What `issuing` has against it."""
        return terms.refusals(client=self.client, terms=self.terms)

    def refuse(self, reasons: dict[str, str]) -> None:
        """Show reasons at their fields; what belongs to no field stands above the form."""
        for field, words in reasons.items():
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, words)

    @property
    def terms(self) -> terms.Terms:
        """What was filled in; call it once the dates and the basis are clean."""
        values = self.cleaned_data
        chosen = [int(pk) for pk in values.get("contracts", ())]
        is_all = values.get("scope") != _CHOSEN
        return terms.Terms(
            role=values.get("role", ""),
            basis=values["basis"],
            basis_number=values.get("basis_number", ""),
            signed_on=values["signed_on"],
            ends_on=values["ends_on"],
            contract_ids=None if is_all else chosen,
            contract_roles={
                pk: role for pk, role in self.contract_roles.items() if is_all or pk in chosen
            },
        )

    def _fieldset(self, title: str, *names: str) -> tuple[str, list[forms.BoundField]]:
        return title, [self[name] for name in names]

    @property
    def fieldsets(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields in the order of the paper."""
        return [
            self._fieldset("Основание и срок", "basis", "basis_number", "signed_on", "ends_on"),
            self._fieldset("Доступ", "role", "scope", *(["contracts"] if self.choices else [])),
        ]


class IssueForm(TermsForm):
    """A person who has no login yet."""

    last_name = forms.CharField(
        label="Фамилия", max_length=150, error_messages={"required": "Укажите фамилию."}
    )
    first_name = forms.CharField(
        label="Имя", max_length=150, error_messages={"required": "Укажите имя."}
    )
    patronymic = forms.CharField(
        label="Отчество", max_length=150, required=False, help_text="Если есть в паспорте."
    )
    email = forms.EmailField(
        label="E-mail",
        help_text="Сюда придёт ссылка, если человек забудет пароль. У каждого человека свой адрес.",
        error_messages={
            "required": "Укажите адрес электронной почты.",
            "invalid": "Адрес введён с ошибкой. Пример: ivanova@example.ru",
        },
    )
    phone = forms.CharField(
        label="Телефон", max_length=40, error_messages={"required": "Укажите телефон."}
    )

    def refusals(self) -> dict[str, str]:
        """Also: the address must be nobody else's."""
        return terms.refusals(
            client=self.client, terms=self.terms, email=self.cleaned_data.get("email")
        )

    @property
    def person(self) -> issuing.Person:
        """Who comes in."""
        names = ("last_name", "first_name", "patronymic", "email", "phone", "position")
        return issuing.Person(**{name: self.cleaned_data[name] for name in names})

    @property
    def fieldsets(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The person first."""
        person = self._fieldset(
            "Кому", "last_name", "first_name", "patronymic", "position", "email", "phone"
        )
        return [person, *super().fieldsets]


class GrantForm(TermsForm):
    """Somebody who has a login already."""

    field_order = ("login", "position", *_TERMS)

    login = forms.CharField(
        label="Логин",
        max_length=150,
        help_text="Логин, которым человек уже пользуется, например ul-004217. "
        "Пароль останется прежним.",
        error_messages={"required": "Укажите логин."},
    )

    user: User | None = None

    def __init__(
        self, *args: Any, client: Client, asked: AccessRequest | None = None, **kwargs: Any
    ) -> None:
        """With the login of whoever has the address that was asked for."""
        if asked and (login := requests.login_of(asked)):
            kwargs["initial"] = {"login": login, **kwargs.get("initial", {})}
        super().__init__(*args, client=client, asked=asked, **kwargs)

    def clean_login(self) -> str:
        """The login as it is kept."""
        login: str = self.cleaned_data["login"].strip().lower()
        self.user = User.objects.filter(username=login).first()
        if self.user is None:
            raise forms.ValidationError(
                "Такого логина нет. Найдите человека в разделе «Пользователи»."
            )
        return login

    def refusals(self) -> dict[str, str]:
        """Also: no second access of one person to one client at a time."""
        return terms.refusals(client=self.client, terms=self.terms, user=self.user)

    @property
    def fieldsets(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The person first."""
        return [self._fieldset("Кому", "login", "position"), *super().fieldsets]


class RevokeForm(forms.Form):
    """Why an access ends."""

    reason = forms.CharField(
        label="Причина",
        max_length=255,
        help_text="Например: «сменился сотрудник, заявление № 12». Останется в журнале.",
        error_messages={"required": "Укажите причину: она останется в журнале."},
    )


class RefuseRequestForm(forms.Form):
    """Why a company gets no access."""

    reason = forms.CharField(
        label="Причина",
        max_length=500,
        help_text="Что исправить, чтобы доступ открыли. Например: «доверенность не заверена».",
        error_messages={"required": "Укажите причину: её прочтёт руководитель компании."},
    )


class ReissueForm(forms.Form):
    """A new one-time password for the state of the login that the office saw.

    `issuing.reissue_password` compares the stamp, with the row locked.
    """

    stamp = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    @property
    def current_stamp(self) -> str:
        """Of the present password."""
        return issuing.password_stamp(self.user)
