"""What the office reads after saving: «Сохранено: Договор № 35-01-004217.»

Django's own sentences («Точка учёта был успешно изменен») agree with masculine rows alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin.utils import quote
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from cabinet import formats

_WORDS = "_words_after_saving"
# Which button was pressed: what may be done next.
_NEXT = {
    "_continue": " Можно править дальше.",
    "_addanother": " Теперь можно добавить следующую запись.",
}


class Saying:
    """Own words instead of Django's, of whatever gender the row is; before Django's own class."""

    def response_add(self, request: HttpRequest, obj: Model, *args: Any) -> HttpResponse:
        """«Добавлено: …»."""
        _note(request, _done("Добавлено", request, self, obj))
        answer: HttpResponse = super().response_add(request, obj, *args)  # type: ignore[misc]
        return answer

    def response_change(self, request: HttpRequest, obj: Model) -> HttpResponse:
        """«Сохранено: …»."""
        _note(request, _done("Сохранено", request, self, obj))
        answer: HttpResponse = super().response_change(request, obj)  # type: ignore[misc]
        return answer

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Model]) -> Any:
        """«Удалено: …»; Django calls it before it deletes, on a row's page and for chosen rows."""
        _note(request, _deleted(list(queryset)))
        return super().log_deletions(request, queryset)  # type: ignore[misc]

    def get_inline_formsets(self, request: HttpRequest, *args: Any, **kw: Any) -> list[Any]:
        """The links below rows of something else: «Добавить строку», whatever they are rows of."""
        found: list[Any] = super().get_inline_formsets(request, *args, **kw)  # type: ignore[misc]
        for rows in found:
            data = json.loads(rows.inline_formset_data())
            data["options"] |= {"addText": "Добавить строку", "deleteText": "Убрать"}
            rows.inline_formset_data = json.dumps(data)
        return found

    def message_user(
        self, request: HttpRequest, message: Any, level: Any = messages.INFO, *args: Any, **kw: Any
    ) -> None:
        """Django tells of its success by this method: our words are told instead, once."""
        ours = request.__dict__.pop(_WORDS, "") if level == messages.SUCCESS else ""
        super().message_user(request, ours or message, level, *args, **kw)  # type: ignore[misc]


def _note(request: HttpRequest, words: str) -> None:
    setattr(request, _WORDS, words)


def _done(deed: str, request: HttpRequest, page: Any, row: Model) -> SafeString:
    """The deed and the row, which leads to its page, and what may be done next."""
    kind, shown = capfirst(str(row._meta.verbose_name)), format_html("{}", row)
    if page.has_view_or_change_permission(request, row):
        name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
        address = reverse(name, args=[quote(row.pk)])
        shown = format_html('<a href="{}">{}</a>', address, row)
    following = next((words for button, words in _NEXT.items() if button in request.POST), "")
    return format_html("{}: {} {}{}{}", deed, kind, shown, _stop(str(row)), following)


def _deleted(rows: list[Model]) -> str:
    if len(rows) == 1:
        name = f"{capfirst(str(rows[0]._meta.verbose_name))} {rows[0]}"
        return f"Удалено: {name}{_stop(name)}"
    kinds = {capfirst(str(row._meta.verbose_name_plural)) for row in rows}
    return f"{', '.join(kinds)}: удалено {formats.quantity(len(rows))}."


def _stop(words: str) -> str:
    """A full stop where the words have none: «Мельник И. П.» ends a sentence as it is."""
    return "" if words.endswith((".", "!", "?", "…")) else "."
