"""What is recorded of a client's days: seen, sent, received, and what the office did.

Only what the portal has stored when it happened: the journal, submissions, messages, letters. Each
part has a limit, so that a dossier is whole or is refused.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Lower, TruncDate
from django.utils import timezone

from accounts import journal
from accounts.journal import Action
from accounts.models import Client, JournalEntry, Letter, Membership, User
from cabinet import formats
from cabinet.days import begins_at
from documents.models import Acknowledgement, NoticeDispatch
from messaging.models import Attachment, Delivery, Entry, Message
from meters import answers
from meters.models import BillingAnswer, Doubt, Reading, Submission

# A paper of more rows takes minutes to draw, and nobody reads it.
ROWS_AT_MOST = 1_000

_WAITING = (Letter.State.HELD, Letter.State.QUEUED, Letter.State.FAILED, Letter.State.BOUNCED)


class TooMuch(Exception):
    """A part has too many rows; the words name it and say what to do."""


@dataclass(frozen=True, kw_only=True)
class Days:
    """From the first day's midnight to the midnight after the last one, in the retailer's zone."""

    first: datetime.date
    last: datetime.date

    @property
    def since(self) -> datetime.datetime:
        """The first moment."""
        return begins_at(self.first)

    @property
    def until(self) -> datetime.datetime:
        """The first moment that does not belong to it."""
        return begins_at(self.last + datetime.timedelta(days=1))

    def on(self, name: str) -> Q:
        """The condition that a moment lies within."""
        return Q(**{f"{name}__gte": self.since, f"{name}__lt": self.until})


@dataclass(frozen=True, kw_only=True)
class Part:
    """A heading with a table (`columns`, `rows`) and texts (`texts`: head and words)."""

    title: str
    note: str = ""
    columns: Sequence[str] = ()
    rows: Sequence[Sequence[str]] = ()
    texts: Sequence[tuple[str, str]] = ()


def gather(client: Client, days: Days) -> list[Part]:
    """All parts, in the order of the paper.

    Raises:
        TooMuch: a part has more than `ROWS_AT_MOST` rows.
    """
    people = _people(client, days)
    return [
        _logins(client, people, days),
        _opened(client, people, days),
        _submissions(client, days),
        _values(client, days),
        _messages(client, days),
        _files(client, days),
        _letters(client, people, days),
        _notices(client, days),
        _looks(client, people, days),
        _accesses(client, people, days),
    ]


def _people(client: Client, days: Days) -> list[User]:
    """Who could act for the client on some of the days."""
    acting = Membership.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gte=days.first),
        Q(revoked_at__isnull=True) | Q(revoked_at__gte=days.since),
        client=client,
        starts_on__lte=days.last,
    )
    return list(User.objects.filter(pk__in=acting.values("user"), is_staff=False))


def _logins(client: Client, people: Sequence[User], days: Days) -> Part:
    own = Q(user__in=people) | Q(user=None, login__in=[one.username for one in people])
    held = Membership.objects.filter(client=client).held(at=OuterRef("at"), day=OuterRef("day"))
    whose = Q(user=OuterRef("user")) | Q(user__username=OuterRef("login"))
    entries = (
        _journal(days)
        .annotate(day=TruncDate("at"))
        .filter(own, Exists(held.filter(whose)), action__in=journal.COMING_IN)
    )
    return Part(
        title="Входы и отказы",
        note="Пока у людей был доступ к данным клиента.",
        columns=("Когда", "Кто", "Что", "IP-адрес, программа"),
        rows=[
            (
                _moment(entry.at),
                _login(entry),
                entry.get_action_display(),
                f"{entry.ip or formats.ABSENT}; {entry.user_agent}",
            )
            for entry in _within(entries, "Входы и отказы")
        ],
    )


def _opened(client: Client, people: Sequence[User], days: Days) -> Part:
    taken = (Action.FILE_OPENED, Action.EXPORTED)
    entries = _journal(days).filter(client=client, user__in=people, action__in=taken)
    rows = [
        (
            _moment(entry.at),
            _login(entry),
            entry.subject,
            str(entry.details.get("sha256", formats.ABSENT)),
        )
        for entry in _within(entries, "Открытые файлы")
    ]
    read = Acknowledgement.objects.filter(days.on("at"), document__contract__client=client)
    for one in read.select_related("document", "user").order_by("at", "pk"):
        words = f"нажато «Ознакомлен»: {one.document}, {one.name}"
        rows.append((_moment(one.at), one.user.username, words, one.document.sha256))
    return Part(
        title="Открытые и скачанные документы и файлы",
        note="Каждый файл, который портал отдал людям клиента.",
        columns=("Когда", "Логин", "Что", "SHA-256"),
        rows=rows,
    )


def _submissions(client: Client, days: Days) -> Part:
    found = Submission.objects.filter(days.on("received_at"), contract__client=client)
    found = found.select_related("contract", "submitted_by").order_by("received_at", "pk")
    return Part(
        title="Переданные показания: квитанции",
        columns=("Принято", "Квитанция", "Договор", "Кто передал", "SHA-256 содержания"),
        rows=[
            (
                _moment(one.received_at),
                f"{one.number}{', после срока' if one.is_late else ''}"
                f"{f'; исправление: {one.correction_reason}' if one.correction_reason else ''}",
                one.contract.number,
                one.submitted_by.full_name or one.submitted_by.username,
                one.sha256,
            )
            for one in _within(found, "Квитанции")
        ],
    )


def _values(client: Client, days: Days) -> Part:
    own = Submission.objects.filter(days.on("received_at"), contract__client=client)
    found = Reading.objects.filter(submission__in=own.values("pk"))
    found = found.select_related("submission", "point", "register__meter")
    said = answers.latest(own)
    return Part(
        title="Переданные показания: значения",
        note="Ответ биллинга — последний, на день, когда составлена справка.",
        columns=(
            "Квитанция", "Точка учёта", "Счётчик, зона", "Месяц", "Показание", "Пояснение",
            "Ответ биллинга",
        ),
        rows=[
            (
                one.submission.number if one.submission else formats.ABSENT,
                str(one.point),
                f"№ {one.register.meter.serial}, {one.register.get_zone_display()}",
                formats.month(one.period),
                formats.exact(one.value),
                _explained(one),
                _answered(said.get((one.submission_id or 0, one.register_id))),
            )
            for one in _within(found.order_by("submission", "pk"), "Показания")
        ],
    )  # fmt: skip


def _messages(client: Client, days: Days) -> Part:
    own = Message.objects.filter(contract__client=client)
    asked = own.filter(days.on("sent_at")).select_related("author", "topic", "contract")
    said = Entry.objects.filter(days.on("at"), message__contract__client=client)
    said = said.exclude(kind__in=Entry.INTERNAL).select_related("author", "specialist", "message")
    texts = [
        (
            one.sent_at,
            f"обращение {one.number}, договор № {one.contract.number}, тема «{one.topic}», "
            f"{_name(one.author)}, ответ на {one.email}",
            one.text,
        )
        for one in _within(asked, "Обращения")
    ]
    for entry in _within(said, "Ход обращений"):
        by = _name(entry.author) or str(entry.specialist or entry.sender or "")
        head = f"обращение {entry.message.number}: {entry.get_kind_display()}{', ' * bool(by)}{by}"
        texts.append((entry.at, head, entry.text))
    return Part(
        title="Обращения и ответы",
        texts=[
            (f"{_moment(at)} — {head}{_sum_of(text)}", text)
            for at, head, text in sorted(texts, key=lambda row: row[0])
        ],
    )


def _files(client: Client, days: Days) -> Part:
    found = Attachment.objects.filter(days.on("added_at"), message__contract__client=client)
    found = found.select_related("message", "uploaded_by").order_by("added_at", "pk")
    return Part(
        title="Файлы обращений",
        columns=("Приложен", "Обращение", "Файл", "Кто приложил", "SHA-256"),
        rows=[
            (
                _moment(one.added_at),
                one.message.number if one.message else formats.ABSENT,
                f"{one.name}, {formats.file_size(one.size)}",
                _name(one.uploaded_by) or formats.ABSENT,
                one.sha256,
            )
            for one in _within(found, "Файлы обращений")
        ],
    )


def _letters(client: Client, people: Sequence[User], days: Days) -> Part:
    to = {one.email.lower() for one in people if one.email}
    left = Q(days.on("sent_at"))
    waits = Q(days.on("created_at"), sent_at=None, state__in=_WAITING)
    rows: list[tuple[datetime.datetime, Sequence[str]]] = []
    # A letter about the person, or about several companies, belongs here while access was held.
    held = Membership.objects.filter(client=client, user__in=people)
    held = held.held(at=OuterRef("created_at"), day=OuterRef("day"))
    held = held.annotate(address=Lower("user__email")).filter(address=OuterRef("to"))
    for condition in (left, waits):  # each finds its rows by a partial index
        of_client = Q(client=client) | Q(Exists(held), client__isnull=True)
        dated = Letter.objects.annotate(day=TruncDate("created_at"))
        own = dated.filter(condition, of_client, to__in=to)
        rows += [
            (one.created_at, (*_sending(one), one.to, one.subject, _sha256(one.plain)))
            for one in _within(own, "Письма")
        ]
        about = Delivery.objects.filter(
            condition, message__contract__client=client, purpose__in=Delivery.TO_CLIENT
        )
        rows += [
            (
                one.created_at,
                (
                    *_sending(one),
                    one.to,
                    f"{one.get_purpose_display()}, обращение {one.message.number}",
                    "текст в «Обращениях»",
                ),
            )
            for one in _within(about.select_related("message"), "Письма")
        ]
    return Part(
        title="Письма клиенту",
        note="Поставлено в очередь, отправлено и принято почтовым сервером, кому и о чём.",
        columns=("В очереди", "Отправлено, состояние", "Кому", "О чём", "SHA-256 текста"),
        rows=[row for _, row in sorted(rows, key=lambda pair: pair[0])],
    )


def _notices(client: Client, days: Days) -> Part:
    found = NoticeDispatch.objects.filter(days.on("sent_at"), document__contract__client=client)
    return Part(
        title="Отправки уведомлений об ограничении",
        columns=("Отправлено", "Уведомление", "Способ, куда", "SHA-256 текста"),
        rows=[
            (
                _moment(one.sent_at),
                str(one.document),
                f"{one.get_channel_display()}, {one.address}",
                one.text_sha256 or formats.ABSENT,
            )
            for one in _within(
                found.select_related("document").order_by("sent_at", "pk"), "Отправки"
            )
        ],
    )


def _looks(client: Client, people: Sequence[User], days: Days) -> Part:
    own = Q(client=client) | Q(client=None, person__in=people)
    entries = _journal(days).filter(own, action__in=journal.LOOKS).exclude(user__in=people)
    return Part(
        title="Просмотры сотрудниками поставщика",
        columns=("Когда", "Кто", "Что", "Страница, причина"),
        rows=_deeds(_within(entries, "Просмотры сотрудниками")),
    )


def _accesses(client: Client, people: Sequence[User], days: Days) -> Part:
    own = Q(client=client) | Q(client=None, person__in=people)
    entries = _journal(days).filter(own, action__in=(*journal.OF_ACCESS, *journal.OF_ROWS))
    return Part(
        title="Изменения доступа и данных клиента",
        columns=("Когда", "Кто сделал", "Что", "О ком, о чём"),
        rows=_deeds(_within(entries, "Изменения доступа")),
    )


def _deeds(entries: Sequence[JournalEntry]) -> list[tuple[str, ...]]:
    """When, who, what, about what."""
    return [
        (_moment(one.at), _login(one), one.get_action_display(), one.subject) for one in entries
    ]


def _journal(days: Days) -> QuerySet[JournalEntry]:
    return JournalEntry.objects.filter(days.on("at")).select_related("user").order_by("at", "pk")


def _within(rows: QuerySet[Any], what: str) -> list[Any]:
    """The rows, if they are not too many for a paper.

    Raises:
        TooMuch: they are.
    """
    found = list(rows[: ROWS_AT_MOST + 1])
    if len(found) > ROWS_AT_MOST:
        most = formats.quantity(ROWS_AT_MOST)
        raise TooMuch(f"«{what}»: за эти дни строк больше {most}. Выберите меньше дней.")
    return found


def _moment(value: datetime.datetime) -> str:
    """To the second; the head of the paper names the time zone once."""
    return f"{timezone.localtime(value):%d.%m.%Y %H:%M:%S}"


def _login(entry: JournalEntry) -> str:
    name = entry.user.full_name if entry.user else ""
    return f"{name} ({entry.login})" if name else entry.login


def _name(user: User | None) -> str:
    return (user.full_name or user.username) if user else ""


def _sending(row: Letter | Delivery) -> tuple[str, str]:
    sent = _moment(row.sent_at) if row.sent_at else ""
    state = f"{row.get_state_display()}, попыток:{formats.NBSP}{row.attempts}"
    return _moment(row.created_at), f"{sent} {state}".strip()


def _explained(reading: Reading) -> str:
    asked = ", ".join(str(Doubt(doubt).label) for doubt in reading.doubts)
    return f"подтверждено ({asked}): {reading.explanation}" if asked else reading.explanation


def _answered(answer: BillingAnswer | None) -> str:
    """«отклонено: нет фото, 02.12.2026»."""
    shown = answers.shown(answer)
    return f"{shown.words}: {shown.note}" if shown.note else shown.words


def _sum_of(text: str) -> str:
    return f". SHA-256 текста: {_sha256(text)}" if text else ""


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
