"""What every template may show without asking its view."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone


def frame(request: HttpRequest) -> dict[str, Any]:
    """The retailer, whether this is a demonstration, the reader's colour scheme, today's date.

    `viewing` is there while the office looks with a client's eyes (accounts/visitor.py).

    Also called for error pages, where the request may not have reached its user.
    """
    user = getattr(request, "user", None)
    return {
        "retailer": settings.RETAILER,
        "is_demo": settings.DEMO,
        "color_scheme": getattr(user, "color_scheme", ""),
        "viewing": getattr(request, "viewing", None),
        "today": timezone.localdate(),
    }
