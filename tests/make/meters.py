"""Points, meters and what they showed."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import (
    User,
)
from cabinet import numbers
from contracts.models import Contract
from contracts.periods import Month
from meters.filled import Filled, FilledRow
from meters.models import (
    ActReading,
    BillingAnswer,
    Installation,
    Meter,
    MeteringPoint,
    OfficeReminder,
    Reading,
    ReadingUpload,
    Register,
    Submission,
)
from meters.window import Window
from tests.make import counting


def point(contract: Contract, **values: Any) -> MeteringPoint:
    """A metering point in force."""
    n = counting.following()
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
    n = counting.following()
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


def submission(contract: Contract, user: User, *values: str, **fields: Any) -> Submission:
    """A handing-in of `values` for the contract's registers in their order, for last month.

    An empty value leaves its register out.
    """
    period = fields.pop("period", Month.current().shifted(-1).first_day)
    row = Submission.objects.create(
        **{
            "contract": contract,
            "period": period,
            "number": numbers.with_check_digit(f"ПП-{period:%Y-%m}-{counting.following():06d}"),
            "submitted_by": user,
            "form_key": uuid.uuid4(),
            "sha256": "0" * 64,
            **fields,
        }
    )
    of_contract = Register.objects.filter(meter__installations__point__contract=contract)
    registers = of_contract.order_by("pk")
    row.refresh_from_db()
    stated = {"period": period, "submission": row, "received_at": row.received_at}
    for register, value in zip(registers, values or ("100.0",), strict=False):
        if value:
            reading(register, value, source=Reading.Source.CLIENT, **stated)
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
            "sha256": f"{counting.following():064x}",
            "content": content,
            **values,
        }
    )


def act_reading(
    installation: Installation, register: Register, value: str, moment: str
) -> ActReading:
    """What a register showed on the act of installation or of removal."""
    return ActReading.objects.create(
        external_id=f"act-{counting.following()}",
        installation=installation,
        register=register,
        moment=moment,
        value=Decimal(value),
    )


def office_reminder(
    asked_by: User, *contracts: Contract, period: datetime.date, **values: Any
) -> OfficeReminder:
    """That somebody of the office asked to remind whoever has the contracts."""
    return OfficeReminder.objects.create(
        **{
            "asked_by": asked_by,
            "period": period,
            "title": "все отделения",
            "contracts": [contract.pk for contract in contracts],
            **values,
        }
    )


def billing_answer(
    submission: Submission, register: Register, state: str, **values: Any
) -> BillingAnswer:
    """What billing did with a value."""
    return BillingAnswer.objects.create(
        **{
            "external_id": f"answer-{counting.following()}",
            "submission": submission,
            "register": register,
            "state": state,
            "answered_at": timezone.now(),
            **values,
        }
    )
