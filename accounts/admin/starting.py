"""How an enrolment begins: a company is found, or somebody of it leaves and another one follows."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from accounts import enrolling, finding, issuing
from accounts.admin.clients import REFUSED, may_issue
from accounts.admin.forms import TransferForm
from accounts.admin.steps import NOT_YOURS, TITLES, address_of
from accounts.models import Client, Enrolment, Membership
from accounts.visitor import user_of
from cabinet import keys

if TYPE_CHECKING:
    from django.contrib.admin import ModelAdmin

_CONTRACTS_SHOWN = 5


def start(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponse:
    """«Оформить доступ»: the company, by ИНН, name or the number of a contract."""
    if not may_issue(request):
        raise PermissionDenied(NOT_YOURS)
    own = _clients(model_admin, request)
    if request.method == "POST":
        client = get_object_or_404(own, pk=keys.read(request.POST.get("client", "")))
        key = _form_key(request.POST.get("form_key", ""))
        enrolment = enrolling.begin(
            client=client, by=user_of(request), form_key=key, request=request
        )
        return redirect(address_of(enrolment))
    typed = request.GET.get("q", "").strip()[:150]
    found = finding.FoundClients()
    if chosen := request.GET.get("client"):
        found = finding.FoundClients(clients=[get_object_or_404(own, pk=keys.read(chosen))])
    elif typed:
        found = finding.find_clients(typed, among=own)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": "Оформить доступ",
        "q": typed,
        "found": found,
        "cards": _cards(found.clients),
        "form_key": uuid.uuid4(),
        "steps": [(n, title, "", n == 1) for n, title in enumerate(TITLES.values(), 1)],
    }
    return TemplateResponse(request, "admin/accounts/enrolment/start.html", context)


def transfer(model_admin: ModelAdmin[Any], request: HttpRequest, pk: int) -> HttpResponse:
    """«Сменился сотрудник»: whose access ends, when, and on to the new person."""
    if not may_issue(request) or not request.user.has_perm("accounts.change_membership"):
        raise PermissionDenied("Передавать доступ могут операционисты и администраторы.")
    client = get_object_or_404(_clients(model_admin, request), pk=pk)
    key = _form_key(request.POST.get("form_key", ""))
    if earlier := Enrolment.objects.filter(form_key=key, client=client).first():  # a second click
        return redirect(address_of(earlier))
    form = TransferForm(request.POST or None, client=client, initial=_initial(request))
    if form.is_valid():
        try:
            return redirect(address_of(_begin_transfer(request, form, client), "person"))
        except issuing.RevokingRefused as error:
            form.add_error("membership", str(error))
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": client._meta,
        "title": "Сменился сотрудник",
        "subtitle": client.short_name,
        "client": client,
        "form": form,
        "is_anybody": Membership.objects.active().filter(client=client).exists(),
    }
    status = REFUSED if form.errors else 200
    template = "admin/accounts/enrolment/transfer.html"
    return TemplateResponse(request, template, context, status=status)


def _clients(model_admin: ModelAdmin[Any], request: HttpRequest) -> QuerySet[Client]:
    """The companies that this person may look at."""
    found: QuerySet[Client] = model_admin.admin_site.get_model_admin(Client).get_queryset(request)
    return found


@transaction.atomic
def _begin_transfer(request: HttpRequest, form: TransferForm, client: Client) -> Enrolment:
    leaving, by = form.cleaned_data["membership"], user_of(request)
    reason = form.cleaned_data["reason"]
    enrolment = enrolling.begin(
        client=client,
        by=by,
        form_key=form.cleaned_data["form_key"],
        replaces=leaving,
        leaving_reason=reason,
        request=request,
    )
    if form.cleaned_data["moment"] == TransferForm.NOW:
        issuing.revoke_membership(membership=leaving, by=by, reason=reason, request=request)
        messages.success(request, f"Доступ закрыт: {leaving}. Теперь укажите нового сотрудника.")
    return enrolment


def _initial(request: HttpRequest) -> dict[str, Any]:
    return {
        "form_key": uuid.uuid4(),
        "moment": TransferForm.NOW,
        "reason": "сменился сотрудник",
        "membership": request.GET.get("membership", ""),
    }


def _cards(clients: list[Client]) -> list[dict[str, Any]]:
    """What the office looks at to know the company; four statements, however many are found."""
    keys = [client.pk for client in clients]
    contracts: dict[int, list[str]] = {}
    rows = Client.objects.filter(pk__in=keys, contracts__isnull=False)
    for key, number in rows.order_by("contracts__number").values_list("pk", "contracts__number"):
        contracts.setdefault(key, []).append(number)
    active = Membership.objects.active().filter(client__in=keys).order_by()
    people = dict(active.values_list("client").annotate(Count("pk")))
    waiting: dict[int, list[Enrolment]] = {}
    for enrolment in Enrolment.objects.open().with_names().filter(client__in=keys):
        waiting.setdefault(enrolment.client_id, []).append(enrolment)
    return [
        {
            "client": client,
            "contracts": ", ".join(contracts.get(client.pk, [])[:_CONTRACTS_SHOWN]),
            "contract_total": len(contracts.get(client.pk, [])),
            "more": max(len(contracts.get(client.pk, [])) - _CONTRACTS_SHOWN, 0),
            "people": people.get(client.pk, 0),
            "waiting": [(one, address_of(one)) for one in waiting.get(client.pk, [])],
        }
        for client in clients
    ]


def _form_key(typed: str) -> uuid.UUID:
    try:
        return uuid.UUID(typed)
    except ValueError:
        return uuid.uuid4()
