"""A message's page: its course, what the client adds to it, and its end."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts.roles import Right
from contracts.access import ContractPage
from messaging import adding, thread, timeline
from messaging.forms import AdditionForm
from messaging.models import Entry, Message
from messaging.views.form import AnyForm, DraftedFormPage


class MessageView(DraftedFormPage):
    """The course of a message and the form that adds to it; after sending, the confirmation."""

    http_method_names = ["get", "head", "options"]
    template_name = "messaging/message.html"
    form_class = AdditionForm
    fields = tuple(AdditionForm.base_fields)

    @cached_property
    def message(self) -> Message:
        """The message that the address names, of this contract, with its course."""
        found = Message.objects.with_course().filter(contract=self.contract)
        message: Message = get_object_or_404(found, number=self.kwargs["number"])
        return message

    @property
    def form_address(self) -> str:
        """The message's page."""
        return self.message.get_absolute_url()

    def make_form(
        self, data: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None
    ) -> AdditionForm:
        """Words."""
        return AdditionForm(data, initial=dict(initial or {}))

    def send(self, form: AnyForm, form_key: uuid.UUID) -> Entry:
        """The addition, its files and the letter."""
        return adding.add_to_message(
            author=self.membership.user,
            message=self.message,
            form_key=form_key,
            text=form.cleaned_data["text"],
        )

    def after_sending(self, sent: Message | Entry) -> HttpResponse:
        """To the course, which begins with what was added."""
        messages.success(self.request, f"Обращение {self.message.number} дополнено.")
        return redirect(self.form_address)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the message, its state and promise, and its course."""
        is_fresh = self.message.state == Message.State.OPEN and not self.message.course
        return super().get_context_data(
            message=self.message,
            status=timeline.case_status(self.message),
            due=timeline.promised(self.message),
            events=timeline.events(self.message),
            is_confirmation="sent" in self.request.GET and is_fresh,
            **kwargs,
        )


class MessageAddView(MessageView):
    """«Дополнить обращение»: what the form on the message's page posts to.

    What it answers is about the form, so that it stands above the course.
    """

    http_method_names = ["get", "head", "post", "options"]
    right_for_reading = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the form's place."""
        return super().get_context_data(form_first=True, **kwargs)


class MessageCloseView(ContractPage):
    """«Вопрос решён»: the client ends the message; a second click changes nothing."""

    http_method_names = ["post", "options"]
    right = Right.SEND_MESSAGES

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Close it, and back to its page."""
        found = Message.objects.filter(contract=self.contract)
        message = get_object_or_404(found, number=self.kwargs["number"])
        try:
            thread.close(message, who=thread.Person(user=self.membership.user), is_by_client=True)
        except thread.NotPossible:
            messages.info(request, f"Обращение {message.number} уже закрыто.")
        else:
            messages.success(
                request,
                f"Обращение {message.number} закрыто. Если вопрос вернётся, дополните его.",
            )
        return redirect(message.get_absolute_url())
