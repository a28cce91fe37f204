"""What the office's board says of readings: `{% load reading_board %}`."""

from __future__ import annotations

from typing import Any

from django import template

from accounts.models import User
from cabinet import formats
from contracts.models import Contract
from meters import silence, window

register = template.Library()


@register.inclusion_tag("admin/meters/_board.html")
def reading_board(user: User) -> dict[str, Any]:
    """How much is handed in, by branch, of what this person may see."""
    if not user.has_perm("meters.view_officereminder"):
        return {}
    period, _ = silence.months()
    own = Contract.objects.worked_on_by(user)
    keys = None if own is None else list(own.values_list("pk", flat=True))
    shares, total = silence.by_branch(period, contracts=keys)
    return {
        "month": formats.for_month(period.first_day),
        "code": window.code(period),
        "due": silence.due_words(period),
        "shares": shares,
        "total": total,
    }
