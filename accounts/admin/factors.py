"""«Сбросить код при входе»: the device is lost, and the recovery codes are too."""

from __future__ import annotations

from functools import partial

import allauth.mfa.admin  # noqa: F401 — registers the rows, so that they can be taken off below
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from accounts import office
from accounts.admin.clients import REFUSED, may_issue
from accounts.models import User
from accounts.second_factor import rules

# A row of a factor is made and removed by its rules alone, with a journal entry and a letter.
admin.site.unregister(Authenticator)


class ResetForm(forms.Form):
    """Why."""

    reason = forms.CharField(
        label="Причина",
        max_length=255,
        help_text="Останется в журнале. Например: потерян телефон, личность проверена по паспорту.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        error_messages={"required": "Укажите причину."},
    )


def urls(model_admin: ModelAdmin[User]) -> list[URLPattern]:
    """The page's address, among those of people."""
    view = model_admin.admin_site.admin_view(partial(reset_view, model_admin))
    return [path("<int:pk>/factor/", view, name="accounts_user_factor")]


def may_reset(request: HttpRequest, person: User) -> bool:
    """Of clients' people the front desk, of the office's own the administrators; not one's own."""
    if person == request.user or not rules.is_set(person):
        return False
    if person.is_superuser:
        return bool(request.user.is_superuser)
    return office.keeps_staff(request) if person.is_staff else may_issue(request)


def reset_view(model_admin: ModelAdmin[User], request: HttpRequest, pk: int) -> HttpResponse:
    """Asks for the reason, then removes the factor; the person is told by a letter.

    Raises:
        PermissionDenied: not this person's to reset, or there is nothing to reset.
    """
    if not may_issue(request):
        raise PermissionDenied("Сбрасывать код при входе могут операционисты и администраторы.")
    person = get_object_or_404(model_admin.get_queryset(request), pk=pk)
    if not may_reset(request, person):
        raise PermissionDenied("У этого человека вам сбрасывать нечего.")
    if request.method == "POST" and person.is_staff:
        rules.require_recent(request, f"Сброс кода при входе: {person}")
    form = ResetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        rules.reset(request, user=person, reason=form.cleaned_data["reason"])
        messages.success(request, "Код при входе сброшен, открытые сеансы завершены.")
        return redirect("admin:accounts_user_change", person.pk)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Сбросить код при входе",
        "subtitle": str(person),
        "person": person,
        "form": form,
    }
    status = REFUSED if form.errors else 200
    return TemplateResponse(request, "admin/accounts/user/factor.html", context, status=status)
