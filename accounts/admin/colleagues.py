"""The forms of a person's page: of somebody who exists, and of a colleague who is brought in."""

from __future__ import annotations

from django import forms
from django.core.exceptions import ValidationError

from accounts import terms
from accounts.models import User
from cabinet.phones import PhoneField


class CardForm(forms.ModelForm):
    """A person's names and telephone; `UserAdmin` names the fields."""

    def clean_phone(self) -> str:
        """A whole number, or none; one that was there before the rule does not stand in the way."""
        phone: str = self.cleaned_data["phone"]
        is_new = "phone" in self.changed_data
        return str(PhoneField(required=False).clean(phone)) if is_new else phone


class ColleagueForm(CardForm):
    """Login and address are nobody else's, however they are written; kept in small letters."""

    def clean_username(self) -> str:
        """The login in small letters, when nobody has it."""
        login: str = self.cleaned_data["username"].lower()
        owner = User.objects.filter(username__iexact=login).first()
        if owner is not None:
            words = f"Логин «{owner.username}» уже занят ({owner.short_name}). Придумайте другой."
            raise ValidationError(words, code="taken")
        return login

    def clean_email(self) -> str:
        """The address in small letters, when nobody has confirmed it as his own."""
        email: str = self.cleaned_data["email"].lower()
        owner = terms.owner_of(email) if email else None
        if owner is not None:
            raise ValidationError(
                f"Этот адрес уже принадлежит логину «{owner.username}» ({owner.short_name})."
                " Укажите рабочий адрес сотрудника.",
                code="taken",
            )
        return email
