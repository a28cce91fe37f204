"""«Отправить сообщение»."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect

from cabinet.tidying import tidy
from contracts import supervision
from contracts.supervision import Supervisor
from messaging import drafts, file_notes, sending
from messaging.forms import MessageForm, read_key
from messaging.models import Draft, Entry, Message
from messaging.views.form import AnyForm, DraftedFormPage

# What another page may write for the person to go on with.
BEGUN_MAX = 1000


class MessageNewView(DraftedFormPage):
    """A new message about the contract."""

    template_name = "messaging/message_new.html"
    form_class = MessageForm
    right_for_reading = True
    fields = tuple(MessageForm.base_fields)

    @cached_property
    def routes(self) -> list[Supervisor]:
        """Who would get a message of each topic."""
        return supervision.supervisors(self.contract)

    @property
    def topic_code(self) -> str:
        """The topic that the address asks for."""
        return self.request.GET.get("topic", "")

    @property
    def begun_text(self) -> str:
        """The beginning of the question, where the page that led here has written one."""
        return tidy(self.request.GET.get("text", ""))[:BEGUN_MAX]

    def make_form(
        self, data: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None
    ) -> MessageForm:
        """At first with the person's own address and phone."""
        person = self.membership.user
        values = {
            "topic": self.topic_code,
            "text": self.begun_text,
            "email": person.email,
            "phone": person.phone,
        }
        return MessageForm(data, initial=values | dict(initial or {}), routes=self.routes)

    def find_draft(self) -> Draft | None:
        """One about another topic, or before a text that is already begun, does not push in."""
        key = read_key(self.request.GET.get("draft"))
        if self.begun_text and key is None:
            return None
        return drafts.find(**self.place, form_key=key, topic_code=self.topic_code)

    def missing_file(self, draft: Draft | None) -> str:
        """What the topic asks for."""
        return sending.missing_file(draft.topic if draft else None, draft)

    def send(self, form: AnyForm, form_key: uuid.UUID) -> Message:
        """The message, its files and the letters."""
        return sending.send_message(
            author=self.membership.user,
            contract=self.contract,
            form_key=form_key,
            **form.cleaned_data,
        )

    def after_sending(self, sent: Message | Entry) -> HttpResponse:
        """To the confirmation."""
        message = sent if isinstance(sent, Message) else sent.message
        return redirect(f"{message.get_absolute_url()}?sent=1")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds who answers what, and which topics ask for a file."""
        topics = [route.topic for route in self.routes]
        chosen = kwargs["form"]["topic"].value() or ""
        notes = file_notes.file_notes(topics, chosen=chosen)
        return super().get_context_data(routes=self.routes, file_notes=notes, **kwargs)
