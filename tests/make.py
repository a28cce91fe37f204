"""Small builders of rows: each gives what it must, and takes what a test cares about.

Names are obviously made up; requisites pass their check digits.
"""

from __future__ import annotations

import datetime
import hashlib
import itertools
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts import office
from accounts.models import (
    AccessRequest,
    AgreementScan,
    Basis,
    Client,
    Enrolment,
    Membership,
    User,
)
from accounts.roles import Role
from billing.models import (
    Account,
    Balance,
    Instalment,
    LedgerEntry,
    PayerAccount,
    PaymentTerm,
)
from cabinet import files, numbers
from contracts import supervision
from contracts.models import Assignment, Branch, Contract, ContractLimit, Leave, Specialist, Topic
from contracts.periods import Month
from documents.models import Bundle, Document, Kind, NoticeDispatch, Opening
from messaging import deadlines
from messaging.models import Attachment, Message
from meters.filled import Filled, FilledRow
from meters.models import (
    ActReading,
    BillingAnswer,
    Installation,
    Meter,
    MeteringPoint,
    Reading,
    ReadingUpload,
    Register,
    Submission,
)
from meters.window import Window

PASSWORD = "a-long-password-2026"

_counter = itertools.count(1)


def _next() -> int:
    return next(_counter)


def with_check_digit_inn(nine: int) -> str:
    """A ten-digit ИНН from its first nine digits."""
    digits = f"{nine:09d}"
    weights = (2, 4, 10, 3, 5, 9, 4, 6, 8)
    return digits + str(sum(int(d) * w for d, w in zip(digits, weights, strict=True)) % 11 % 10)


def with_check_digit_ogrn(twelve: int) -> str:
    """A thirteen-digit ОГРН from its first twelve digits."""
    return f"{twelve:012d}{twelve % 11 % 10}"


def client(**values: Any) -> Client:
    """A company."""
    n = _next()
    return Client.objects.create(
        **{
            "external_id": f"client-{n}",
            "short_name": f"ООО «Пример {n}»",
            "full_name": f"Общество с ограниченной ответственностью «Пример {n}»",
            "inn": with_check_digit_inn(350_100_000 + n),
            "kpp": "350101001",
            "ogrn": with_check_digit_ogrn(102_350_000_000 + n),
            "legal_address": "160000, г. Новоборск, ул. Литейная, д. 14",
            "registered_on": datetime.date(2024, 9, 2),
            **values,
        }
    )


def user(username: str = "", **values: Any) -> User:
    """A person with a password of their own (`PASSWORD`)."""
    n = _next()
    username = username or f"user-{n}"
    return User.objects.create_user(
        **{
            "username": username,
            "password": PASSWORD,
            "email": f"{username}@vega.example",
            "last_name": "Соколова",
            "first_name": "Наталья",
            "patronymic": "Викторовна",
            "phone": "+7 900 000-00-01",
            **values,
        }
    )


def member(group: str, username: str = "office", **values: Any) -> User:
    """Somebody of the office in one of its groups."""
    person = user(username, is_staff=True, **values)
    office.ensure_office_groups()
    person.groups.add(Group.objects.get(name=group))
    return person


def membership(user: User, client: Client, role: str = Role.DIRECTOR, **values: Any) -> Membership:
    """That `user` acts for `client`, from long ago and without an end."""
    day = datetime.date(2024, 9, 2)
    return Membership.objects.create(
        **{
            "user": user,
            "client": client,
            "role": role,
            "basis": Basis.CHARTER,
            "signed_on": day,
            "starts_on": day,
            **values,
        }
    )


def limit(membership: Membership, *contracts: Contract, role: str = "") -> Membership:
    """Limit a membership to some contracts, with a role of theirs if there is one."""
    Membership.objects.filter(pk=membership.pk).update(all_contracts=False)
    membership.refresh_from_db()
    for contract in contracts:
        ContractLimit.objects.create(membership=membership, contract=contract, role=role)
    return membership


def access_request(client: Client, asked_by: User, **values: Any) -> AccessRequest:
    """That a company asks for an access to all contracts."""
    n = _next()
    return AccessRequest.objects.create(
        **{
            "number": numbers.with_check_digit(f"ЗД-2026-{n:06d}"),
            "client": client,
            "asked_by": asked_by,
            "form_key": uuid.uuid4(),
            "last_name": "Новикова",
            "first_name": "Ольга",
            "patronymic": "Юрьевна",
            "position": "бухгалтер",
            "email": f"novikova-{n}@vega.example",
            "phone": "+7 900 000-00-07",
            "role": Role.ACCOUNTANT,
            "basis": Basis.CHARTER,
            **values,
        }
    )


