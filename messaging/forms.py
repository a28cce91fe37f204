"""«Отправить сообщение», «Дополнить обращение» and the search: what is asked, what is wrong."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, TextChoices

from cabinet import formats
from cabinet.phones import PhoneField
from cabinet.tidying import tidy
from contracts.models import Topic
from contracts.supervision import Supervisor
from messaging.models import Draft, Message
from messaging.models.case import MessageQuerySet
from messaging.repeats import Typed

TEXT_MAX = 10_000


def validate_text(text: str) -> None:
    """At most `TEXT_MAX` characters. No maxlength: with it, a browser cuts what is pasted."""
    if len(text) > TEXT_MAX:
        raise ValidationError(
            f"Вопрос длиннее {formats.quantity(TEXT_MAX)} знаков:"
            f" сейчас {formats.quantity(len(text))}. Сократите его или приложите текст файлом."
        )


def validate_email(email: str) -> None:
    """An address that fits any mail program and the column it is stored in."""
    if '"' in email or len(email) > 254:
        raise ValidationError("Введите адрес полностью, например name@company.ru.")


class Show(TextChoices):
    """Which messages a list shows."""

    ALL = "", "все"
    WAITING = "waiting", "ждут вашего ответа"
    OPEN = "open", "открытые"
    CLOSED = "closed", "закрытые"


class AdditionForm(forms.Form):
    """«Дополнить обращение»: words; its files are messaging/attachments.py's."""

    text = forms.CharField(
        label="Дополнить обращение",
        widget=forms.Textarea(attrs={"rows": 4}),
        validators=[validate_text],
        error_messages={"required": "Напишите, что добавить к обращению."},
    )

    def __init__(self, data: Mapping[str, Any] | None = None, **options: Any) -> None:
        """`data`: as posted; characters that nobody can see are taken out."""
        tidied = None if data is None else {"text": tidy(data.get("text", ""))}
        super().__init__(tidied, **options)

    @property
    def typed(self) -> Typed:
        """What was posted, right or wrong."""
        return Typed(text=self.data["text"])


class MessageForm(forms.Form):
    """Topic, question, and where to answer; its files are messaging/attachments.py's."""

    topic = forms.TypedChoiceField(
        label="Тема",
        help_text="От темы зависит, кто ответит и в какой срок.",
        empty_value=None,
        error_messages={
            "required": "Выберите тему: по ней сообщение найдёт своего специалиста.",
            "invalid_choice": "Выберите тему из списка.",
        },
    )
    text = forms.CharField(
        label="Ваш вопрос",
        widget=forms.Textarea(attrs={"rows": 8}),
        validators=[validate_text],
        error_messages={"required": "Напишите, о чём вы спрашиваете."},
    )
    email = forms.EmailField(
        label="Адрес электронной почты",
        max_length=None,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        validators=[validate_email],
        error_messages={
            "required": "Введите адрес, на который прислать ответ.",
            "invalid": "Введите адрес полностью, например name@company.ru.",
        },
    )
    phone = PhoneField(
        label="Номер телефона",
        widget=forms.TelInput(attrs={"autocomplete": "tel"}),
        error_messages={"required": "Введите номер, по которому вам можно позвонить."},
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, routes: Sequence[Supervisor], **options: Any
    ) -> None:
        """`routes`: of every topic that may be chosen."""
        tidied = (
            None if data is None else {name: tidy(data.get(name, "")) for name in self.base_fields}
        )
        super().__init__(tidied, **options)
        self._topics = {route.topic.code: route.topic for route in routes}
        topic: Any = self.fields["topic"]
        topic.choices = [
            ("", "Выберите тему"),
            *((route.topic.code, route.label) for route in routes),
        ]
        topic.coerce = self._topics.__getitem__

    @property
    def typed(self) -> Typed:
        """What was posted, right or wrong."""
        return Typed(
            topic=self._topics.get(self.data["topic"]),
            text=self.data["text"],
            email=self.data["email"],
            phone=self.data["phone"],
        )


class MessageSearchForm(forms.Form):
    """The filter above a list; nonsense in an address finds everything."""

    state = forms.ChoiceField(label="Показать", choices=Show.choices, required=False)
    words = forms.CharField(
        label="Номер или слова",
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
    )

    def __init__(self, data: Mapping[str, Any]) -> None:
        """`data`: of the address."""
        words = tidy(data.get("words", ""))[:100]
        state = data.get("state", "")
        super().__init__({"words": words, "state": state if state in Show.values else Show.ALL})
        self.shown = Show(self.data["state"])

    @property
    def is_narrowed(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.data["words"]) or self.shown != Show.ALL

    def apply(self, messages: MessageQuerySet) -> MessageQuerySet:
        """The messages that were asked for."""
        if words := self.data["words"]:
            found = (
                Q(number__icontains=words)
                | Q(text__icontains=words)
                | Q(topic__name__icontains=words)
            )
            messages = messages.filter(found)
        match self.shown:
            case Show.WAITING:
                return messages.filter(state=Message.State.WAITING)
            case Show.OPEN:
                return messages.exclude(state=Message.State.CLOSED)
            case Show.CLOSED:
                return messages.filter(state=Message.State.CLOSED)
        return messages


def draft_values(draft: Draft) -> dict[str, str]:
    """The form's fields as a draft keeps them."""
    topic: Topic | None = draft.topic
    return {
        "topic": topic.code if topic else "",
        "text": draft.text,
        "email": draft.email,
        "phone": draft.phone,
    }


def read_key(raw: str | None) -> uuid.UUID | None:
    """A form's key from an address or a hidden field; None when it is none."""
    try:
        return uuid.UUID(raw or "")
    except ValueError:
        return None
