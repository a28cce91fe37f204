"""Spans of days as PostgreSQL sees them, for constraints that forbid overlaps."""

from __future__ import annotations

from django.db.models import F, Func, Value


def days(starts: str, ends: str, *, bounds: str = "[]") -> Func:
    """The days between two columns as a range; an empty end has no bound.

    `bounds`: "[]", the last day belongs to the span; "[)", it does not.
    """
    return Func(F(starts), F(ends), Value(bounds), function="daterange")