def enrolment(client: Client, by: User, **values: Any) -> Enrolment:
    """An access that is being prepared: a new person, all contracts, ready to be printed."""
    return Enrolment.objects.create(
        **{
            "client": client,
            "scope": Enrolment.Scope.ALL,
            "last_name": "Новикова",
            "first_name": "Ольга",
            "patronymic": "Юрьевна",
            "email": f"novikova{_next()}@vega.example",
            "phone": "+7 900 000-00-07",
            "position": "бухгалтер",
            "role": Role.ACCOUNTANT,
            "basis": Basis.CHARTER,
            "created_by": by,
            "updated_by": by,
            **values,
        }
    )


def agreement_scan(by: User, content: bytes = b"%PDF-1.4\n") -> AgreementScan:
    """The scan of a signed agreement, stored."""
    path = files.keep("agreements", "", content)
    return AgreementScan.objects.create(
        name="Соглашение.pdf",
        content_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        path=path,
        uploaded_by=by,
    )


def branch(**values: Any) -> Branch:
    """A branch of the retailer."""
    n = _next()
    return Branch.objects.create(
        **{
            "external_id": f"branch-{n}",
            "name": f"Отделение {n}",
            "city": "Новоборск",
            "address": "г. Новоборск, ул. Речная, д. 8",
            "phone": "8 800 000-01-02",
            "email": f"branch{n}@retailer.example",
            "hours": "пн–пт 8:00–17:00",
            **values,
        }
    )


def specialist(branch: Branch, **values: Any) -> Specialist:
    """Somebody of the retailer."""
    n = _next()
    return Specialist.objects.create(
        **{
            "external_id": f"specialist-{n}",
            "branch": branch,
            "last_name": "Мельник",
            "first_name": "Ирина",
            "patronymic": "Павловна",
            "position": "ведущий специалист",
            "phone": "8 800 000-01-02",
            "extension": "214",
            "email": f"specialist{n}@retailer.example",
            **values,
        }
    )


def topic(**values: Any) -> Topic:
    """A topic of messages."""
    n = _next()
    return Topic.objects.create(
        **{
            "code": f"topic-{n}",
            "name": f"Тема {n}",
            "email": f"topic{n}@retailer.example",
            "order": n % 30_000,  # a small integer, and a run makes more rows than that
            **values,
        }
    )


def assignment(topic: Topic, specialist: Specialist, **values: Any) -> Assignment:
    """That a specialist holds a topic; give `contract=` or `branch=`."""
    return Assignment.objects.create(
        topic=topic, specialist=specialist, **{"starts_on": datetime.date(2024, 1, 1), **values}
    )


def leave(specialist: Specialist, deputy: Specialist, **values: Any) -> Leave:
    """A leave that covers today."""
    today = timezone.localdate()
    return Leave.objects.create(
        **{
            "specialist": specialist,
            "deputy": deputy,
            "starts_on": today - datetime.timedelta(days=3),
            "ends_on": today + datetime.timedelta(days=10),
            **values,
        }
    )


def contract(client: Client, branch: Branch | None = None, **values: Any) -> Contract:
    """A contract in force."""
    n = _next()
    return Contract.objects.create(
        **{
            "external_id": f"contract-{n}",
            "client": client,
            "branch": branch or globals()["branch"](),
            "number": f"35-01-{n:06d}",
            "signed_on": datetime.date(2019, 3, 14),
            "place": "Производственная площадка, ул. Литейная, 14",
            **values,
        }
    )


def point(contract: Contract, **values: Any) -> MeteringPoint:
    """A metering point in force."""
    n = _next()
    return MeteringPoint.objects.create(
        **{
            "external_id": f"point-{n}",
            "contract": contract,
            "number": n,
            "name": f"ТП-{n}, ввод 1",
            "place": "цех экструзии",
            "site": "Производственный корпус, ул. Литейная, 14",
            "opened_on": datetime.date(2019, 3, 14),
            **values,
        }
    )


def installation(
    point: MeteringPoint, *, zones: tuple[str, ...] = ("total",), **values: Any
) -> Installation:
    """A meter installed at `point`, with a register of 6 + 1 digits for each zone."""
    n = _next()
    integer_digits = values.pop("integer_digits", 6)
    meter = Meter.objects.create(
        external_id=f"meter-{n}",
        make="Меркурий",
        model="234 ART-03",
        serial=f"{31_000_000 + n}",
        is_automatic=values.pop("is_automatic", False),
    )
    for order, zone in enumerate(zones, 1):
        Register.objects.create(
            external_id=f"register-{n}-{zone}",
            meter=meter,
            zone=zone,
            order=order,
            integer_digits=integer_digits,
            fraction_digits=1,
        )
    return Installation.objects.create(
        **{
            "external_id": f"installation-{n}",
            "point": point,
            "meter": meter,
            "installed_on": datetime.date(2019, 3, 14),
            **values,
        }
    )


