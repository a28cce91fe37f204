"""Rows with «с» and «по» in the office's lists."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from contracts.models import TermQuerySet


class TermFilter(admin.SimpleListFilter):
    """Rows with «с» and «по» by today."""

    title = "время"
    parameter_name = "term"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Present, future, past."""
        return [("now", "действует сегодня"), ("future", "начнётся позже"), ("past", "закончилось")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of that time."""
        today = timezone.localdate()
        match self.value():
            case "now":
                return cast("TermQuerySet", queryset).on(today)
            case "future":
                return queryset.filter(starts_on__gt=today)
            case "past":
                return queryset.filter(ends_on__lt=today)
        return queryset
