"""Passwords: how they are kept, which are refused, and how a one-time password is made."""

from __future__ import annotations

import re
import secrets

from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from accounts.models import User

# No 0/O, 1/l/I: the slip is read from paper and typed by hand.
_SLIP_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
_CONTEXT_WORDS = (
    "energo",
    "энерго",
    "sbyt",
    "сбыт",
    "kabinet",
    "cabinet",
    "кабинет",
    "parol",
    "пароль",
    "password",
)


# What stands on the keys of the Russian layout in the Latin one.
_LATIN_KEYS = str.maketrans(
    "ёйцукенгшщзхъфывапролджэячсмитьбю", "`qwertyuiop[]asdfghjkl;'zxcvbnm,."
)
_COUNTING = "0123456789" * 26 + "9876543210" * 26


class Argon2Hasher(Argon2PasswordHasher):
    """Argon2id with OWASP's parameters (t=2, 19 MiB, p=1): ten times cheaper than Django's default.

    Hashing is the portal's heaviest request; a deadline day has thousands of logins.
    """

    time_cost = 2
    memory_cost = 19_456
    parallelism = 1


class CommonLongPasswordValidator(CommonPasswordValidator):
    """Refuses a common password, and one that was only made long enough.

    Of Django's list hardly a word has twelve characters, and none is in Russian letters: a short
    one repeated, with digits or signs around it, or typed in the other layout counts as well.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise when nothing is left but a common word, a short repetition or counting.

        Raises:
            ValidationError: as Django's own, or the password is common but for its length.
        """
        super().validate(password, user)
        typed = password.casefold()
        if typed in _COUNTING or any(
            self._is_common(keys) for keys in (typed, typed.translate(_LATIN_KEYS))
        ):
            raise ValidationError(
                "Это распространённый пароль, удлинённый повтором, цифрами или знаками. "
                "Придумайте другой.",
                code="password_common_but_long",
            )

    def _is_common(self, keys: str) -> bool:
        """Whether the repeated piece is short or common, or a common word has little around it."""
        piece = keys[: (keys + keys).find(keys, 1)]
        word = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", keys)
        is_bare = len(keys) - len(word) < 8
        return len(piece) < 4 or piece in self.passwords or (is_bare and word in self.passwords)


class ContextWordsValidator:
    """Refuses a password that is little more than the name of portal, retailer or company."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise when nothing of length remains after the guessable words are taken out.

        Raises:
            ValidationError: fewer than eight characters remain.
        """
        rest = password.casefold()
        for word in sorted(self._words(user), key=len, reverse=True):
            rest = rest.replace(word, "")
        if len(rest) < 8 and len(rest) < len(password):
            raise ValidationError(
                "Пароль почти целиком состоит из названия компании, логина или слов о портале. "
                "Придумайте другой.",
                code="password_of_context_words",
            )

    def get_help_text(self) -> str:
        """The rule in the list of rules."""
        return (
            "Не используйте название компании, ИНН, логин, слова «энергосбыт», «кабинет», «пароль»."
        )

    def _words(self, user: User | None) -> set[str]:
        words = {*_CONTEXT_WORDS, *_words_of(settings.RETAILER.name)}
        if user is not None and user.pk:
            words |= {user.username.casefold(), *_words_of(user.full_name)}
            for membership in user.memberships.select_related("client"):
                words |= {membership.client.inn, *_words_of(membership.client.short_name)}
        return words


def _words_of(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.casefold()) if len(word) >= 4}


def one_time_password() -> str:
    """A random password for a slip, about 79 bits: four groups of four readable characters."""
    groups = ("".join(secrets.choice(_SLIP_ALPHABET) for _ in range(4)) for _ in range(4))
    return "-".join(groups)
