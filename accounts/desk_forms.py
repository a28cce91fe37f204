"""What a director fills in at the company's desk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from crispy_forms.layout import HTML
from django import forms

from accounts import company
from accounts.models import Basis, Client, Membership
from accounts.narrowing import CLOSED, Choice
from accounts.requests import Wish
from accounts.roles import Role, within
from cabinet.forms import PortalFormHelper
from cabinet.phones import PhoneField

# What is chosen for a contract at which the role of the whole access counts.
SAME = "same"
_ALL, _CHOSEN = "all", "chosen"
_BACK = HTML("""<a href="{% url 'accounts:company-access' client.pk %}">Отмена</a>""")


def _day(label: str, **values: Any) -> forms.DateField:
    """A day: the browser's own calendar, and «31.12.2026» where there is none."""
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        error_messages={"invalid": "Введите дату так: 31.12.2026."},
        **values,
    )


# Ending -------------------------------------------------------------------------------------------


class EndForm(forms.Form):
    """Why an access ends."""

    reason = forms.CharField(
        label="Причина",
        max_length=255,
        help_text="Например: «уволен с 30.11.2026». Её увидят сотрудник и поставщик.",
        error_messages={
            "required": "Укажите причину: её увидят сотрудник и поставщик.",
            "max_length": "Не длиннее 255 знаков.",
        },
    )

    @property
    def helper(self) -> PortalFormHelper:
        """The way back beside the button."""
        return PortalFormHelper(
            self, submit="Закрыть доступ", failure="Доступ не закрыт", actions=[_BACK]
        )


# Contracts one by one -----------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class ContractRow:
    """A contract with the field in which its role is chosen, and the role that counts now."""

    number: str
    place: str
    state: str
    now: str
    field: forms.BoundField


class _PerContract(forms.Form):
    """A form with a field for each of some contracts of a client: `contract_<id>`.

    `before`: contract → the role that counts there now, where there is an access already.
    """

    before: Mapping[int, str] = {}

    def __init__(self, *args: Any, client: Client, **options: Any) -> None:
        self.client = client
        super().__init__(*args, **options)
        own = list(client.contracts.all())
        self.contracts = sorted(own, key=lambda one: (not one.is_active, one.number, one.pk))

    def add_contract(self, contract: Any, choices: list[tuple[str, str]], initial: str) -> None:
        """The field of one contract; the table around it names it for the eye."""
        self.fields[f"contract_{contract.pk}"] = forms.ChoiceField(
            label=f"Договор № {contract.number}",
            choices=choices,
            initial=initial,
            required=False,
            widget=forms.Select(
                attrs={"class": "form-select", "aria-label": f"Роль, договор № {contract.number}"}
            ),
            error_messages={"invalid_choice": "Выберите один из предложенных вариантов."},
        )

    def chosen(self, contract: Any) -> str:
        """What was chosen for a contract; empty where nothing was."""
        return str(self.cleaned_data.get(f"contract_{contract.pk}", ""))

    @property
    def rows(self) -> list[ContractRow]:
        """The contracts with their fields, those in force first."""
        return [
            ContractRow(
                number=one.number,
                place=one.place,
                state="" if one.is_active else one.status_label,
                now=company.role_label(self.before[one.pk]) if one.pk in self.before else "",
                field=self[f"contract_{one.pk}"],
            )
            for one in self.contracts
        ]

    def refuse(self, reasons: Mapping[str, str]) -> None:
        """Show reasons at their fields; what belongs to no field stands above the form."""
        for name, words in reasons.items():
            self.add_error(name if name in self.fields else None, words)


class NarrowForm(_PerContract):
    """What of an access is to remain: role, contracts, last day."""

    role = forms.ChoiceField(
        label="Роль",
        help_text="Действует по всем договорам, у которых ниже не выбрана другая.",
        widget=forms.Select(attrs={"class": "form-select"}),
        error_messages={"invalid_choice": "Эту роль выбрать нельзя: она шире прежней."},
    )
    ends_on = _day("Последний день доступа")

    def __init__(self, *args: Any, membership: Membership, **options: Any) -> None:
        self.before = company.roles_by_contract(membership)
        own = dict(membership.limits.values_list("contract", "role"))
        options["initial"] = {"role": membership.role, "ends_on": membership.ends_on}
        super().__init__(*args, client=membership.client, **options)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            (role, role.label) for role in within(membership.role)
        ]
        self.fields["ends_on"].help_text = (
            "Можно указать день раньше нынешнего." if membership.ends_on else "Сейчас срока нет."
        )
        self.contracts = [one for one in self.contracts if one.pk in self.before]
        for contract in self.contracts:
            narrower = [(role, role.label) for role in within(self.before[contract.pk])]
            choices = [(SAME, "роль, выбранная выше"), *narrower, (CLOSED, "закрыть договор")]
            self.add_contract(contract, choices, own.get(contract.pk) or SAME)

    @property
    def choice(self) -> Choice:
        """What was chosen; call it once the form is valid."""
        chosen = {one.pk: self.chosen(one) for one in self.contracts}
        return Choice(
            role=self.cleaned_data["role"],
            contracts={pk: "" if value == SAME else value for pk, value in chosen.items() if value},
            ends_on=self.cleaned_data["ends_on"],
        )


