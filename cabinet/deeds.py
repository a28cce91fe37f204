"""What the office's forms changed, before and after, in words for the journal.

`cabinet/office.py` notes here what a form or an action of the workplace did; the journal (a room
above) takes it from the request and stores it in the same transaction. Secrets are left out by the
names of their fields.
"""

from __future__ import annotations

import datetime
import enum
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.contrib.auth import get_user_model
from django.db.models import Model, QuerySet
from django.http import HttpRequest

_ATTRIBUTE = "office_deeds"
_SECRETS = ("password", "secret", "token", "seed")
_LONGEST = 500
_LISTED_AT_MOST = 100


class Kind(enum.Enum):
    """What was done to a row."""

    ADDED = "added"
    CHANGED = "changed"
    DELETED = "deleted"
    ACTED = "acted"


@dataclass(frozen=True, kw_only=True)
class Deed:
    """One row that was changed, or an action that was run over rows.

    `changes`: field → [before, after]; `words`: the row, or the action, as people call it;
    `account`: key of the login that a change links to the row, or else takes off it.
    """

    kind: Kind
    model: type[Model]
    pk: Any
    words: str
    changes: dict[str, list[Any]] = field(default_factory=dict)
    rows: list[str] = field(default_factory=list)
    account: Any = None


def note(request: HttpRequest, deed: Deed) -> None:
    """Keep it until the journal takes it."""
    of(request).append(deed)


def of(request: HttpRequest) -> list[Deed]:
    """What this request did so far."""
    found: list[Deed] | None = getattr(request, _ATTRIBUTE, None)
    if found is None:
        found = []
        setattr(request, _ATTRIBUTE, found)
    return found


def is_secret(name: str) -> bool:
    """Whether the values of a field of this name are kept out of the journal."""
    return any(word in name.lower() for word in _SECRETS)


def of_form(form: forms.ModelForm[Any], *, is_new: bool) -> Deed:
    """What a saved form changed."""
    changes, account, person = {}, None, get_user_model()
    for name in form.changed_data:
        if name not in form.cleaned_data:
            continue
        before = None if is_new else _before(form, name)
        after = form.cleaned_data[name]
        changes[name] = _pair(name, before, after)
        account = next((one.pk for one in (after, before) if isinstance(one, person)), account)
    return Deed(
        kind=Kind.ADDED if is_new else Kind.CHANGED,
        model=type(form.instance),
        pk=form.instance.pk,
        words=str(form.instance),
        changes=changes,
        account=account,
    )


def of_formset(formset: Any) -> list[Deed]:
    """What a saved table of rows changed."""
    new = [id(row) for row in getattr(formset, "new_objects", ())]
    changed = [id(row) for row, _ in getattr(formset, "changed_objects", ())]
    found = [of_deleted(row) for row in getattr(formset, "deleted_objects", ())]
    for form in formset.forms:
        if id(form.instance) in new:
            found.append(of_form(form, is_new=True))
        elif id(form.instance) in changed:
            found.append(of_form(form, is_new=False))
    return found


def of_deleted(row: Model) -> Deed:
    """A row that goes, with all that stood in it."""
    values = {one.name: getattr(row, one.attname) for one in row._meta.concrete_fields}
    return Deed(
        kind=Kind.DELETED,
        model=type(row),
        pk=row.pk,
        words=str(row),
        changes={name: _pair(name, value, None) for name, value in values.items()},
    )


def of_action(words: str, rows: QuerySet[Any]) -> Deed:
    """An action that is about to run over chosen rows; the first hundred are named."""
    model, chosen = rows.model, list(rows[: _LISTED_AT_MOST + 1])
    if len(chosen) > _LISTED_AT_MOST:
        chosen, words = chosen[:_LISTED_AT_MOST], f"{words} (выбрано больше {_LISTED_AT_MOST})"
    return Deed(
        kind=Kind.ACTED,
        model=model,
        pk=chosen[0].pk if len(chosen) == 1 else None,
        words=words,
        rows=[f"{row.pk}: {row}" for row in chosen],
    )


def _pair(name: str, before: Any, after: Any) -> list[Any]:
    if is_secret(name):
        return ["(не записывается)", "(не записывается)"]
    return [plain(before), plain(after)]


def _before(form: forms.ModelForm[Any], name: str) -> Any:
    """The value that the form began with; a related row by its name, not by its key."""
    value, field_ = form.initial.get(name), form.fields[name]
    is_one = isinstance(field_, forms.ModelChoiceField) and not isinstance(
        field_, forms.ModelMultipleChoiceField
    )
    if is_one and value is not None and not isinstance(value, Model):
        model = field_.queryset.model  # type: ignore[attr-defined]
        return model._default_manager.filter(pk=value).first() or value
    return value


def plain(value: Any) -> Any:
    """The value as JSON can hold it, long texts cut."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, Model):
        return f"{str(value)[:_LONGEST]} [{value.pk}]"
    if isinstance(value, str) or not isinstance(value, Iterable):
        return str(value)[:_LONGEST]
    return [plain(one) for one in list(value)[:_LISTED_AT_MOST]]
