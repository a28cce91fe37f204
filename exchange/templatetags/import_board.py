"""What the office's board says of loads of data: `{% load import_board %}`."""

from __future__ import annotations

from typing import Any

from django import template

from accounts.models import User
from cabinet import formats
from exchange.incoming import reporting
from exchange.models import Import

register = template.Library()


@register.inclusion_tag("admin/exchange/_board.html")
def import_board(user: User) -> dict[str, Any]:
    """The last load, and packages that did not go in since; nothing without a right."""
    if not user.has_perm("exchange.view_import"):
        return {}
    last = Import.objects.applied().first()
    return {
        "may_see": True,
        "warnings": reporting.warnings(),
        "data_as_of": formats.moment(last.as_of) if last else "",
        "loaded_at": formats.moment(last.applied_at) if last else "",
    }
