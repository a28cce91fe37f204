"""«Смотреть как клиент»: with whose eyes, and why."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from accounts import viewing
from accounts.models import Client, Membership
from accounts.visitor import user_of
from cabinet import formats

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

# What a refused form answers with: it was understood and could not be done.
REFUSED = 422


class _PersonField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Membership) -> str:
        return f"{obj.user.full_name or obj.user.username} — {obj.title}"


class ViewingForm(forms.Form):
    """One of the people who may come in today, and the reason that the client will read."""

    membership = _PersonField(
        label="Чьими глазами",
        queryset=Membership.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={
            "required": "Выберите человека.",
            "invalid_choice": "У этого человека уже нет доступа: выберите другого.",
        },
    )
    reason = forms.CharField(
        label="Причина",
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Её увидит клиент. Например: «Звонок: не находит счёт-фактуру за октябрь».",
        error_messages={"required": "Укажите причину: её увидит клиент."},
    )

    def __init__(self, data: Any, *, eyes: Iterable[Membership], chosen: str) -> None:
        """With the people of one client."""
        super().__init__(data, initial={"membership": chosen})
        people = Membership.objects.filter(pk__in=[one.pk for one in eyes])
        self.fields["membership"].queryset = people.select_related("user", "client")  # type: ignore[attr-defined]


def begin(model_admin: ModelAdmin[Client], request: HttpRequest, pk: int) -> HttpResponse:
    """Asks with whose eyes and why; then leads to the client's home page.

    Raises:
        PermissionDenied: no right to look with clients' eyes.
    """
    if not viewing.may_view(user_of(request)):
        raise PermissionDenied("У вас нет права смотреть кабинет глазами клиента.")
    client = get_object_or_404(model_admin.get_queryset(request), pk=pk)
    eyes = viewing.eyes_of(client)
    form = ViewingForm(request.POST or None, eyes=eyes, chosen=request.GET.get("membership", ""))
    if form.is_valid():
        person = form.cleaned_data["membership"].user
        try:
            viewing.start(request, client=client, person=person, reason=form.cleaned_data["reason"])
        except viewing.ViewingRefused as error:
            form.add_error(None, str(error))
        else:
            return redirect("contracts:home")
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Смотреть как клиент",
        "subtitle": client.short_name,
        "client": client,
        "has_eyes": bool(eyes),
        "form": form,
        "term": formats.duration(settings.VIEWING),
    }
    status = REFUSED if form.errors else 200
    return TemplateResponse(request, "admin/accounts/client/view_as.html", context, status=status)
