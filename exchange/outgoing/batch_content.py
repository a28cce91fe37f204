"""What a batch says of each reading and of each case, and from which rows it says so.

The columns are declared once; docs/exchange-out.md describes them for the billing side. Each value
leaves as a text that a program reads: `12345.600`, `2026-11-01`, `2026-12-01T10:15:00+03:00`,
`true`; moments are on the retailer's clock.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import (
    BigIntegerField,
    CharField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim

from exchange.models import OutgoingBatch, OutgoingCase
from messaging.models import Attachment, Entry, Message
from meters import versions
from meters.models import Doubt, Installation, Reading, Register

Kind = OutgoingBatch.Kind


class Type(enum.Enum):
    """How a value is written."""

    TEXT = enum.auto()
    NUMBER = enum.auto()
    WHOLE = enum.auto()
    DAY = enum.auto()
    MOMENT = enum.auto()
    FLAG = enum.auto()
    CODES = enum.auto()


@dataclass(frozen=True, kw_only=True)
class Column:
    """One thing that is said of a row: its name for programs and for people, and its source.

    `source`: a field or an annotation of the rows; `codes`: what a coded value means in words.
    """

    name: str
    title: str
    source: Any
    type: Type = Type.TEXT
    width: int = 18
    codes: Mapping[str, str] | None = None


def _full_name(prefix: str) -> Trim:
    parts = [f"{prefix}__{part}" for part in ("last_name", "first_name", "patronymic")]
    return Trim(Concat(parts[0], Value(" "), parts[1], Value(" "), parts[2]))


# Readings ----------------------------------------------------------------------------------------

_OF_THE_MONTH = Installation.objects.filter(
    point=OuterRef("point"),
    removed_on__gte=OuterRef("period"),
    removed_on__lt=versions.month_of_row(1),
)

READING_COLUMNS = (
    Column(name="receipt", title="Квитанция", source="submission__number", width=24),
    Column(name="received_at", title="Принято", source="received_at", type=Type.MOMENT),
    Column(name="client", title="Код клиента", source="contract__client__external_id"),
    Column(name="inn", title="ИНН", source="contract__client__inn", width=14),
    Column(name="contract", title="Код договора", source="contract__external_id"),
    Column(name="contract_number", title="№ договора", source="contract__number"),
    Column(name="point", title="Код точки", source="point__external_id"),
    Column(name="point_name", title="Точка учёта", source="point__name", width=28),
    Column(name="meter", title="Код прибора", source="register__meter__external_id"),
    Column(name="serial", title="Заводской №", source="register__meter__serial", width=14),
    Column(name="register", title="Код шкалы", source="register__external_id"),
    Column(
        name="energy", title="Энергия", source="register__energy",
        codes=dict(Register.Energy.choices),
    ),
    Column(
        name="zone", title="Зона", source="register__zone", width=10,
        codes=dict(Register.Zone.choices),
    ),
    Column(name="period", title="Период", source="period", type=Type.DAY, width=12),
    Column(name="value", title="Показание", source="value", type=Type.NUMBER),
    Column(name="previous_value", title="Предыдущее", source="previous_value", type=Type.NUMBER),
    Column(name="ratio", title="Коэффициент", source="ratio", type=Type.WHOLE, width=13),
    Column(
        name="integer_digits", title="Цифр до запятой", source="register__integer_digits",
        type=Type.WHOLE, width=10,
    ),
    Column(
        name="losses_percent", title="Потери, %", source="point__losses_percent",
        type=Type.NUMBER, width=12,
    ),
    Column(
        name="losses_kwh", title="Потери, кВт·ч", source="point__losses_kwh",
        type=Type.NUMBER, width=14,
    ),
    Column(
        name="source", title="Источник", source="source",
        codes=dict(Reading.Source.choices),
    ),
    Column(name="who", title="Кто передал", source=_full_name("submission__submitted_by"),
           width=28),
    Column(name="login", title="Логин", source="submission__submitted_by__username"),
    Column(name="is_late", title="После срока", source="submission__is_late", type=Type.FLAG,
           width=12),
    Column(name="is_rollover", title="Через ноль", source="is_rollover", type=Type.FLAG, width=12),
    Column(
        name="asked", title="О чём переспросили", source="doubts", type=Type.CODES, width=28,
        codes=dict(Doubt.choices),
    ),
    Column(name="explanation", title="Ответ клиента", source="explanation", width=36),
    Column(name="replaces_value", title="Вместо значения", source="former_value",
           type=Type.NUMBER),
    Column(
        name="replaces_source", title="Источник прежнего", source="former_source",
        codes=dict(Reading.Source.choices),
    ),
    Column(name="replaces_receipt", title="Квитанция прежнего", source="former_receipt", width=24),
    Column(
        name="correction_reason", title="Причина исправления",
        source="submission__correction_reason", width=32,
    ),
    Column(
        name="is_meter_replaced", title="Прибор снят в этом месяце", source=Exists(_OF_THE_MONTH),
        type=Type.FLAG, width=14,
    ),
    Column(
        name="installed_on", title="Прибор установлен", source="installed_on", type=Type.DAY,
        width=14,
    ),
)  # fmt: skip


def waiting_readings() -> QuerySet[Any, tuple[Any, ...]]:
    """The key and the columns of each reading that has not left, in no order.

    What it is counted from (`previous_value`, `ratio`) is what stood when it came, as its receipt
    states it. `replaces_…` are of whatever stood for the month before, billing's own included.
    """
    readings = versions.with_ratio(Reading.objects.filter(waiting__isnull=False))
    readings = versions.with_previous(readings, as_then=True)
    readings = versions.with_former_receipt(versions.with_former(readings))
    return _listed(readings, {"key": F("pk")}, READING_COLUMNS)


# Cases -------------------------------------------------------------------------------------------

QUESTION, ADDITION = "question", "addition"
_PARTS = {QUESTION: "обращение", ADDITION: "дополнение"}

CASE_COLUMNS = (
    Column(name="case", title="Обращение", source="number", width=22),
    Column(name="part", title="Что это", source="part", width=14, codes=_PARTS),
    Column(name="sent_at", title="Отправлено", source="written_at", type=Type.MOMENT),
    Column(name="client", title="Код клиента", source="contract__client__external_id"),
    Column(name="inn", title="ИНН", source="contract__client__inn", width=14),
    Column(name="contract", title="Код договора", source="contract__external_id"),
    Column(name="contract_number", title="№ договора", source="contract__number"),
    Column(name="topic", title="Код темы", source="topic__code"),
    Column(name="topic_name", title="Тема", source="topic__name", width=28),
    Column(name="text", title="Текст", source="text", width=60),
    Column(name="author", title="Кто написал", source="who", width=28),
    Column(name="email", title="E-mail", source="email", width=26),
    Column(name="phone", title="Телефон", source="phone"),
    Column(
        # Not «state»: that is the verdict in a file that comes back.
        name="case_state", title="Состояние", source="state", codes=dict(Message.State.choices),
    ),
    Column(name="due_on", title="Ответить до", source="due_on", type=Type.DAY, width=12),
    Column(name="files", title="Файлы", source="files", width=36),
)  # fmt: skip

# Of an addition these are its own, everything else is its message's.
_OF_THE_ENTRY = {"text", "who", "files", "part", "written_at"}


def new_cases(kind: str) -> QuerySet[Any, tuple[Any, ...]]:
    """The keys and the columns of what clients wrote and what has not left, in no order.

    The keys: when, the message, the addition (None: the message itself). Requests for documents are
    what stands under the topic of `DOCUMENTS_TOPIC` now.
    """
    nothing: Any = Cast(Value(None), BigIntegerField())
    messages = Message.objects.filter(
        ~Exists(OutgoingCase.objects.filter(message=OuterRef("pk"), entry__isnull=True)),
        _of_kind(kind, "topic__code"),
    ).annotate(
        part=Value(QUESTION),
        written_at=F("sent_at"),
        who=_full_name("author"),
        files=_names(message=OuterRef("pk"), entry__isnull=True),
    )
    additions = Entry.objects.filter(
        ~Exists(OutgoingCase.objects.filter(entry=OuterRef("pk"))),
        _of_kind(kind, "message__topic__code"),
        kind=Entry.Kind.ADDITION,
    ).annotate(
        part=Value(ADDITION),
        written_at=F("at"),
        who=Coalesce(NullIf(_full_name("author"), Value("")), "sender"),
        files=_names(entry=OuterRef("pk")),
    )
    asked = _listed(messages, {"at": F("sent_at"), "of": F("pk"), "added": nothing}, CASE_COLUMNS)
    added = _listed(
        additions, {"moment": F("at"), "of": F("message_id"), "added": F("pk")},
        [_of_message(column) for column in CASE_COLUMNS],
    )  # fmt: skip
    return asked.union(added, all=True)


def _of_kind(kind: str, path: str) -> Q:
    is_request = Q(**{path: settings.DOCUMENTS_TOPIC})
    return is_request if kind == Kind.REQUESTS else ~is_request


def _names(**of: Any) -> Subquery:
    """The names of the files that came with it: «Акт.pdf; Фото.jpg»."""
    files = Attachment.objects.filter(**of).order_by().values("message")
    names = StringAgg("name", delimiter="; ", order_by="pk")
    return Subquery(files.annotate(names=names).values("names"), output_field=CharField())


def _of_message(column: Column) -> Column:
    source = column.source
    path = source if source in _OF_THE_ENTRY else f"message__{source}"
    return Column(name=column.name, title=column.title, source=path, type=column.type)


# Both --------------------------------------------------------------------------------------------

COLUMNS: Mapping[str, Sequence[Column]] = {
    Kind.READINGS: READING_COLUMNS,
    Kind.CASES: CASE_COLUMNS,
    Kind.REQUESTS: CASE_COLUMNS,
}


def columns_of(batch: OutgoingBatch) -> list[Column]:
    """The columns that the batch's rows have; one that is not declared any more is plain text."""
    declared = {column.name: column for column in COLUMNS[batch.kind]}
    return [
        declared.get(name) or Column(name=name, title=name, source=name) for name in batch.columns
    ]


