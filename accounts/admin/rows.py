"""Rows of one thing on the page of another: looked at here, changed on their own pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from cabinet.office import Confined


class ReadOnlyRows(Confined, admin.TabularInline):
    """A plain table; a subclass links its first column to the row's own page."""

    template = "admin/accounts/rows.html"
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not here."""
        return False
