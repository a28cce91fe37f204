"""What the office fills in when it gives or ends an access."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from accounts import issuing, scans, terms
from accounts.models import AgreementScan, Basis, Client, Enrolment, Membership, User
from accounts.roles import Role
from cabinet.phones import PhoneField

_SCOPE = Enrolment.Scope
# Of so many contracts a role of its own may be chosen: more would be a page of nothing else.
ROLES_AT_MOST = 50
_AS_TYPED = {
    "required": "Укажите дату.",
    "invalid": "Дата введена с ошибкой. Пример: 31.12.2026",
}


def day_field(label: str, **values: Any) -> forms.DateField:
    """A day: the browser's own calendar, and «31.12.2026» where there is none."""
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        error_messages=_AS_TYPED,
        **values,
    )


def _described(contract: Any) -> str:
    place = f", {contract.place}" if contract.place else ""
    return f"№\u00a0{contract.number} — {contract.status_label}{place}"


class StepForm(forms.Form):
    """A step of the wizard; `version` says which state of the enrolment the page showed."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    def __init__(self, *args: Any, enrolment: Enrolment, **kwargs: Any) -> None:
        self.enrolment = enrolment
        kwargs["initial"] = {**self.kept(), "version": enrolment.version}
        super().__init__(*args, **kwargs)

    def kept(self) -> dict[str, Any]:
        """What the enrolment holds already."""
        names = [name for name in self.base_fields if name != "version"]
        return {name: getattr(self.enrolment, name) for name in names}

    def refuse(self, reasons: dict[str, str]) -> None:
        """Show reasons at their fields; what belongs to no field stands above the form."""
        for field, words in reasons.items():
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, words)

    @property
    def values(self) -> dict[str, Any]:
        """What the step fills in, by the enrolment's names."""
        return {name: self.cleaned_data[name] for name in self.fields if name != "version"}

    @property
    def rows(self) -> list[forms.BoundField]:
        """The fields that are seen."""
        return self.visible_fields()


