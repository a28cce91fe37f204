"""What is asked on the pages of paying, and what is wrong with an answer."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from billing.models import PayerAccount
from billing.payables import Payable
from cabinet import formats, requisites
from cabinet.forms import PortalFormHelper

# A bank takes a payment order for ten days after its date (Положение Банка России № 762-П).
ORDER_DAYS_BACK = 10
ORDER_DAYS_AHEAD = 60

_SPACES = re.compile(r"[\s\u00a0\u2009\u202f]+")
_AMOUNT = re.compile(r"\d+([.,]\d{1,2})?", re.ASCII)
# Eighteen digits of kopecks fit into a QR code, twelve of roubles into the ledger.
_LARGEST = Decimal("999999999999.99")


def read_amount(typed: str) -> Decimal:
    """Roubles as people write them: «12 345,67», «12345.67 ₽».

    Raises:
        ValidationError: no sum, or none that can be paid.
    """
    clean = re.sub(r"(₽|руб\.?)$", "", _SPACES.sub("", typed))
    if not _AMOUNT.fullmatch(clean):
        raise ValidationError(
            "Введите сумму в рублях и копейках, например 12 345,67.", code="amount"
        )
    amount = Decimal(clean.replace(",", "."))
    if amount > _LARGEST:
        raise ValidationError(
            "Сумма слишком большая: проверьте, сколько вы платите.", code="amount"
        )
    amount = amount.quantize(Decimal("0.01"))
    if not amount:
        raise ValidationError("Введите сумму больше нуля.", code="amount")
    return amount


class PayForm(forms.Form):
    """За что и сколько; `payable` and `amount` stand in `cleaned_data`."""

    subject = forms.ChoiceField(
        label="За что",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Выберите, за что платите.",
            "invalid_choice": "Этот платёж больше не предлагается: выберите другой.",
        },
    )
    amount = forms.CharField(
        label="Сумма, ₽",
        required=False,
        help_text="Пустое поле — вся сумма выбранного.",
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, payables: Sequence[Payable], **options: Any) -> None:
        """`payables`: what the contract can be paid for."""
        super().__init__(*args, **options)
        self._payables = {payable.key: payable for payable in payables}
        self.fields["subject"].choices = [(one.key, one.label) for one in payables]  # type: ignore[attr-defined]

    def clean_amount(self) -> Decimal | None:
        """Roubles; None where the whole sum is meant."""
        typed: str = self.cleaned_data["amount"]
        return read_amount(typed) if typed else None

    def clean(self) -> dict[str, Any]:
        """The payable and the sum to pay for it."""
        cleaned = super().clean() or self.cleaned_data
        payable = self._payables.get(cleaned.get("subject", ""))
        if payable is None or "amount" not in cleaned:
            return cleaned
        amount = cleaned["amount"] or payable.amount
        if amount is None:
            self.add_error("amount", "Введите сумму: сколько вы платите.")
        return {**cleaned, "payable": payable, "amount": amount}


class OrderForm(forms.Form):
    """What a payment order needs beyond the payment: from which account, its number and date."""

    account = forms.ModelChoiceField(
        label="Счёт, с которого платите",
        queryset=PayerAccount.objects.none(),
        empty_label=None,
        error_messages={
            "required": "Выберите счёт.",
            "invalid_choice": "Этого счёта больше нет: выберите другой.",
        },
    )
    number = forms.CharField(
        label="Номер поручения",
        help_text="По вашему учёту, не больше 6 цифр.",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
        error_messages={"required": "Введите номер поручения, например 17."},
    )
    date = forms.DateField(
        label="Дата поручения",
        help_text="Банк примет его в течение 10 дней.",
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        error_messages={
            "required": "Введите дату поручения.",
            "invalid": "Введите дату так: 23.11.2026.",
        },
    )

    def __init__(
        self, data: Any = None, *, accounts: QuerySet[PayerAccount], **options: Any
    ) -> None:
        """`accounts`: those of the client."""
        super().__init__(data, **options)
        self.fields["account"].queryset = accounts  # type: ignore[attr-defined]

    def clean_number(self) -> str:
        """At most six digits; banks refuse 000 at the end of a longer one, and zero."""
        number: str = self.cleaned_data["number"].removeprefix("№").strip()
        if not re.fullmatch(r"\d{1,6}", number, re.ASCII):
            raise ValidationError("Номер поручения — от 1 до 6 цифр, без букв и знаков.")
        if number.endswith("000") or not int(number):
            raise ValidationError(
                "Банки не принимают номер, который кончается на 000: измените его."
            )
        return number

    def clean_date(self) -> datetime.date:
        """A day on which a bank would take the order."""
        date: datetime.date = self.cleaned_data["date"]
        today = timezone.localdate()
        first = today - datetime.timedelta(days=ORDER_DAYS_BACK)
        last = today + datetime.timedelta(days=ORDER_DAYS_AHEAD)
        if not first <= date <= last:
            raise ValidationError(
                f"Введите дату с {formats.day(first)} по {formats.day(last)}:"
                " банк принимает поручение в течение 10 дней."
            )
        return date


class DigitsField(forms.CharField):
    """Digits that people read and paste in groups: «4070 2810 …»; the spaces are taken out."""

    def __init__(self, **options: Any) -> None:
        """No maxlength: with it, a browser cuts what is pasted."""
        widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        super().__init__(widget=widget, **options)

    def to_python(self, value: Any) -> str:
        """The digits alone, with whatever else was typed between them."""
        return str(_SPACES.sub("", super().to_python(value) or ""))


class PayerAccountForm(forms.ModelForm):
    """An account from which the client pays, checked against the bank's БИК."""

    account = DigitsField(
        label="Расчётный счёт",
        help_text="20 цифр.",
        error_messages={"required": "Введите расчётный счёт."},
    )
    bic = DigitsField(
        label="БИК банка",
        help_text="9 цифр.",
        validators=[requisites.validate_bic],
        error_messages={"required": "Введите БИК банка."},
    )
    correspondent_account = DigitsField(
        label="Корреспондентский счёт банка",
        help_text="20 цифр; у казначейства — единый казначейский счёт.",
        error_messages={"required": "Введите корреспондентский счёт банка."},
    )
    is_confirmed = forms.BooleanField(
        label="Реквизиты казначейского счёта сверены и верны", required=False
    )

    class Meta:
        """The numbers as they stand in the bank's contract."""

        model = PayerAccount
        fields = ("account", "bic", "bank", "correspondent_account")
        labels = {"bank": "Банк"}
        help_texts = {"bank": "Наименование и город: ПАО «Новоборский банк», г. Новоборск."}
        error_messages = {"bank": {"required": "Введите наименование банка."}}

    field_order = ("account", "bic", "bank", "correspondent_account", "is_confirmed")

    def __init__(self, *args: Any, **options: Any) -> None:
        """The tick is asked for only where a treasury account is in doubt.

        The Bank of Russia's own departments have no correspondent account.
        """
        super().__init__(*args, **options)
        account, bic = (_SPACES.sub("", self.data.get(name, "")) for name in ("account", "bic"))
        self.fields["correspondent_account"].required = not requisites.is_central_bank(bic)
        self._doubt = requisites.treasury_doubt(account, bic)
        if not self._doubt:
            del self.fields["is_confirmed"]

    @property
    def helper(self) -> PortalFormHelper:
        """One under another, as in the bank's contract."""
        return PortalFormHelper(self, submit="Сохранить", failure="Счёт не сохранён")

    def clean(self) -> dict[str, Any]:
        """Each account against the БИК; a treasury's is asked about, not refused.

        Where the БИК is wrong itself, accounts are counted all the same.
        """
        cleaned = super().clean() or self.cleaned_data
        bic = cleaned.get("bic", "")
        for name, validate in (
            ("account", requisites.validate_account),
            ("correspondent_account", requisites.validate_correspondent_account),
        ):
            if name in cleaned:
                try:
                    if bic:
                        validate(cleaned[name], bic)
                    else:
                        requisites.validate_digits(cleaned[name], code=name)
                except ValidationError as error:
                    self.add_error(name, error)
        same = PayerAccount.objects.filter(
            client=self.instance.client, account=cleaned.get("account"), bic=bic
        )
        if same.exclude(pk=self.instance.pk).exists():
            self.add_error("account", "Такой счёт уже есть в списке.")
        if self._doubt and not self.errors and not cleaned.get("is_confirmed"):
            self.add_error("is_confirmed", self._doubt)
        return cleaned
