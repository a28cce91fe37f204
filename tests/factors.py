"""The second factor in tests: given, passed without a form, and typed."""

from __future__ import annotations

import time

from allauth.account.internal.userkit import user_id_to_str
from django.test import Client as Browser

from accounts.models import User
from accounts.second_factor import codes
from exchange.demo import factor

KEY = factor.KEY


def give(user: User) -> list[str]:
    """A factor with the key `KEY` for `user`; the recovery codes."""
    return codes.store(user, secret=KEY, step=0)


def code(*, ahead: int = 0) -> str:
    """The code that the app shows now; `ahead`: the next one, for a second use at once."""
    return factor.code(KEY, ahead=ahead)


def count_as_passed(browser: Browser, user: User, *, seconds_ago: int = 0) -> None:
    """The browser's session is one in which a code was given."""
    session = browser.session
    session["account_authentication_methods"] = [
        {"method": "mfa", "at": time.time() - seconds_ago, "type": "totp"}
    ]
    session["account_authentication_methods_user"] = user_id_to_str(user)
    session.save()
