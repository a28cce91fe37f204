"""Rows of one thing on the page of another: looked at here, changed on their own pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from cabinet.office import Confined

# A card is opened at once even if a thousand rows hang on it: the rest is in their own list.
SHOWN = 200


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
    """A plain table; a subclass links its first column to the row's own page."""

    template = "admin/accounts/rows.html"
    formset = FirstRows
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here."""
        return False
