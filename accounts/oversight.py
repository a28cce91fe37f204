"""What the office sees, changes and takes out, and who was refused: each is in the journal.

The middleware `office_deeds` asks here about every request of somebody who is logged in. A form of
the workplace and its entries are one transaction: what changed is written, or nothing changed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import unquote

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import ForeignKey, Model
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from accounts import journal
from accounts.models import Client, JournalEntry, Membership, User
from accounts.second_factor import suspended
from accounts.visitor import user_of, viewing_of
from cabinet import deeds, keys

Action = JournalEntry.Action

# Pages of the workplace that show nobody's data.
_WITHOUT_DATA = frozenset(
    {
        "index", "app_list", "jsi18n", "autocomplete", "login", "logout", "password_change",
        "password_change_done", "view_on_site", "exchange_import_state",
        "exchange_outgoingorder_state",
    }
)  # fmt: skip
_ACTIONS = {
    deeds.Kind.ADDED: Action.ROW_ADDED,
    deeds.Kind.CHANGED: Action.ROW_CHANGED,
    deeds.Kind.DELETED: Action.ROW_DELETED,
    deeds.Kind.ACTED: Action.OFFICE_DID,
}
# So far a row may be from its client: reading → submission → contract → client.
_FURTHEST = 4
_POSTED_LONGEST = 300
# Typed once and worth nothing afterwards, or derived from a password.
_UNWRITTEN = frozenset({"code", "stamp"})


def is_of_office(request: HttpRequest) -> bool:
    """Whether the address is one of the workplace."""
    return request.path.startswith(reverse("admin:index"))


def with_entries(
    request: HttpRequest, get_response: Callable[[HttpRequest], HttpResponse]
) -> HttpResponse:
    """The answer to a form of the workplace, in one transaction with its entries."""
    with transaction.atomic():
        response = get_response(request)
        if response.status_code >= 500:
            transaction.set_rollback(True)
        else:
            note(request, response)
    return response


def note(request: HttpRequest, response: HttpResponse) -> None:
    """Write what is to be written of this request; a look with a client's eyes writes its own.

    A deed that waits for a code is written when it is done.
    """
    match = request.resolver_match
    if match is None or viewing_of(request) is not None or response.status_code >= 500:
        return
    if suspended.is_suspended(request):
        return
    is_office = match.namespaces[:1] == ["admin"]
    if response.status_code == 403 or (response.status_code == 404 and "contract" in match.kwargs):
        journal.record(
            Action.REFUSED,
            request=request,
            subject=f"{request.method} {request.path}",
            details={"status": response.status_code},
        )
    elif is_office and response.status_code < 400 and match.url_name not in _WITHOUT_DATA:
        _note_office(request, response)
    elif not is_office and request.method == "GET" and not journal.has_entry(request):
        _note_taken(request, response)


def _note_taken(request: HttpRequest, response: HttpResponse) -> None:
    """A table or a file that a client took and whose page wrote no line of its own."""
    disposition = response.get("Content-Disposition", "")
    if response.status_code != 200 or not disposition.startswith("attachment"):
        return
    contract = request.resolver_match.kwargs.get("contract") if request.resolver_match else None
    acting = Membership.objects.active().filter(user=user_of(request)).values("client")
    owners = (
        Client.objects.filter(contracts=contract)
        if contract
        else Client.objects.filter(pk__in=acting)
    )
    for owner in owners:
        journal.record(
            Action.EXPORTED,
            request=request,
            client=owner,
            subject=_filename(disposition),
            details={"path": request.get_full_path()[:500]},
        )


def _filename(disposition: str) -> str:
    """The name of the file in the head, in words."""
    name = disposition.partition("filename*=utf-8''")[2] or disposition.partition("filename=")[2]
    return unquote(name.strip('"'))


def _note_office(request: HttpRequest, response: HttpResponse) -> None:
    done = deeds.of(request)
    for deed in done:
        _note_deed(request, deed)
    if done or journal.has_entry(request):
        return
    model, pk = _row_of(request)
    details: dict[str, Any] = {}
    if request.method == "POST":
        action, details = Action.OFFICE_DID, {"posted": _posted(request.POST)}
    elif "Content-Disposition" in response:
        action, details = Action.EXPORTED, {"file": response["Content-Disposition"]}
    elif request.method == "GET" and response.status_code == 200:
        action = Action.OFFICE_VIEWED
    else:
        return
    journal.record(
        action,
        request=request,
        person=_person_of(model, pk),
        client=client_of(model, pk) or _client_asked_for(request.GET),
        subject=_title(response, model),
        details={"path": request.get_full_path()[:500], **details},
    )


def _note_deed(request: HttpRequest, deed: deeds.Deed) -> None:
    is_gone = deed.kind is deeds.Kind.DELETED
    journal.record(
        _ACTIONS[deed.kind],
        request=request,
        person=None if is_gone else _person_of(deed.model, deed.pk) or _account_of(deed),
        client=_client_of_gone(deed) if is_gone else client_of(deed.model, deed.pk),
        subject=f"{deed.model._meta.verbose_name}: {deed.words}",
        details={
            "model": deed.model._meta.label,
            "pk": str(deed.pk) if deed.pk is not None else None,
            **({"changes": deed.changes} if deed.changes else {}),
            **({"rows": deed.rows} if deed.rows else {}),
        },
    )


# Whose data it is -----------------------------------------------------------------------------


def client_of(model: type[Model] | None, pk: Any) -> Client | None:
    """The client on whom a row hangs, by the shortest filled chain of foreign keys; or None."""
    if model is None or pk is None:
        return None
    if model is Client:
        return Client.objects.filter(pk=_key(model, pk)).first()
    paths = _paths_to_client(model)
    if not paths:
        return None
    row = model._default_manager.filter(pk=_key(model, pk)).order_by().values_list(*paths).first()
    found = next((key for key in row or () if key), None)
    return Client.objects.filter(pk=found).first() if found else None


def _client_of_gone(deed: deeds.Deed) -> Client | None:
    """The client of a row that is deleted, by what stood in it."""
    for path in _paths_to_client(deed.model):
        name = path.partition("__")[0]
        target = deed.model._meta.get_field(name).related_model
        found = client_of(target, deed.changes[name][0]) if isinstance(target, type) else None
        if found:
            return found
    return None


@cache
def _paths_to_client(model: type[Model]) -> list[str]:
    """Chains of foreign keys from the model to the client, the shortest first."""
    found: list[str] = []
    waiting: deque[tuple[type[Model], tuple[str, ...]]] = deque([(model, ())])
    while waiting:
        here, path = waiting.popleft()
        for one in here._meta.concrete_fields:
            if not isinstance(one, ForeignKey):
                continue
            target = one.related_model
            if target is Client:
                found.append("__".join((*path, one.name)))
            elif isinstance(target, type) and target is not User and len(path) + 1 < _FURTHEST:
                waiting.append((target, (*path, one.name)))
    return found


def _person_of(model: type[Model] | None, pk: Any) -> User | None:
    """The person whose page it is."""
    if model is not User or pk is None:
        return None
    return User.objects.filter(pk=_key(User, pk)).first()


def _account_of(deed: deeds.Deed) -> User | None:
    """Whose login was linked to the row, or taken off it: a specialist's says whose rows he has."""
    return User.objects.filter(pk=deed.account).first() if deed.account else None


