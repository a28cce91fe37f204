"""What the office does with a case: the forms, and what each of them calls."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django import forms
from django.core.files.uploadedfile import UploadedFile

from accounts.models import User
from cabinet.accepting import Stored
from cabinet.tidying import tidy
from contracts.models import Specialist, Topic
from messaging import repeats, thread
from messaging.forms import validate_text
from messaging.models import Entry, Message
from messaging.thread import Person

ANSWER, ASK = "answer", "ask"


class _FileInput(forms.FileInput):
    """A chooser of several files."""

    allow_multiple_selected = True


class _Files(forms.FileField):
    """Several files at once; messaging/attachments.py looks into them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=_FileInput(attrs={"multiple": True}), **options)

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """What was chosen, as it came."""
        return list(data or [])


class ActForm(forms.Form):
    """What every act has: a key, so that it happens once, and what the person had seen."""

    done: ClassVar[str]

    form_key = forms.UUIDField(widget=forms.HiddenInput)
    latest = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(self, *args: Any, message: Message, **options: Any) -> None:
        """`message`: with which something is to be done."""
        super().__init__(*args, **options)
        self.message = message

    def see(self, entry: Entry) -> None:
        """What the person is shown now counts as seen when the form is sent again."""
        data: Any = self.data
        data["latest"] = str(entry.pk)

    def renew(self, entry: Entry) -> None:
        """Sent again, the form is another act: a new key, and `entry` counts as seen."""
        data: Any = self.data
        data["form_key"] = str(uuid.uuid4())
        self.see(entry)

    def find_earlier(self, user: User) -> Entry | None:
        """What this form has done already, if `user` has sent it before."""
        earlier = Entry.objects.select_related("message", "author", "specialist")
        return earlier.filter(author=user, form_key=self.key).first()

    def is_repeat_of(self, earlier: Entry, files: Sequence[Stored]) -> bool:
        """Whether `earlier` says and does all that stands in the form now: nothing gets lost."""
        return repeats.is_same_addition(
            earlier,
            message=self.message,
            text=self.cleaned_data.get("text", ""),
            sha256=[file.sha256 for file in files],
        )

    def perform(self, who: Person, files: Sequence[Stored]) -> None:
        """Do it.

        Raises:
            NotPossible: the message's state does not allow it.
        """
        raise NotImplementedError

    @property
    def key(self) -> uuid.UUID:
        """The key of this form."""
        key: uuid.UUID = self.cleaned_data["form_key"]
        return key


class _Words(forms.CharField):
    """What a person writes, without characters that nobody can see."""

    def to_python(self, value: Any) -> str:
        """Tidied as what clients write."""
        return tidy(super().to_python(value) or "")


def _text(label: str, *, required: bool = False, hint: str = "") -> forms.CharField:
    return _Words(
        validators=[validate_text],
        label=label,
        required=required,
        help_text=hint,
        widget=forms.Textarea(attrs={"rows": 8, "class": "vLargeTextField"}),
        error_messages={"required": "Напишите текст."},
    )


