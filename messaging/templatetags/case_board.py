"""What the office's board says of cases: `{% load case_board %}`."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils import timezone

from accounts.models import User
from messaging import board

register = template.Library()


@register.inclusion_tag("admin/messaging/_board.html")
def case_board(user: User) -> dict[str, Any]:
    """What is late or due today, by branch; nothing for whoever may not see it."""
    if not user.has_perm("messaging.view_message"):
        return {}
    shares = board.late_by_branch(user, on=timezone.localdate())
    return {
        "shares": shares,
        "open": sum(share.open for share in shares),
        "overdue": sum(share.overdue for share in shares),
        "may_see": True,
    }