def _key(model: type[Model], pk: Any) -> Any:
    """The primary key as the column holds it; None for a nonsense of the address."""
    try:
        return model._meta.pk.to_python(pk)
    except (ValidationError, ValueError):
        return None


def _client_asked_for(query: QueryDict) -> Client | None:
    """The client to whom a list was cut."""
    asked = keys.read(query.get("client__id__exact", ""))
    return None if asked is None else Client.objects.filter(pk=asked).first()


def _row_of(request: HttpRequest) -> tuple[type[Model] | None, Any]:
    """The model and the key that the address is about, by Django's names of addresses."""
    match = request.resolver_match
    if match is None:
        return None, None
    for model in admin.site._registry:
        meta = model._meta
        if (match.url_name or "").startswith(f"{meta.app_label}_{meta.model_name}_"):
            if "client" in match.kwargs:  # a row that is made for a client
                return Client, match.kwargs["client"]
            return model, match.kwargs.get("object_id", match.kwargs.get("pk"))
    return None, None


def _title(response: HttpResponse, model: type[Model] | None) -> str:
    """«Клиент: ООО «Вега»», or the kind of rows where the page says nothing of itself."""
    context = getattr(response, "context_data", None) or {}
    parts = [str(context[name]) for name in ("title", "subtitle") if context.get(name)]
    if not parts and model is not None:
        parts = [str(model._meta.verbose_name_plural)]
    return ": ".join(parts)


def _posted(data: QueryDict) -> dict[str, Any]:
    """What was typed, without secrets, long texts cut."""
    return {
        name: [value[:_POSTED_LONGEST] for value in values]
        for name, values in data.lists()
        if not deeds.is_secret(name) and name not in _UNWRITTEN
    }
