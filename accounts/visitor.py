"""Who is asking."""

from __future__ import annotations

from django.http import HttpRequest

from accounts.models import User


def user_of(request: HttpRequest) -> User:
    """The person who is logged in; for pages that nobody else reaches.

    Raises:
        TypeError: nobody is logged in.
    """
    if not isinstance(request.user, User):
        raise TypeError("nobody is logged in")
    return request.user
