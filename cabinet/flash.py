"""Messages from one page to the next travel in a cookie that keeps to its host, as the others do.

Not in the session: a visitor's would then be a row in the database for each post to a closed page.
"""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class _PrefixedCookie(CookieStorage):
    """Django's signed cookie under a name with the installation's prefix."""

    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class PrefixedStorage(FallbackStorage):
    """Django's own way: the cookie, and the session for what does not fit into it."""

    storage_classes = (_PrefixedCookie, SessionStorage)
