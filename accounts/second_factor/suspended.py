"""A deed that waits for a code: what was posted is kept, and the person presses the button again.

The deed is not done from the page of the code. It is posted again to its own address and goes the
whole way: rights, the journal, and the errors of the form, shown where it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode

_KEY = "suspended_deed"
_ATTRIBUTE = "is_suspended"
# Each answer has a token of its own.
_UNKEPT = frozenset({"csrfmiddlewaretoken"})


@dataclass(frozen=True, kw_only=True)
class Suspended:
    """What waits: in words, the address with its query, and what was posted there, by name."""

    words: str
    address: str
    values: dict[str, list[str]]

    @classmethod
    def from_session(cls, kept: dict[str, Any]) -> Self:
        """As `suspend` has kept it."""
        return cls(words=kept["words"], address=kept["address"], values=kept["values"])

    @property
    def fields(self) -> list[tuple[str, str]]:
        """The fields of the form, one for each value."""
        return [(name, value) for name, values in self.values.items() for value in values]


def suspend(request: HttpRequest, words: str) -> HttpResponseRedirect:
    """Keep what was posted until a code is given; to the page that asks for one.

    `words` name the deed: «Сброс кода при входе: …». Files are not kept: no such form has any.
    """
    request.session[_KEY] = {
        "words": words,
        "address": request.get_full_path(),
        "values": {name: value for name, value in request.POST.lists() if name not in _UNKEPT},
    }
    setattr(request, _ATTRIBUTE, True)
    query = urlencode({"next": request.get_full_path()})
    return HttpResponseRedirect(f"{reverse('mfa_reauthenticate')}?{query}")


def is_suspended(request: HttpRequest) -> bool:
    """Whether this request asked for something that waits for a code: nothing was done."""
    return bool(getattr(request, _ATTRIBUTE, False))


def waiting(request: HttpRequest) -> Suspended | None:
    """What waits in this session."""
    kept = request.session.get(_KEY)
    return Suspended.from_session(kept) if kept else None


def forget(request: HttpRequest) -> None:
    """A deed of this kind has its code: nothing waits any more."""
    request.session.pop(_KEY, None)