class ContractsForm(StepForm):
    """All contracts of the client, or some."""

    scope = forms.ChoiceField(
        label="К чему доступ",
        choices=[
            (_SCOPE.ALL, "Все договоры клиента, включая будущие"),
            (_SCOPE.CHOSEN, "Только отмеченные договоры"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Выберите, к каким договорам открыть доступ."},
    )
    contract_ids = forms.TypedMultipleChoiceField(
        label="Договоры",
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"invalid_choice": "Среди отмеченных есть договор другого клиента."},
    )

    def __init__(self, *args: Any, enrolment: Enrolment, **kwargs: Any) -> None:
        super().__init__(*args, enrolment=enrolment, **kwargs)
        contracts = sorted(
            enrolment.client.contracts.all(),
            key=lambda contract: (not contract.is_active, contract.number),
        )
        choices = [(contract.pk, _described(contract)) for contract in contracts]
        self.fields["contract_ids"].choices = choices  # type: ignore[attr-defined]
        if not choices:
            del self.fields["contract_ids"]
        kept = enrolment.roles_of_contracts
        for contract in contracts[:ROLES_AT_MOST]:
            self.fields[f"role_{contract.pk}"] = forms.ChoiceField(
                label=f"Роль по договору №\u00a0{contract.number}",
                choices=[("", "как во всём доступе"), *Role.choices],
                initial=kept.get(contract.pk, ""),
                required=False,
            )

    def kept(self) -> dict[str, Any]:
        """All of them, unless the office chose otherwise."""
        return {**super().kept(), "scope": self.enrolment.scope or _SCOPE.ALL}

    def clean(self) -> dict[str, Any]:
        """Either all, or at least one."""
        cleaned = super().clean() or self.cleaned_data
        scope, chosen = cleaned.get("scope"), cleaned.get("contract_ids")
        field = "contract_ids" if "contract_ids" in self.fields else "scope"
        if scope == _SCOPE.ALL and chosen:
            words = "Отмечены отдельные договоры, а выбран доступ ко всем. Выберите что-то одно."
            self.add_error(field, words)
        if scope == _SCOPE.CHOSEN and not chosen and field not in self.errors:
            words = "Отметьте хотя бы один договор или выберите «все договоры»."
            self.add_error(field, words)
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """The keys in order, so that the same choice is the same."""
        return {
            "scope": self.cleaned_data["scope"],
            "contract_ids": sorted(self.cleaned_data.get("contract_ids", ())),
            "contract_roles": {
                name.removeprefix("role_"): role
                for name, role in self.cleaned_data.items()
                if name.startswith("role_") and role
            },
        }


class PersonForm(StepForm):
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
    phone = PhoneField(label="Телефон", error_messages={"required": "Укажите телефон."})

    def clean_email(self) -> str:
        """An address that nobody else has; it is kept in small letters."""
        email: str = self.cleaned_data["email"].lower()
        if owner := terms.owner_of(email):
            raise forms.ValidationError(terms.taken(owner), code="taken")
        return email


class TermsForm(StepForm):
    """As whom, and on what paper."""

    position = forms.CharField(
        label="Должность", max_length=150, error_messages={"required": "Укажите должность."}
    )
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
            (Basis.POWER_OF_ATTORNEY, "Доверенность: нужны номер и срок, паспорт проверен"),
            (Basis.ORDER, "Приказ: нужны номер и дата, паспорт проверен"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Выберите основание."},
    )
    basis_number = forms.CharField(
        label="Номер документа",
        max_length=60,
        required=False,
        help_text="Доверенности или приказа. Для устава не нужен.",
    )
    basis_on = day_field("Дата документа", required=False, help_text="Для приказа обязательна.")
    ends_on = day_field(
        "Доступ по",
        required=False,
        help_text="Последний день доступа. Для доверенности обязателен: последний день её срока.",
    )

    def clean(self) -> dict[str, Any]:
        """The rules of issuing, each told at its field; a charter has neither number nor date."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("basis") == Basis.CHARTER:
            cleaned |= {"basis_number": "", "basis_on": None}
        if {"basis", "basis_number", "basis_on", "ends_on"} <= cleaned.keys():
            self.refuse(self._refusals(cleaned))
        return cleaned

    def _refusals(self, cleaned: dict[str, Any]) -> dict[str, str]:
        wanted = terms.Terms(
            role=cleaned.get("role", ""),
            basis=cleaned["basis"],
            basis_number=cleaned["basis_number"],
            basis_on=cleaned["basis_on"],
            signed_on=timezone.localdate(),
            ends_on=cleaned["ends_on"],
        )
        user, ending = self.enrolment.user, self.enrolment.replaces
        return terms.refusals(client=self.enrolment.client, terms=wanted, user=user, ending=ending)


class ScanField(forms.FileField):
    """The scan of a signed agreement."""

    def __init__(self, **values: Any) -> None:
        super().__init__(
            label="Скан подписанного соглашения",
            widget=forms.FileInput(attrs={"accept": scans.ACCEPT}),
            help_text=f"{scans.LABELS}, все страницы экземпляра Поставщика одним файлом.",
            error_messages={
                "required": "Приложите скан подписанного соглашения.",
                "empty": "Файл пустой. Отсканируйте соглашение ещё раз.",
                "missing": "Файл не выбран.",
            },
            max_length=250,
            allow_empty_file=True,  # told with its name by `scans.keep`
            **values,
        )


class SignForm(StepForm):
    """When both sides signed, and the paper."""

    signed_on = day_field(
        "Подписано", help_text="С этого дня открыт доступ. Будущий день указать нельзя."
    )
    scan = ScanField()

    def __init__(self, *args: Any, enrolment: Enrolment, **kwargs: Any) -> None:
        super().__init__(*args, enrolment=enrolment, **kwargs)
        if enrolment.scan is not None:
            self.scan_is_kept(enrolment.scan)

    def scan_is_kept(self, scan: AgreementScan) -> None:
        """The paper is there: it is not asked for again."""
        self.fields["scan"].required = False
        words = f"Приложен «{scan.name}». Выберите файл, если его нужно заменить."
        self["scan"].help_text = words

    def kept(self) -> dict[str, Any]:
        """Today, unless told otherwise."""
        return {"signed_on": self.enrolment.signed_on or timezone.localdate()}


class AbandonForm(forms.Form):
    """Why an enrolment comes to nothing."""

    reason = forms.CharField(
        label="Причина",
        max_length=255,
        help_text="Например: «клиент передумал». Останется в журнале.",
        error_messages={"required": "Укажите причину: она останется в журнале."},
    )
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class TransferForm(forms.Form):
    """Who leaves, why, and when the old access ends."""

    NOW, LATER = "now", "later"

    form_key = forms.UUIDField(widget=forms.HiddenInput)
    membership = forms.ModelChoiceField(
        label="Кто уходит",
        queryset=Membership.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": "Выберите, чей доступ закрыть.",
            "invalid_choice": "Этот доступ уже закончился. Выберите другой.",
        },
    )
    reason = forms.CharField(
        label="Причина",
        max_length=255,
        help_text="Например: «сменился сотрудник, письмо № 12». Останется в журнале.",
        error_messages={"required": "Укажите причину: она останется в журнале."},
    )
    moment = forms.ChoiceField(
        label="Когда закрыть прежний доступ",
        choices=[
            (NOW, "Сейчас: человек уже не работает"),
            (LATER, "В момент выдачи доступа новому сотруднику"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Выберите, когда закрыть прежний доступ."},
    )

    def __init__(self, *args: Any, client: Client, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        active = Membership.objects.active().filter(client=client).select_related("user", "client")
        field = self.fields["membership"]
        field.queryset = active.order_by("user__last_name", "pk")  # type: ignore[attr-defined]
        field.label_from_instance = _whose  # type: ignore[attr-defined]


def _whose(membership: Membership) -> str:
    user = membership.user
    return f"{user.full_name or user.username}, {membership.title}, логин {user.username}"


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
