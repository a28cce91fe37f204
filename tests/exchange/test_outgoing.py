"""What has not left becomes a numbered batch: whole, once, without gaps."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from accounts.models import User
from contracts.models import Contract, Topic
from exchange.models import OutgoingBatch, OutgoingReading, WaitingReading
from exchange.outgoing import batching
from meters.models import Installation, Reading, Register
from tests import make

pytestmark = pytest.mark.django_db

Kind = OutgoingBatch.Kind
OCTOBER = datetime.date(2026, 10, 1)
NOON = datetime.datetime(2026, 11, 1, 9, 0, tzinfo=datetime.UTC)


def rows_of(batch: OutgoingBatch) -> list[dict[str, str | None]]:
    """What the batch says, row by row."""
    rows = batch.readings if batch.kind == Kind.READINGS else batch.cases
    return [dict(zip(batch.columns, row.content, strict=True)) for row in rows.order_by("row")]


def test_readings_leave_once(vega: User, vega_contract: Contract) -> None:
    make.submission(vega_contract, vega, "100.5", "200.0")
    assert batching.count_new(Kind.READINGS) == 2
    batch = batching.make(kind=Kind.READINGS, by=vega)
    assert (batch.number, batch.rows, batch.answered) == (1, 2, 0)
    assert [row["value"] for row in rows_of(batch)] == ["100.500", "200.000"]
    assert batching.count_new(Kind.READINGS) == 0
    with pytest.raises(batching.NothingNew):
        batching.make(kind=Kind.READINGS)
    make.submission(vega_contract, vega, "101.5")
    assert batching.make(kind=Kind.READINGS).number == 2
    assert OutgoingReading.objects.count() == 3


def test_what_billing_brought_does_not_leave(vega: User, vega_contract: Contract) -> None:
    register = Register.objects.earliest("pk")
    make.reading(register, "5.0", external_id="r-1", source=Reading.Source.NETWORK)
    make.reading(register, "6.0")
    assert not WaitingReading.objects.exists()


def test_a_row_says_all_that_billing_needs(vega: User, vega_contract: Contract) -> None:
    installation = Installation.objects.order_by("pk").first()
    Installation.objects.filter(pk=installation.pk).update(current_ratio=40)
    register = installation.meter.registers.get()
    make.reading(register, "1000.0", period=datetime.date(2026, 9, 1), external_id="september",
                 received_at=NOON - datetime.timedelta(days=30))  # fmt: skip
    first = make.submission(vega_contract, vega, "", period=OCTOBER, received_at=NOON)
    Reading.objects.create(
        contract=vega_contract, point=installation.point, register=register, period=OCTOBER,
        value=Decimal("1100.5"), source="client", submission=first, received_at=NOON,
    )  # fmt: skip
    second = make.submission(
        vega_contract, vega, "", period=OCTOBER, is_late=True,
        correction_reason="ошибка при вводе",
        received_at=NOON + datetime.timedelta(hours=1),
    )  # fmt: skip
    Reading.objects.create(
        contract=vega_contract, point=installation.point, register=register, period=OCTOBER,
        value=Decimal("50"), source="client", submission=second, is_rollover=True,
        doubts=["less", "more"], explanation="=1+1", received_at=second.received_at,
    )  # fmt: skip
    row = rows_of(batching.make(kind=Kind.READINGS))[-1]
    assert row == {
        "receipt": second.number,
        "received_at": "2026-11-01T13:00:00+03:00",
        "client": vega_contract.client.external_id,
        "inn": vega_contract.client.inn,
        "contract": vega_contract.external_id,
        "contract_number": "35-01-004217",
        "point": installation.point.external_id,
        "point_name": installation.point.name,
        "meter": installation.meter.external_id,
        "serial": installation.meter.serial,
        "register": register.external_id,
        "energy": "A+",
        "zone": "total",
        "period": "2026-10-01",
        "value": "50.000",
        "previous_value": "1000.000",
        "ratio": "40",
        "integer_digits": "6",
        "losses_percent": None,
        "losses_kwh": None,
        "source": "client",
        "who": "Громов Андрей Ильич",
        "login": "vega",
        "is_late": "true",
        "is_rollover": "true",
        "asked": "less,more",
        "explanation": "=1+1",
        "replaces_value": "1100.500",
        "replaces_source": "client",
        "replaces_receipt": first.number,
        "correction_reason": "ошибка при вводе",
        "is_meter_replaced": "false",
        "installed_on": None,
    }


def test_cases_and_requests_leave_apart(vega: User, vega_contract: Contract, topic: Topic) -> None:
    wanted = make.topic(code="documents", name="Запрос документа")
    case = make.message(vega_contract, vega, topic, text="Прошу объяснить")
    make.attachment(case, "Акт.pdf")
    make.attachment(case, "Фото.jpg")
    request = make.message(vega_contract, vega, wanted, text="Нужна копия счёта-фактуры")
    batch = batching.make(kind=Kind.CASES)
    (row,) = rows_of(batch)
    assert (row["case"], row["part"], row["text"]) == (case.number, "question", "Прошу объяснить")
    assert (row["files"], row["case_state"]) == ("Акт.pdf; Фото.jpg", "open")
    assert row["due_on"] == case.due_on.isoformat()
    assert [row["case"] for row in rows_of(batching.make(kind=Kind.REQUESTS))] == [request.number]
    with pytest.raises(batching.NothingNew):
        batching.make(kind=Kind.CASES)


def test_what_was_added_leaves_too(vega: User, vega_contract: Contract, topic: Topic) -> None:
    case = make.message(vega_contract, vega, topic)
    batching.make(kind=Kind.CASES)
    added = case.entries.create(kind="addition", author=vega, text="Ещё вот что")
    by_mail = case.entries.create(kind="addition", sender="Бухгалтер <b@vega.example>", text="И")
    case.entries.create(kind="note", author=vega, text="не для биллинга")
    rows = rows_of(batching.make(kind=Kind.CASES))
    assert [(row["part"], row["text"], row["author"]) for row in rows] == [
        ("addition", added.text, "Громов Андрей Ильич"),
        ("addition", by_mail.text, "Бухгалтер <b@vega.example>"),
    ]
    assert {row["contract"] for row in rows} == {vega_contract.external_id}
    assert batching.count_new(Kind.CASES) == 0


def test_numbers_of_each_kind_are_its_own(
    vega: User, vega_contract: Contract, topic: Topic
) -> None:
    make.submission(vega_contract, vega)
    make.message(vega_contract, vega, topic)
    batching.make(kind=Kind.READINGS)
    assert batching.make(kind=Kind.CASES).number == 1