def document(contract: Contract, kind: str = Kind.VAT_INVOICE, **values: Any) -> Document:
    """A document with minimal content (not of its kind's schema unless given)."""
    n = _next()
    period = values.pop("period", Month.current().shifted(-1).first_day)
    return Document.objects.create(
        **{
            "external_id": f"document-{n}",
            "contract": contract,
            "kind": kind,
            "number": f"10-{n:06d}",
            "issued_on": Month.of(period).last_day,
            "period": period,
            "amount": Decimal("398214.36"),
            "content": {},
            "title": "Дополнительное соглашение" if kind == Kind.OTHER else "",
            **values,
        }
    )


def opening(document: Document, user: User, **values: Any) -> Opening:
    """That a person has had a document."""
    return Opening.objects.create(
        **{
            "document": document,
            "contract": document.contract,
            "user": user,
            "means": Opening.Means.OPENED,
            **values,
        }
    )


def dispatch(document: Document, **values: Any) -> NoticeDispatch:
    """That a restriction notice was sent by e-mail."""
    return NoticeDispatch.objects.create(
        **{
            "external_id": f"dispatch-{_next()}",
            "document": document,
            "channel": NoticeDispatch.Channel.EMAIL,
            "address": "office@vega.example",
            "sent_at": timezone.now(),
            "text_sha256": "0" * 64,
            **values,
        }
    )


def bundle(user: User, documents: Sequence[Document], *, is_ready: bool = True) -> Bundle:
    """An order of a ZIP; ready with a file of its own unless it is to wait."""
    values: dict[str, Any] = {}
    if is_ready:
        path = default_storage.save(files.unguessable_path("bundles", ".zip"), ContentFile(b"PK"))
        values = {
            "state": Bundle.State.READY,
            "done": len(documents),
            "path": path,
            "size": 2,
            "sha256": "0" * 64,
            "ready_at": timezone.now(),
            "expires_at": timezone.now() + datetime.timedelta(days=1),
        }
    row = Bundle.objects.create(
        user=user, title="октябрь 2026", came_from="/documents/", total=len(documents), **values
    )
    row.documents.add(*documents)
    return row


def charge(contract: Contract, amount: str = "1200.00", **values: Any) -> LedgerEntry:
    """A charge by a VAT invoice."""
    return _ledger(contract, LedgerEntry.Kind.CHARGE, "Счёт-фактура", amount, values)


def payment(contract: Contract, amount: str = "1000.00", **values: Any) -> LedgerEntry:
    """A payment by a payment order."""
    return _ledger(contract, LedgerEntry.Kind.PAYMENT, "Платёжное поручение", amount, values)


def correction(contract: Contract, amount: str = "-50.00", **values: Any) -> LedgerEntry:
    """A correction of the main debt, by its own sign."""
    return _ledger(contract, LedgerEntry.Kind.CORRECTION, "Корректировочный акт", amount, values)


def late_fee(contract: Contract, amount: str = "12.34", **values: Any) -> LedgerEntry:
    """A bill for late fees."""
    values = {"account": Account.LATE_FEE, **values}
    return _ledger(contract, LedgerEntry.Kind.LATE_FEE, "Счёт на пени", amount, values)


def advance(contract: Contract, amount: str = "300.00", **values: Any) -> LedgerEntry:
    """Money paid ahead."""
    values = {"account": Account.ADVANCE, **values}
    return _ledger(contract, LedgerEntry.Kind.ADVANCE, "Платёжное поручение", amount, values)


def offset(contract: Contract, amount: str = "300.00", **values: Any) -> None:
    """An advance set off against the main debt: both entries."""
    for account in (Account.MAIN, Account.ADVANCE):
        own = {"account": account, **values}
        _ledger(contract, LedgerEntry.Kind.OFFSET, "Зачёт аванса", amount, own)


def payment_term(contract: Contract, **values: Any) -> PaymentTerm:
    """The contract's own term: half of the month by the 5th."""
    return PaymentTerm.objects.create(
        **{"contract": contract, "order": 1, "share_percent": Decimal(50), "due_day": 5, **values}
    )


def instalment(contract: Contract, amount: str = "300.00", **values: Any) -> Instalment:
    """What billing asks for the current month."""
    month = Month.current()
    return Instalment.objects.create(
        **{
            "external_id": f"instalment-{_next()}",
            "contract": contract,
            "period": month.first_day,
            "order": 1,
            "share_percent": Decimal(30),
            "due_on": month.first_day.replace(day=10),
            "amount": Decimal(amount),
            **values,
        }
    )


