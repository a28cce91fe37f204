"""A message that was posted after the session had ended: it becomes its author's draft.

`put` keeps the fields in the session of the anonymous visitor and the good files in the private
storage; `take` turns them into a draft after the login. Files that nobody comes back for have no
rows and are swept after a day.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.http import HttpRequest

from accounts import posted
from accounts.visitor import user_of
from cabinet.accepting import Stored
from contracts.models import Contract
from messaging import attachments, drafts, forms, repeats
from messaging.models import Message

# More than any field takes, so that a text that is too long comes back whole and is explained.
FIELD_MAX = 50_000


def put(request: HttpRequest, fields: Iterable[str]) -> None:
    """Keep what was posted into these fields, and the chosen files."""
    stored, refusals = attachments.store(request.FILES.getlist("files"))
    posted.keep(
        request,
        {
            "form_key": request.POST.get("form_key", "")[:40],
            "fields": {name: request.POST.get(name, "")[:FIELD_MAX] for name in fields},
            "files": [file.as_fields() for file in stored],
            "refusals": refusals,
        },
    )


def take(
    request: HttpRequest,
    *,
    contract: Contract,
    message: Message | None = None,
    read: Callable[[Mapping[str, str]], repeats.Typed],
) -> drafts.Kept | None:
    """The draft of what this person posted to this page before the login; None if nothing was.

    The caller has seen that the contract, and `message` to which it adds, are in view. `read` makes
    of the fields what was typed.
    """
    content: dict[str, Any] | None = posted.take(request)
    if content is None:
        return None
    kept = drafts.keep(
        author=user_of(request),
        contract=contract,
        message=message,
        form_key=forms.read_key(content["form_key"]) or uuid.uuid4(),
        typed=read(content["fields"]),
        stored=[Stored(**file) for file in content["files"]],
    )
    kept.refusals[:0] = content["refusals"]
    return kept
