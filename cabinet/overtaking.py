"""Two people of the office change one card: the second is told what the first has changed.

The page carries a fingerprint of every value that its form showed. Before anything is saved the row
is locked and the fingerprints are compared with what stands there now: what differs was changed
meanwhile by somebody else. What was typed stays in the form, which then carries what stands there,
so that saving once more is a decision.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model
from django.forms.models import model_to_dict
from django.http import HttpRequest
from django.utils.text import capfirst

from cabinet import formats

FIELD = "_seen"
_LENGTH = 16


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a form shows: by the name of a field (or of rows below it) the words for it."""

    values: Mapping[str, Any]
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def fingerprints(self) -> dict[str, str]:
        """A short hash of each value: the values themselves are not sent to and fro."""
        return {name: _hash(value) for name, value in self.values.items()}

    @property
    def token(self) -> str:
        """What the page carries."""
        return json.dumps(self.fingerprints, separators=(",", ":"), sort_keys=True)

    def changed_since(self, token: str | None) -> list[str]:
        """The labels of what is not as `token` says; a page that carried none is not asked."""
        if token is None:
            return []
        try:
            before = json.loads(token)
        except ValueError:
            before = {}
        earlier: Mapping[str, Any] = before if isinstance(before, dict) else {}
        now = self.fingerprints
        return [self.labels[name] for name in now if earlier.get(name) != now[name]]


def look(page: Any, request: HttpRequest, row: Model) -> Seen:
    """What the form of `row` shows as the database has it now: its fields and the rows below.

    When something is to be saved the row is read anew and locked until the end of the transaction.
    """
    now = row
    if request.method == "POST":
        rows = page.model._default_manager.filter(pk=row.pk)
        now = rows.select_for_update(of=("self",)).get()
    names = list(page.get_form(request, now, change=True).base_fields)
    values: dict[str, Any] = dict(model_to_dict(now, fields=names))
    labels = {
        field.name: capfirst(str(field.verbose_name))
        for field in (*now._meta.fields, *now._meta.many_to_many)
    }
    for inline in page.get_inline_instances(request, now):
        if inline.has_view_permission(request, now) and inline.has_change_permission(request, now):
            key = f"rows {inline.model._meta.label_lower}"
            values[key] = _rows(inline, request, now)
            labels[key] = capfirst(str(inline.verbose_name_plural))
    return Seen(values=values, labels=labels)


def words(row: Model, changed: list[str]) -> str:
    """«Карточку изменил другой сотрудник (Зимина Н. В., 26.11.2026 14:05): телефон…»."""
    latest = (
        LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(row), object_id=str(row.pk)
        )
        .select_related("user")
        .order_by("-pk")
        .first()
    )
    who = ""
    if latest is not None:
        name = getattr(latest.user, "short_name", str(latest.user))
        who = f" ({name}, {formats.moment(latest.action_time)})"
    what = ", ".join(f"«{label}»" for label in changed)
    return (
        f"Пока вы правили, запись изменил другой сотрудник{who}: {what}. Ваш текст сохранён в"
        " форме. Откройте запись в новой вкладке, сравните и сохраните ещё раз, если ваше вернее."
    )


def _rows(inline: Any, request: HttpRequest, row: Model) -> list[Any]:
    """The rows below the form, by key."""
    formset = inline.get_formset(request, row)
    names = list(formset.form.base_fields)
    own = inline.model._default_manager.filter(**{formset.fk.name: row.pk}).order_by("pk")
    return [[one.pk, model_to_dict(one, fields=names)] for one in own]


def _hash(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], Model):
        value = sorted(one.pk for one in value)  # many to many, in no order of their own
    text = json.dumps(value, default=_plain, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _plain(value: Any) -> str:
    """A key for a row that is chosen; anything else as it is written."""
    return str(value.pk) if isinstance(value, Model) else str(value)
