"""Messages of the demo and their courses: one in each state that a case can be in."""

from __future__ import annotations

import datetime
import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from contracts import supervision, working_days
from contracts.models import Contract, Topic
from contracts.supervision import Rule
from messaging import deadlines, sending
from messaging.models import Delivery, Entry, Message

Kind = Entry.Kind
State = Message.State
Purpose = Delivery.Purpose

PHONE = "+7 900 000-00-00"


@dataclass(frozen=True, kw_only=True)
class Said:
    """One entry: what, how many working days ago, at what time, which words."""

    kind: Kind
    days_ago: int
    at: str
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Case:
    """A message of `author` about the `place`-th of the contracts in view, and what came of it."""

    author: str
    place: int
    topic: str
    days_ago: int
    at: str
    text: str
    state: State = State.OPEN
    course: tuple[Said, ...] = ()


CASES = (
    Case(
        author="vega-accountant",
        place=0,
        topic="billing",
        days_ago=16,
        at="10:12",
        text="Просим прислать акт сверки за девять месяцев: он нужен аудитору до конца месяца.",
        state=State.CLOSED,
        course=(
            Said(kind=Kind.ANSWER, days_ago=15, at="14:40",
                 text="Добрый день! Акт сверки сформирован, он на странице «Документы»."),
            Said(kind=Kind.ADDITION, days_ago=14, at="09:20", text="Спасибо, получили."),
            Said(kind=Kind.CLOSED, days_ago=14, at="11:05"),
        ),
    ),
    Case(
        author="vega-engineer",
        place=0,
        topic="meters",
        days_ago=4,
        at="16:41",
        text="На вводе 2 заменён прибор учёта: снят и сдан на поверку старый, установлен новый."
        " Просим учесть замену в расчётах за месяц. Акт привезём в отделение.",
        state=State.WAITING,
        course=(
            Said(kind=Kind.REQUEST, days_ago=3, at="11:20",
                 text="Добрый день! Пришлите, пожалуйста, фотографию табло нового прибора: нужны"
                 " все цифры, и после запятой тоже."),
        ),
    ),
    Case(
        author="vega",
        place=1,
        topic="general",
        days_ago=3,
        at="12:05",
        text="У нас сменился почтовый адрес. Какие документы нужны, чтобы внести его в договор?",
        state=State.ANSWERED,
        course=(
            Said(kind=Kind.ANSWER, days_ago=1, at="15:30",
                 text="Добрый день! Достаточно письма за подписью руководителя: новый адрес и дата,"
                 " с которой он действует. Приложите скан сюда, подлинник привезите в отделение."),
        ),
    ),
    Case(
        author="vega-accountant",
        place=0,
        topic="billing",
        days_ago=1,
        at="17:48",
        text="В итоговом счёте стоимость не сходится с нашим расчётом на 1 214,60 ₽. Проверьте,"
        " пожалуйста, какой ценой посчитан расход второй точки.",
    ),
    Case(
        author="orion",
        place=0,
        topic="meters",
        days_ago=6,
        at="09:03",
        text="Третью неделю не передаёт данные прибор на складе. Когда ждать специалиста?",
        course=(
            Said(kind=Kind.NOTE, days_ago=2, at="10:15",
                 text="Звонил в сетевую организацию, заявка у них с прошлой недели."),
        ),
    ),
)  # fmt: skip


@transaction.atomic
def create(*, today: datetime.date) -> None:
    """Write the cases as if they had happened before `today`; nothing the second time."""
    if Message.objects.exists():
        return
    for case in CASES:
        author = User.objects.get(username=case.author)
        contracts = Contract.objects.visible_to(author).active().select_related("branch")
        _create(case, author, contracts.order_by("pk")[case.place], today)


def _create(case: Case, author: User, contract: Contract, today: datetime.date) -> None:
    topic = Topic.objects.get(code=case.topic)
    sent_at = _moment(today, case.days_ago, case.at)
    promise = deadlines.promise(topic, on=sent_at.date())
    found = supervision.supervisor(contract, topic)
    closed = [said for said in case.course if said.kind == Kind.CLOSED]
    answers = [said for said in case.course if said.kind in Entry.FROM_RETAILER]
    message = Message.objects.create(
        contract=contract,
        topic=topic,
        author=author,
        number=sending.next_number(),
        text=case.text,
        email=author.email,
        phone=author.phone or PHONE,
        form_key=uuid.uuid4(),
        sent_at=sent_at,
        state=case.state,
        due_on=promise.due_on,
        remind_on=promise.remind_on,
        # The demo begins with a quiet mailbox: reminders are for what happens in it.
        reminded_at=sent_at,
        escalated_at=sent_at,
        answered_at=_moment(today, answers[0].days_ago, answers[0].at) if answers else None,
        closed_at=_moment(today, closed[0].days_ago, closed[0].at) if closed else None,
        **Message.fields_of(found),
    )
    _sent(message, Purpose.QUESTION, sent_at)
    _sent(message, Purpose.RECEIPT, sent_at)
    for said in case.course:
        at = _moment(today, said.days_ago, said.at)
        by_client = said.kind == Kind.ADDITION
        entry = Entry.objects.create(
            message=message,
            kind=said.kind,
            at=at,
            text=said.text,
            author=author if by_client else None,
            specialist=None if by_client else found.specialist,
        )
        if said.kind == Kind.ADDITION:
            _sent(message, Purpose.ADDITION, at, entry)
        elif said.kind in Entry.FROM_RETAILER:
            _sent(message, Purpose.ANSWER, at, entry)
        elif said.kind == Kind.CLOSED:
            _sent(message, Purpose.CLOSURE, at, entry)


def _sent(
    message: Message, purpose: Purpose, at: datetime.datetime, entry: Entry | None = None
) -> None:
    """A letter that left at once."""
    is_to_client = purpose in Delivery.TO_CLIENT
    sent_at = at + datetime.timedelta(seconds=2)
    Delivery.objects.create(
        message=message,
        entry=entry,
        purpose=purpose,
        state=Delivery.State.SENT,
        attempts=1,
        created_at=at,
        sent_at=sent_at,
        trail=[{"at": sent_at.isoformat(timespec="seconds"), "outcome": "sent", "answer": ""}],
        to=message.email if is_to_client else message.to,
        rule=Rule.CLIENT if is_to_client else message.rule,
        specialist=None if is_to_client else message.specialist,
    )


def _moment(today: datetime.date, days_ago: int, at: str) -> datetime.datetime:
    """A time of day so many working days before `today`."""
    day = today
    while days_ago:
        day -= datetime.timedelta(days=1)
        days_ago -= working_days.is_working(day)
    time = datetime.time.fromisoformat(at)
    return timezone.make_aware(datetime.datetime.combine(day, time))
