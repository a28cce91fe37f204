"""Rows of one thing on the page of another."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest
from django.utils.text import capfirst

from cabinet.office import Confined

# A card is opened at once even if a thousand rows hang on it: the rest is in their own list.
SHOWN = 200
_PLAIN = "admin/accounts/rows.html"


class FirstRows(BaseInlineFormSet):
    """No more than `SHOWN` rows; `is_cut` when there are others."""

    is_cut = False

    def get_queryset(self) -> QuerySet[Any]:
        """The first ones, in the order of the list."""
        if not hasattr(self, "_first"):
            found = super().get_queryset()[: SHOWN + 1]
            self.is_cut = len(found) > SHOWN
            self._first = found[:SHOWN]
        return self._first


class ReadOnlyRows(Confined, admin.TabularInline):
    """Looked at here, changed on their own pages: a plain table.

    A subclass links its first column to the row's own page.
    """

    template = _PLAIN
    formset = FirstRows
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here."""
        return False


class _RemovalTick(forms.CheckboxInput):
    """Says what it does to those who do not see the heading of its column."""

    def __init__(self) -> None:
        super().__init__(attrs={"aria-label": "Удалить строку"})


class _NamedRows(BaseInlineFormSet):
    """Rows of which each may be removed."""

    deletion_widget = _RemovalTick


class ChangedRows(admin.TabularInline):
    """Changed on this page; a plain table for whoever only looks.

    Each field says its column's name: no label leads to it.
    """

    formset = _NamedRows
    extra = 0

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """As Django makes it; the page asks the template of this instance, made for the request."""
        if not (self.has_change_permission(request, obj) or self.has_add_permission(request, obj)):
            self.template = _PLAIN
        return super().get_formset(request, obj, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """With the name."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None:
            field.widget.attrs["aria-label"] = capfirst(str(field.label))
        return field
