"""The archive's page: what a row says, which rows are new to whom, why nothing is found."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from cabinet import formats
from contracts.models import Contract
from contracts.periods import Month
from documents import news
from documents.forms import DocumentSearchForm
from documents.models import Acknowledgement, Document, Kind

_QUARTERS = ("I", "II", "III", "IV")


@dataclass(frozen=True, kw_only=True)
class Row:
    """A document as the list shows it, formatted once.

    `note` of a restriction notice says who has read it, or that nobody has; `notice_address` is its
    page. `corrections`: what it corrects and what corrects it, in words, each with its address.
    `to_pay_words`: what a final bill asks, where that is not its amount: «к оплате 874 300,15».
    """

    pk: int
    contract: str
    address: str
    openings_address: str
    notice_address: str
    note: str
    is_new: bool
    kind: str
    corrections: list[tuple[str, str]]
    number: str
    issued_on: str
    period: str
    amount: Decimal | None
    amount_words: str
    to_pay_words: str
    size: str


def rows(
    documents: Sequence[Document], *, contracts: Mapping[int, Contract], user: User
) -> list[Row]:
    """Documents of `for_list` as rows for this person, in their order; `contracts` by id."""
    known = news.opened_by(user, documents)
    since = news.since_by_client(user)
    read = _readers(documents)
    found = []
    for document in documents:
        contract = contracts[document.contract_id]
        published_on = timezone.localdate(document.published_at)
        is_news = contract.client_id in since and published_on >= since[contract.client_id]
        found.append(
            _row(
                document,
                contract=contract,
                is_new=is_news and document.pk not in known,
                note=read.get(document.pk, ""),
            )
        )
    return found


def _readers(documents: Sequence[Document]) -> dict[int, str]:
    """By the id of a notice: «ознакомлен: Соколова Н. В., 06.10.2026 11:02», the first to be so."""
    notices = [row.pk for row in documents if row.kind == Kind.RESTRICTION_NOTICE]
    first: dict[int, str] = {}
    for row in Acknowledgement.objects.filter(document__in=notices):
        first.setdefault(row.document_id, f"ознакомлен: {row.name}, {formats.moment(row.at)}")
    return {pk: first.get(pk, "никто не ознакомлен") for pk in notices}


def _row(document: Document, *, contract: Contract, is_new: bool, note: str) -> Row:
    place = [document.contract_id, document.pk]
    is_notice = document.kind == Kind.RESTRICTION_NOTICE
    return Row(
        pk=document.pk,
        contract=contract.number,
        address=reverse("documents:document-file", args=place),
        openings_address=reverse("documents:document-openings", args=place),
        notice_address=reverse("documents:notice", args=place) if is_notice else "",
        note=note,
        is_new=is_new,
        kind=document.name,
        corrections=_corrections(document),
        number=document.number,
        issued_on=formats.day(document.issued_on),
        period=period_in_words(document),
        amount=document.amount,
        amount_words=formats.amount(document.amount),
        to_pay_words=_to_pay_words(document),
        size=formats.ABSENT if document.size is None else formats.file_size(document.size),
    )


def stated_sum(text: str | None) -> Decimal | None:
    """A sum as a content states it (`DocumentQuerySet.for_list`, `with_sums`); None: it has none.

    A content that does not fit its schema stops no list: its PDF cannot be made either.
    """
    try:
        value = Decimal(text or "")
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def _to_pay_words(document: Document) -> str:
    to_pay = stated_sum(document.to_pay)
    if to_pay is None or to_pay == document.amount:
        return ""
    name = "переплата" if to_pay < 0 else "к оплате"
    return f"{name} {formats.amount(abs(to_pay))}"


def _corrections(document: Document) -> list[tuple[str, str]]:
    """What it corrects and by what it is corrected: words and the address of the other document."""
    found = []
    if document.corrects:
        found.append((f"исправляет № {document.corrects.number}", document.corrects))
    found += [(f"исправлен документом № {one.number}", one) for one in document.corrected_by.all()]
    return [
        (words, reverse("documents:document-file", args=[other.contract_id, other.pk]))
        for words, other in found
    ]


def period_in_words(document: Document) -> str:
    """«октябрь 2026», «октябрь 2026, 30 %», «III квартал 2026»; of a document of `for_list`."""
    if document.kind == Kind.PLANNED_BILL and document.share_percent:
        share = formats.percent(Decimal(document.share_percent))
        return f"{formats.month(document.period)}, {share}"
    if document.kind == Kind.RECONCILIATION_ACT and document.starts_on and document.ends_on:
        first, last = map(datetime.date.fromisoformat, (document.starts_on, document.ends_on))
        return _span(first, last)
    return formats.month(document.period)


def _span(first: datetime.date, last: datetime.date) -> str:
    months = Month.of(first), Month.of(last)
    if months[0].first_day == first and months[1].last_day == last:
        if months[0] == months[1]:
            return formats.month(first)
        quarter, place = divmod(months[0].number - 1, 3)
        if place == 0 and months[0].shifted(2) == months[1]:
            return f"{_QUARTERS[quarter]} квартал {first.year}"
        if first.month == 1 and months[0].shifted(11) == months[1]:
            return f"{first.year} год"
    return f"{formats.day(first)}–{formats.day(last)}"


def why_nothing(contracts: Iterable[Contract], form: DocumentSearchForm) -> str:
    """Why a valid search found nothing, and what to do; whole sentences."""
    if form.cleaned_data["number"]:
        return (
            "Проверьте номер: достаточно нескольких знаков подряд, не меньше трёх."
            " Или ищите за всё время и среди всех видов."
        )
    first_day, last_day = form.bounds
    registered = [contract.client.registered_on for contract in contracts]
    registered_on = min((day for day in registered if day), default=None)
    if registered_on and last_day < registered_on:
        return (
            f"Личный кабинет зарегистрирован {formats.day(registered_on)}, более ранние документы "
            "в нём не хранятся. Их копии можно запросить у специалиста."
        )
    ended = [contract.terminated_on for contract in contracts]
    if ended and all(day is not None and day < first_day for day in ended):
        last = formats.day(max(day for day in ended if day))
        return f"Договор расторгнут {last}: документы за более поздние месяцы не выставляются."
    if first_day >= Month.current().first_day:
        return (
            "Этот период ещё не закончился: счета-фактуры, акты и ведомости появляются после "
            "окончания месяца. Выберите другой месяц или только год."
        )
    if form.cleaned_data["kind"]:
        return "Выберите другой месяц или год, или все виды документов."
    return (
        "За этот период документы не выставлялись. Выберите другой месяц или только год; если "
        "документ должен быть, запросите его у специалиста."
    )
