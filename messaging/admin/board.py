"""«Обращения: доска», the office's page about what is late and who has it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.visitor import user_of
from contracts.models import Branch, Specialist, Topic
from messaging import board
from messaging.models import Message

REFUSED = 422


class FilterForm(forms.Form):
    """What the board is cut to."""

    branch = forms.ModelChoiceField(
        label="Отделение", queryset=Branch.objects.all(), required=False, empty_label="все"
    )
    topic = forms.ModelChoiceField(
        label="Тема", queryset=Topic.objects.all(), required=False, empty_label="все"
    )
    specialist = forms.ModelChoiceField(
        label="Специалист", queryset=Specialist.objects.none(), required=False, empty_label="все"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = "Такого в списке нет."
        holders = self.fields["specialist"]
        assert isinstance(holders, forms.ModelChoiceField)  # noqa: S101 — declared above
        holders.queryset = board.holders()


def urls(admin: ModelAdmin) -> list[URLPattern]:
    """The page's address, among those of the messages' admin."""
    view = admin.admin_site.admin_view(partial(view_board, admin))
    return [path("board/", view, name="messaging_message_board")]


def view_board(admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The page.

    Raises:
        PermissionDenied: no right to look at messages.
    """
    if not admin.has_view_permission(request):
        raise PermissionDenied
    form = FilterForm(request.GET)
    values = form.cleaned_data if form.is_valid() else {}
    within = Message.objects.worked_on_by(user_of(request))
    chosen = board.Filters(**values, within=within)
    today = timezone.localdate()
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.opts,
        "title": "Обращения: доска",
        "form": form,
        "board": board.look(on=today, filters=chosen),
        "today": today,
        "is_filtered": any(values.values()),
    }
    status = REFUSED if form.errors else 200
    return TemplateResponse(request, "admin/messaging/board.html", context, status=status)