def _ledger(
    contract: Contract, kind: str, title: str, amount: str, values: dict[str, Any]
) -> LedgerEntry:
    n = _next()
    booked_on = values.pop("booked_on", Month.current().shifted(-1).last_day)
    return LedgerEntry.objects.create(
        **{
            "external_id": f"ledger-{n}",
            "contract": contract,
            "kind": kind,
            "title": title,
            "number": str(n),
            "booked_on": booked_on,
            "period": Month.of(booked_on).first_day,
            "amount": Decimal(amount),
            **values,
        }
    )


def balance(contract: Contract, amount: str = "12345.67", **values: Any) -> Balance:
    """What billing stated on the main debt; positive is debt."""
    return Balance.objects.create(
        **{
            "external_id": f"balance-{_next()}",
            "contract": contract,
            "amount": Decimal(amount),
            "as_of": timezone.now(),
            **values,
        }
    )


def payer_account(client: Client, user: User, **values: Any) -> PayerAccount:
    """An account from which `client` pays; `user` added it."""
    return PayerAccount.objects.create(
        **{
            "client": client,
            "added_by": user,
            "account": "40702810200000000001",
            "bic": "044525225",
            "bank": "ПАО «Пример-банк», г. Новоборск",
            "correspondent_account": "30101810400000000225",
            **values,
        }
    )


def submission(contract: Contract, user: User, *values: str, **fields: Any) -> Submission:
    """A handing-in of `values` for the contract's registers in their order, for last month."""
    period = fields.pop("period", Month.current().shifted(-1).first_day)
    row = Submission.objects.create(
        **{
            "contract": contract,
            "period": period,
            "number": numbers.with_check_digit(f"ПП-{period:%Y-%m}-{_next():06d}"),
            "submitted_by": user,
            "form_key": uuid.uuid4(),
            "sha256": "0" * 64,
            **fields,
        }
    )
    of_contract = Register.objects.filter(meter__installations__point__contract=contract)
    registers = of_contract.order_by("pk")
    for register, value in zip(registers, values or ("100.0",), strict=False):
        reading(register, value, period=period, submission=row, source=Reading.Source.CLIENT)
    return row


def reading(register: Register, value: str, **fields: Any) -> Reading:
    """What a register showed at the end of last month, as the office stated it."""
    point = MeteringPoint.objects.get(installations__meter=register.meter_id)
    return Reading.objects.create(
        **{
            "contract_id": point.contract_id,
            "point": point,
            "register": register,
            "period": Month.current().shifted(-1).first_day,
            "value": Decimal(value),
            "source": Reading.Source.OFFICE,
            **fields,
        }
    )


def reading_upload(contract: Contract, author: User, **values: Any) -> ReadingUpload:
    """An uploaded table with one row, of the contract's first register."""
    registers = Register.objects.filter(meter__installations__point__contract=contract)
    register = registers.order_by("pk").first()
    row = FilledRow(number=2, code=register.external_id if register else "", value="12345.6")
    content = Filled(columns={"code": 0, "value": 1}, titles={}, rows=[row]).as_json()
    return ReadingUpload.objects.create(
        **{
            "contract": contract,
            "author": author,
            "period": Window().reading_period(timezone.now()).first_day,
            "name": "Показания.xlsx",
            "sha256": f"{_next():064x}",
            "content": content,
            **values,
        }
    )


def message(contract: Contract, author: User, topic: Topic, **values: Any) -> Message:
    """A message that was sent to whoever answers it, without its letter."""
    promise = deadlines.promise(topic)
    return Message.objects.create(
        **{
            "due_on": promise.due_on,
            "remind_on": promise.remind_on,
            **Message.fields_of(supervision.supervisor(contract, topic)),
            "contract": contract,
            "author": author,
            "topic": topic,
            "number": numbers.with_check_digit(f"ОБ-2026-{_next():06d}"),
            "text": "Прошу объяснить начисление.",
            "email": author.email,
            "phone": author.phone,
            "form_key": uuid.uuid4(),
            **values,
        }
    )


def attachment(
    message: Message, name: str = "Акт.pdf", content: bytes = b"%PDF-1.4\n"
) -> Attachment:
    """A file of a message, stored."""
    path = default_storage.save(files.unguessable_path("attachments", ".pdf"), ContentFile(content))
    return Attachment.objects.create(
        message=message,
        name=name,
        content_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        path=path,
    )


def act_reading(
    installation: Installation, register: Register, value: str, moment: str
) -> ActReading:
    """What a register showed on the act of installation or of removal."""
    return ActReading.objects.create(
        external_id=f"act-{_next()}",
        installation=installation,
        register=register,
        moment=moment,
        value=Decimal(value),
    )


def billing_answer(
    submission: Submission, register: Register, state: str, **values: Any
) -> BillingAnswer:
    """What billing did with a value."""
    return BillingAnswer.objects.create(
        **{
            "external_id": f"answer-{_next()}",
            "submission": submission,
            "register": register,
            "state": state,
            "answered_at": timezone.now(),
            **values,
        }
    )