def in_words(column: Column, value: str) -> str:
    """What a coded value means; any other text as it is."""
    codes = value.split(",") if column.type is Type.CODES else [value]
    return ", ".join((column.codes or {}).get(code, code) for code in codes)


def _listed(
    rows: QuerySet[Any], keys: Mapping[str, Any], columns: Sequence[Column]
) -> QuerySet[Any, tuple[Any, ...]]:
    """The keys, then each column as a text, under names of their own."""
    named = {f"key_{name}": value for name, value in keys.items()}
    named |= {f"out_{column.name}": _as_text(column) for column in columns}
    listed: QuerySet[Any, tuple[Any, ...]] = rows.annotate(**named).order_by().values_list(*named)
    return listed


def _as_text(column: Column) -> Func:
    value = F(column.source) if isinstance(column.source, str) else column.source
    match column.type:
        case Type.MOMENT:
            return _Moment(value)
        case Type.CODES:
            return Func(value, Value(","), function="array_to_string", output_field=CharField())
    return Func(value, template="(%(expressions)s)::text", output_field=CharField())


_LOCAL = "(%(expressions)s AT TIME ZONE '%(zone)s')"
_APART = f"({_LOCAL} - (%(expressions)s AT TIME ZONE 'UTC'))"


class _Moment(Func):
    """ISO 8601 to the second on the retailer's clock, with its distance from UTC."""

    template = (
        f"to_char({_LOCAL}, 'YYYY-MM-DD\"T\"HH24:MI:SS')"
        f" || CASE WHEN {_APART} < interval '0' THEN '-' ELSE '+' END"
        f" || to_char(greatest({_APART}, -{_APART}), 'HH24:MI')"
    )
    output_field = CharField()

    def __init__(self, moment: Any) -> None:
        """`moment`: a moment of the rows; a column, for it stands in the text more than once."""
        super().__init__(moment, zone=settings.TIME_ZONE)
