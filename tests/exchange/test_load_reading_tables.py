"""What billing says of meters and readings: acts, answers, losses, terms of verification."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from accounts.models import Letter, User
from contracts.models import Contract
from contracts.periods import Month
from exchange.demo import submissions
from exchange.incoming import loading
from meters import inventory, rejection_letters, submitting, usage
from meters.models import (
    ActReading,
    BillingAnswer,
    Installation,
    MeteringPoint,
    Reading,
    Rejection,
    StandingRejection,
    Submission,
)
from tests import make
from tests.exchange.conftest import TODAY, Spoil

pytestmark = pytest.mark.django_db


@pytest.fixture
def receipt(loaded: dict[str, loading.Counts]) -> Submission:
    """What Vega handed in for October."""
    user = make.user("vega-engineer")
    contract = Contract.objects.get(external_id="vega-1")
    make.membership(user, contract.client)
    row = Reading.objects.filter(contract=contract).first()
    submission = make.submission(contract, user, period=datetime.date(2026, 10, 1))
    Reading.objects.create(
        contract=contract, point=row.point, register=row.register, period=submission.period,
        value=row.value, source="client", submission=submission,
    )  # fmt: skip
    return submission


def answer(receipt: Submission, **values: str) -> dict[str, Any]:
    register = receipt.readings.order_by("-pk")[0].register
    # Within the test's own transaction the database's clock stands still.
    answered_at = receipt.received_at - datetime.timedelta(hours=1)
    return {
        "external_id": "answer-1", "submission": receipt.number, "state": "rejected",
        "register": register.external_id, "reason": "нет фотографии табло",
        "answered_at": answered_at.isoformat(), **values,
    }  # fmt: skip


def test_an_answer_reaches_the_value(receipt: Submission, copied: Path, spoil: Spoil) -> None:
    spoil("reading_answers", lambda rows: rows.append(answer(receipt)))
    assert loading.load(folder=copied)["reading_answers"].new == 1
    stored = BillingAnswer.objects.get()
    assert (stored.submission, stored.state) == (receipt, "rejected")
    assert stored.reason == "нет фотографии табло"
    assert loading.load(folder=copied)["reading_answers"].unchanged == 1


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"submission": "ПП-2026-10-999999-0"}, "столбец «submission»: нет такого кода"),
        ({"reason": ""}, "у отказа нет причины"),
        ({"answered_at": "2099-01-01T00:00:00+03:00"}, "ответ дан в будущем"),
        ({"answered_at": "2020-01-01T00:00:00+03:00"}, "ответ дан раньше, чем пришло показание"),
        ({"register": "vega-2-1-a-total"}, "в этой квитанции нет показания этой шкалы"),
        ({"state": "lost"}, "неизвестное значение"),
    ],
)
def test_a_wrong_answer_is_refused_with_its_row(
    receipt: Submission, copied: Path, spoil: Spoil, values: dict[str, str], words: str
) -> None:
    spoil("reading_answers", lambda rows: rows.append(answer(receipt, **values)))
    with pytest.raises(loading.PackageError, match=words) as caught:
        loading.load(folder=copied)
    assert "reading_answers.csv" in str(caught.value)
    assert not BillingAnswer.objects.exists()


def test_a_meter_replaced_this_month_is_counted_up_to_its_act(
    loaded: dict[str, loading.Counts],
) -> None:
    point = MeteringPoint.objects.get(external_id="vega-1-4")
    old, new = Installation.objects.filter(point=point).order_by("installed_on")
    assert (old.removed_on, new.installed_on) == (datetime.date(2026, 11, 12),) * 2
    removed = ActReading.objects.get(installation=old, moment="removed")
    last = Reading.objects.filter(point=point).latest("period")
    assert removed.value > last.value
    Reading.objects.create(
        contract=point.contract, point=point, register=new.meter.registers.get(),
        period=datetime.date(2026, 11, 1), value=Decimal(100), source="office",
    )  # fmt: skip
    opening = ActReading.objects.get(installation=new, moment="installed").value
    counted = usage.in_month(point.contract, Month(2026, 11))[point.pk, "A+", "total"]
    expected = (removed.value - last.value) * old.ratio + (100 - opening) * new.ratio
    assert counted == expected


def test_an_act_of_another_meter_is_refused(copied: Path, spoil: Spoil) -> None:
    spoil("act_readings", lambda rows: rows[0].update(register="vega-2-1-a-total"))
    with pytest.raises(loading.PackageError, match="шкала другого прибора"):
        loading.load(folder=copied)


def test_losses_and_terms_of_verification(loaded: dict[str, loading.Counts]) -> None:
    contract = Contract.objects.get(external_id="vega-1")
    places = {
        place.row.point_code: place for place in inventory.take(contract, Month(2026, 10)).places
    }
    assert places["vega-1-3"].row.losses_percent == Decimal("1.5")
    assert places["vega-1-1"].verified_until == TODAY - datetime.timedelta(days=12)
    assert places["vega-1-3"].verified_until == TODAY + datetime.timedelta(days=40)


def hand_in_of_the_demo() -> None:
    """What the demo's people have handed in by its day."""
    for username, company in (("vega-engineer", "vega-1"), ("orion", "orion-1")):
        contract = Contract.objects.get(external_id=company)
        make.membership(make.user(username), contract.client)
    submissions.create(today=TODAY)


def test_one_value_of_the_demo_stands_rejected_and_is_news(
    loaded: dict[str, loading.Counts],
) -> None:
    with time_machine.travel(f"{TODAY} 12:00:00+03:00", tick=False):
        hand_in_of_the_demo()
        answer = StandingRejection.objects.get().answer
        assert answer.submission.contract.external_id == "vega-3"
        assert answer.submission.period == TODAY.replace(day=1)
        day = TODAY - datetime.timedelta(days=2)
        assert f"при проверке сетевой компании {day:%d.%m.%Y} на табло было" in answer.reason
        Rejection.objects.update(noted_at=timezone.now() - datetime.timedelta(hours=1))
        assert rejection_letters.tell() == 1, "of the other rejections billing thought better"
        assert answer.reason in Letter.objects.get().plain


def test_the_demos_receipts_are_whole_and_made_once(loaded: dict[str, loading.Counts]) -> None:
    hand_in_of_the_demo()
    count = Submission.objects.count()
    assert count > 20
    for submission in Submission.objects.all():
        rows = list(submission.readings.select_related("point", "register"))
        assert rows
        assert submitting.checksum(submission, rows) == submission.sha256
    assert Submission.objects.exclude(correction_reason="").count() == 3
    assert BillingAnswer.objects.filter(state="rejected").count() == 4
    assert not Submission.objects.filter(received_at__gt=timezone.now()).exists()
    submissions.create(today=TODAY)
    assert Submission.objects.count() == count
    assert User.objects.filter(submissions__isnull=False).distinct().count() == 2
