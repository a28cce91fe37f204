"""«Что этот клиент видел и отправил»: one PDF for a dispute, stored and never changed.

What is gathered: `dossier_facts.py`. The paper is drawn in a process of its own (`cabinet/press`)
from plain words, stored with its SHA-256, and its making is in the journal.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from dataclasses import asdict
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import journal
from accounts.models import Client, Dossier, JournalLink, User
from cabinet import files, formats, pdf, press
from exchange import dossier_facts
from exchange.dossier_facts import Days

DAYS_AT_MOST = 31
# A page waits for it: the paper of a few days takes a second or two.
_SECONDS = 45


class Refused(Exception):
    """There is no paper; the words say why and what to do."""


@transaction.atomic
def make(
    *,
    client: Client,
    days: Days,
    purpose: str,
    by: User,
    request: HttpRequest | None = None,
) -> Dossier:
    """Gather, draw, store and write down a paper about a client's days.

    Raises:
        Refused: too many days, days to come, too many rows, or a paper that cannot be drawn.
    """
    _check(days)
    with connection.cursor() as cursor:
        # Drawing takes longer than a transaction may idle and than a page may ask.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '2min'")
    try:
        parts = dossier_facts.gather(client, days)
        content = _draw(client, days, purpose, by, parts)
    except (dossier_facts.TooMuch, press.NotMade) as error:
        raise Refused(str(error)) from error
    path = files.keep(Dossier.FOLDER, ".pdf", content)
    try:
        dossier = Dossier.objects.create(
            client=client,
            first_day=days.first,
            last_day=days.last,
            purpose=purpose,
            made_by=by,
            path=path,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )
        journal.record(
            journal.Action.EXPORTED,
            request=request,
            user=by,
            client=client,
            subject=f"Справка «что клиент видел и отправил» за {dossier.days}: {purpose}",
            details={"dossier": dossier.pk, "sha256": dossier.sha256},
        )
    except BaseException:
        files.forget([path])
        raise
    return dossier


def prepare() -> None:
    """What the process that forks for each paper loads once (cabinet/press)."""
    pdf.prepare("exchange/pdf")


def make_packed(argument: bytes) -> bytes:
    """What `_draw` packed as PDF; runs in the paper's own process, without a database."""
    return pdf.render("exchange/pdf/dossier.html", json.loads(argument))


def _check(days: Days) -> None:
    if days.last < days.first:
        raise Refused("Последний день раньше первого.")
    if (days.last - days.first).days >= DAYS_AT_MOST:
        raise Refused(f"Выберите не больше {DAYS_AT_MOST} дней.")
    if days.last > timezone.localdate():
        raise Refused("Этот день ещё не наступил.")


def _draw(
    client: Client, days: Days, purpose: str, by: User, parts: list[dossier_facts.Part]
) -> bytes:
    words: dict[str, Any] = {
        "client": f"{client.full_name or client.short_name}, ИНН {client.inn}",
        "days": _in_words(days.first, days.last),
        "purpose": purpose,
        "made_by": by.full_name or by.username,
        "position": by.position,
        "made_at": formats.moment_seconds(timezone.now()),
        "time_zone": formats.time_zone_label(),
        "head": str(JournalLink.objects.order_by("-entry").first() or formats.ABSENT),
        "parts": [asdict(part) for part in parts],
    }
    argument = json.dumps(words, ensure_ascii=False).encode()
    return press.make("exchange.dossier:make_packed", argument, seconds=_SECONDS).content


def _in_words(first: datetime.date, last: datetime.date) -> str:
    if first == last:
        return formats.day(first)
    return f"с {formats.day(first)} по {formats.day(last)}"