class RequestForm(_PerContract):
    """Whom the company wants to have access, as whom, and on what paper."""

    last_name = forms.CharField(
        label="Фамилия", max_length=150, error_messages={"required": "Укажите фамилию."}
    )
    first_name = forms.CharField(
        label="Имя", max_length=150, error_messages={"required": "Укажите имя."}
    )
    patronymic = forms.CharField(label="Отчество", max_length=150, required=False)
    position = forms.CharField(
        label="Должность", max_length=150, error_messages={"required": "Укажите должность."}
    )
    email = forms.EmailField(
        label="E-mail",
        help_text="У каждого человека свой: сюда придут письма о доступе.",
        error_messages={
            "required": "Укажите адрес электронной почты.",
            "invalid": "Адрес введён с ошибкой. Пример: ivanova@example.ru",
        },
    )
    phone = PhoneField(label="Телефон", error_messages={"required": "Укажите телефон."})
    role = forms.ChoiceField(
        label="Роль",
        choices=[("", "Выберите роль"), *Role.choices],
        help_text="Бухгалтер и энергетик передают показания и пишут сообщения. "
        "Руководитель ещё и решает, у кого есть доступ.",
        error_messages={"required": "Выберите роль."},
    )
    basis = forms.ChoiceField(
        label="Основание",
        choices=[(value, label[:1].upper() + label[1:]) for value, label in Basis.choices],
        widget=forms.RadioSelect,
        error_messages={"required": "Выберите основание."},
    )
    basis_number = forms.CharField(
        label="Номер доверенности или приказа",
        max_length=60,
        required=False,
        help_text="Если основание — доверенность или приказ.",
    )
    ends_on = _day(
        "Доступ по",
        help_text="Последний день доступа. Для доверенности — последний день её срока.",
    )
    scope = forms.ChoiceField(
        label="К чему доступ",
        choices=[
            (_ALL, "Все договоры компании, включая будущие"),
            (_CHOSEN, "Только договоры, у которых ниже указана роль"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Выберите, к каким договорам нужен доступ."},
    )
    form_key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "required": "Форма открыта слишком давно. Обновите страницу.",
            "invalid": "Форма повреждена. Обновите страницу.",
        },
    )

    def __init__(self, *args: Any, client: Client, **options: Any) -> None:
        super().__init__(*args, client=client, **options)
        roles = [(SAME, "роль, выбранная выше"), *Role.choices]
        for contract in self.contracts:
            self.add_contract(contract, [("", "—"), *roles], "")

    @property
    def wish(self) -> Wish:
        """What was asked for; call it once the form is valid."""
        values = self.cleaned_data
        chosen = {one.pk: self.chosen(one) for one in self.contracts}
        names = ("last_name", "first_name", "patronymic", "position", "email", "phone")
        return Wish(
            **{name: values[name] for name in names},
            role=values["role"],
            basis=values["basis"],
            basis_number=values["basis_number"],
            ends_on=values["ends_on"],
            contract_ids=None
            if values["scope"] == _ALL
            else [pk for pk, value in chosen.items() if value],
            contract_roles={
                pk: value for pk, value in chosen.items() if value not in ("", SAME, values["role"])
            },
        )


def initial_from(membership: Membership) -> dict[str, Any]:
    """A request that goes on with an access there is: the same person, role and contracts."""
    person = membership.user
    own = dict(membership.limits.values_list("contract", "role"))
    return {
        "last_name": person.last_name,
        "first_name": person.first_name,
        "patronymic": person.patronymic,
        "position": membership.position,
        "email": person.email,
        "phone": person.phone,
        "role": membership.role,
        "basis": membership.basis,
        "scope": _ALL if membership.all_contracts else _CHOSEN,
        **{f"contract_{pk}": role or SAME for pk, role in own.items()},
    }
