"""Secrets of second factors lie encrypted in the database; the key comes from `SECRET_KEY`.

Whoever has only the database (a backup, a replica) cannot compute anybody's codes.
"""

from __future__ import annotations

import base64
from typing import Any

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils.crypto import salted_hmac

# What of `Authenticator.data` is secret: a TOTP key, the seed of recovery codes.
_SECRET_FIELDS = ("secret", "seed")


class Unreadable(Exception):
    """A secret was encrypted with a key that this installation no longer knows."""


def seal(text: str) -> str:
    """Encrypt with the present key."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt with the present key or a former one of `SECRET_KEY_FALLBACKS`.

    Raises:
        Unreadable: none of them fits.
    """
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise Unreadable from error


@transaction.atomic
def reseal_all() -> int:
    """Encrypt every secret anew with the present key; how many people that concerned.

    Raises:
        Unreadable: a secret fits none of the keys.
    """
    rows = list(Authenticator.objects.select_for_update().order_by("pk"))
    for row in rows:
        data: dict[str, Any] = row.data
        for field in _SECRET_FIELDS:
            if field in data:
                data[field] = seal(unseal(data[field]))
        row.save(update_fields=["data"])
    return len({row.user_id for row in rows})


class SecondFactorAdapter(DefaultMFAAdapter):
    """django-allauth's hooks: what is stored is sealed, and which names the app shows."""

    def encrypt(self, text: str) -> str:
        """Sealed."""
        return seal(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Unsealed; see `unseal`."""
        return unseal(encrypted_text)

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        """The login: people tell their accounts apart by it."""
        return user.get_username()

    def get_totp_issuer(self) -> str:
        """The retailer."""
        return str(settings.RETAILER.name)


def _box() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(_key_from(key)) for key in keys])


def _key_from(secret_key: str) -> bytes:
    digest = salted_hmac(__name__, "key", secret=secret_key, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest)