class AnswerForm(ActForm):
    """«Ответить»."""

    done = "Ответ отправлен клиенту."

    text = _text("Ответ клиенту", required=True)
    attachments = _Files(label="Файлы")
    kind = forms.ChoiceField(
        label="Что это",
        choices=[
            (ANSWER, "Ответ на вопрос"),
            (ASK, "Нужны сведения от клиента: обращение ждёт его"),
        ],
        initial=ANSWER,
        widget=forms.RadioSelect,
        error_messages={"required": "Выберите, ответ это или вопрос."},
    )
    closes = forms.BooleanField(label="И закрыть обращение", required=False)

    def clean(self) -> dict[str, Any]:
        """A question closes nothing."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("closes") and cleaned.get("kind") == ASK:
            self.add_error("closes", "Обращение, которое ждёт клиента, не закрывают.")
        return cleaned

    def is_repeat_of(self, earlier: Entry, files: Sequence[Stored]) -> bool:
        """The same words, asking or not, and the end if an end is wanted."""
        kind = Entry.Kind.REQUEST if self.cleaned_data["kind"] == ASK else Entry.Kind.ANSWER
        ends = self.message.entries.filter(kind=Entry.Kind.CLOSED, pk__gt=earlier.pk)
        return (
            super().is_repeat_of(earlier, files)
            and earlier.kind == kind
            and (not self.cleaned_data["closes"] or ends.exists())
        )

    def perform(self, who: Person, files: Sequence[Stored]) -> None:
        """To the client, in the cabinet and by a letter."""
        thread.answer(
            self.message,
            who=who,
            text=self.cleaned_data["text"],
            asks=self.cleaned_data["kind"] == ASK,
            closes=self.cleaned_data["closes"],
            files=files,
            form_key=self.key,
        )


class HandOverForm(ActForm):
    """«Передать»."""

    done = "Обращение передано."

    specialist = forms.ModelChoiceField(
        label="Кому",
        queryset=Specialist.objects.filter(is_active=True).select_related("branch"),
        error_messages={
            "required": "Выберите специалиста.",
            "invalid_choice": "Этот специалист больше не работает.",
        },
    )
    text = _text("Комментарий для него", hint="Клиент его не увидит.")

    def is_repeat_of(self, earlier: Entry, files: Sequence[Stored]) -> bool:
        """To the same person with the same comment, which is the note before."""
        text = self.cleaned_data["text"]
        notes = self.message.entries.filter(kind=Entry.Kind.NOTE, author=earlier.author)
        note = notes.filter(pk__lt=earlier.pk).first()
        return (
            earlier.message == self.message
            and earlier.details.get("to") == self.cleaned_data["specialist"].short_name
            and (not text or (note is not None and note.text == text))
        )

    def perform(self, who: Person, files: Sequence[Stored]) -> None:
        """To another specialist, with the whole course."""
        thread.hand_over(
            self.message,
            who=who,
            specialist=self.cleaned_data["specialist"],
            text=self.cleaned_data["text"],
            form_key=self.key,
        )


class TopicForm(ActForm):
    """«Сменить тему»."""

    done = "Тема изменена."

    topic = forms.ModelChoiceField(
        label="Новая тема",
        queryset=Topic.objects.filter(is_active=True),
        help_text="Обращение уйдёт тому, кто ведёт эту тему. Срок для клиента не станет позже.",
        error_messages={"required": "Выберите тему.", "invalid_choice": "Такой темы нет."},
    )

    def is_repeat_of(self, earlier: Entry, files: Sequence[Stored]) -> bool:
        """To the same topic."""
        name = self.cleaned_data["topic"].name
        return earlier.message == self.message and earlier.details.get("to") == name

    def perform(self, who: Person, files: Sequence[Stored]) -> None:
        """To another topic, and to whoever answers it."""
        thread.change_topic(
            self.message, who=who, topic=self.cleaned_data["topic"], form_key=self.key
        )


class NoteForm(ActForm):
    """«Заметка»."""

    done = "Заметка записана."

    text = _text("Заметка", required=True, hint="Видят только сотрудники.")
    attachments = _Files(label="Файлы")

    def perform(self, who: Person, files: Sequence[Stored]) -> None:
        """For the office and the specialists only."""
        thread.note(
            self.message,
            who=who,
            text=self.cleaned_data["text"],
            files=files,
            form_key=self.key,
        )


class CloseForm(ActForm):
    """«Закрыть»."""

    done = "Обращение закрыто, клиенту отправлено письмо."

    text = _text("Что написать клиенту", hint="Можно не писать: придёт письмо о том, что закрыто.")

    def perform(self, who: Person, files: Sequence[Stored]) -> None:
        """The end, with a letter to the client."""
        thread.close(self.message, who=who, text=self.cleaned_data["text"], form_key=self.key)


class ReopenForm(ActForm):
    """«Открыть снова»."""

    done = "Обращение открыто снова, срок ответа новый."

    text = _text("Почему", hint="Это увидит клиент.")

    def perform(self, who: Person, files: Sequence[Stored]) -> None:
        """A new deadline, and a letter to whoever answers now."""
        thread.reopen(self.message, who=who, text=self.cleaned_data["text"], form_key=self.key)


class SendAgainForm(ActForm):
    """«Переслать»: the whole course once more to whoever has the message."""

    done = "Обращение поставлено в очередь и уйдёт ещё раз."

    def is_repeat_of(self, earlier: Entry, files: Sequence[Stored]) -> bool:
        """Nothing is typed here that could differ."""
        return earlier.message == self.message

    def perform(self, who: Person, files: Sequence[Stored]) -> None:
        """The same letter once more, as often as it is asked for."""
        thread.send_again(self.message, who=who, form_key=self.key)


@dataclass(frozen=True, kw_only=True)
class Act:
    """One thing that can be done: its place in the address, its words, its form.

    `for_closed`: whether it is for closed messages, for open ones (False), or for all (None).
    """

    code: str
    label: str
    button: str
    form: type[ActForm]
    for_closed: bool | None = None

    def fits(self, message: Message) -> bool:
        """Whether the message's state allows it."""
        return self.for_closed is None or self.for_closed == message.is_closed


ACTS = {
    act.code: act
    for act in (
        Act(code="answer", label="Ответить", button="Ответить клиенту", form=AnswerForm),
        Act(code="hand-over", label="Передать", button="Передать", form=HandOverForm,
            for_closed=False),
        Act(code="topic", label="Сменить тему", button="Сменить тему", form=TopicForm,
            for_closed=False),
        Act(code="note", label="Заметка", button="Записать", form=NoteForm),
        Act(code="send-again", label="Переслать", button="Переслать адресату", form=SendAgainForm,
            for_closed=False),
        Act(code="close", label="Закрыть", button="Закрыть обращение", form=CloseForm,
            for_closed=False),
        Act(code="reopen", label="Открыть снова", button="Открыть снова", form=ReopenForm,
            for_closed=True),
    )
}  # fmt: skip
