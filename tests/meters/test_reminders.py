"""Reminders before the end of the term: when, to whom, about what, and never twice."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Client, Letter, User
from accounts.roles import Role
from contracts.models import Contract
from contracts.periods import Month
from meters import reminders
from meters.models import (
    Installation,
    Meter,
    MeteringPoint,
    Reading,
    ReadingReminder,
    ReadingRule,
    Register,
)
from tests import make
from tests.meters.table import registers

pytestmark = pytest.mark.django_db

NOVEMBER = Month(2026, 11)
# The term of November ends with 1 December.
END = datetime.datetime.fromisoformat("2026-12-02T00:00:00+03:00")
SECOND = datetime.timedelta(seconds=1)
STEPS = {
    "5d": datetime.timedelta(days=5),
    "2d": datetime.timedelta(days=2),
    "1d": datetime.timedelta(days=1),
    "6h": datetime.timedelta(hours=6),
}


@pytest.fixture(autouse=True)
def _the_law_alone(db: None) -> None:
    ReadingRule.objects.all().delete()


def remind(before: datetime.timedelta, end: datetime.datetime = END) -> int:
    with time_machine.travel(end - before, tick=False):
        return reminders.remind()


def plain(letter: Letter) -> str:
    return letter.plain.replace("\u00a0", " ")


def hand_in_all(contract: Contract, period: Month = NOVEMBER) -> None:
    for register in registers(contract):
        make.reading(register, "100", period=period.first_day)


# When ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", STEPS)
def test_each_step_begins_at_its_moment_and_not_before(
    vega: User, vega_contract: Contract, step: str
) -> None:
    earlier = [other for other in STEPS if STEPS[other] > STEPS[step]]
    for other in earlier:
        assert remind(STEPS[other]) == 1
    assert remind(STEPS[step] + SECOND) == 0
    assert remind(STEPS[step]) == 1
    assert remind(STEPS[step] - SECOND) == 0, "once"
    told = ReadingReminder.objects.order_by("pk").values_list("step", flat=True)
    assert list(told) == [*earlier, step]


def test_nothing_before_the_first_step_and_nothing_after_the_end(
    vega: User, vega_contract: Contract
) -> None:
    assert remind(datetime.timedelta(days=6)) == 0
    assert remind(SECOND) == 1, "late, but the term still runs"
    assert remind(datetime.timedelta(0)) == 0
    assert remind(-datetime.timedelta(days=3)) == 0


def test_steps_that_were_missed_are_not_made_good(vega: User, vega_contract: Contract) -> None:
    """Nothing ran between five days and twenty hours before the end: one letter, not three."""
    assert remind(datetime.timedelta(hours=20)) == 1
    assert remind(datetime.timedelta(hours=19)) == 0
    assert ReadingReminder.objects.get().step == "1d"


def test_whom_the_office_has_just_reminded_is_left_in_peace(
    vega: User, vega_contract: Contract, office: User
) -> None:
    begins = END - STEPS["5d"]
    asked = make.office_reminder(office, vega_contract, period=NOVEMBER.first_day)
    ReadingReminder.objects.create(
        user=vega,
        contract=vega_contract,
        period=NOVEMBER.first_day,
        step=ReadingReminder.Step.OFFICE,
        day=begins.date(),
        sent_at=begins - datetime.timedelta(minutes=2),
        office_reminder=asked,
    )
    assert remind(STEPS["5d"]) == 0
    assert remind(STEPS["5d"] - datetime.timedelta(hours=3)) == 1


def test_the_next_month_is_reminded_of_again(vega: User, vega_contract: Contract) -> None:
    assert remind(STEPS["1d"]) == 1
    december = datetime.datetime.fromisoformat("2027-01-02T00:00:00+03:00")
    assert remind(STEPS["1d"], december) == 1
    assert set(ReadingReminder.objects.values_list("period", flat=True)) == {
        datetime.date(2026, 11, 1),
        datetime.date(2026, 12, 1),
    }


def test_a_window_of_the_contract_decides_by_its_own_clock(
    vega: User, vega_contract: Contract
) -> None:
    """From the 23rd to the 25th of the month itself, in Yekaterinburg (МСК+2)."""
    ReadingRule.objects.create(
        contract=vega_contract, opens_day=23, closes_day=25, closes_next_month=False,
        time_zone="Asia/Yekaterinburg",
    )  # fmt: skip
    end = datetime.datetime.fromisoformat("2026-11-26T00:00:00+05:00")
    assert remind(STEPS["1d"] + SECOND, end) == 1, "the second day of three"
    assert remind(STEPS["1d"], end) == 1
    assert ReadingReminder.objects.order_by("pk").values_list("step", flat=True)[1] == "1d"
    assert "25 ноября 23:59 (МСК+2)" in plain(Letter.objects.latest("pk"))
    assert remind(STEPS["1d"]) == 0, "the common term is not this contract's"


def test_contracts_with_a_term_of_their_own_leave_the_others_theirs(
    vega: User, vega_contract: Contract, orion: User, orion_contract: Contract
) -> None:
    ReadingRule.objects.create(contract=vega_contract, closes_day=10)
    assert remind(STEPS["1d"]) == 1
    assert Letter.objects.get().to == orion.email


# To whom ---------------------------------------------------------------------------------------


def test_everybody_who_may_hand_in_and_nobody_else(
    vega: User,
    vega_accountant: User,
    vega_engineer: User,
    vega_reader: User,
    vega_former: User,
    orion: User,
    superuser: User,
    office: User,
    vega_contract: Contract,
) -> None:
    assert remind(STEPS["2d"]) == 3
    assert set(Letter.objects.values_list("to", flat=True)) == {
        vega.email,
        vega_accountant.email,
        vega_engineer.email,
    }


@pytest.mark.parametrize(
    "change",
    [
        {"wants_reading_reminders": False},
        {"email": ""},
        {"is_active": False},
    ],
)
def test_not_to_whom_it_cannot_or_should_not_go(
    vega: User, vega_contract: Contract, change: dict[str, Any]
) -> None:
    User.objects.filter(pk=vega.pk).update(**change)
    assert remind(STEPS["1d"]) == 0
    assert not ReadingReminder.objects.exists()


def test_a_revoked_membership_gets_nothing(vega: User, vega_contract: Contract) -> None:
    vega.memberships.update(revoked_at=timezone.now(), revoked_reason="уволился")
    assert remind(STEPS["1d"]) == 0


def test_a_membership_that_begins_tomorrow_gets_nothing_today(
    vega_client: Client, vega_contract: Contract
) -> None:
    day = datetime.date(2026, 12, 1)
    make.membership(make.user("new"), vega_client, signed_on=day, starts_on=day)
    assert remind(STEPS["2d"]) == 0
    assert remind(STEPS["6h"]) == 1


def test_a_limited_membership_hears_of_its_contracts_alone(
    vega_client: Client, vega_contract: Contract
) -> None:
    other = make.contract(vega_client, number="35-01-009999")
    make.installation(make.point(other))
    user = make.user("limited")
    make.limit(make.membership(user, vega_client, Role.ENGINEER), other)
    assert remind(STEPS["1d"]) == 1
    letter = Letter.objects.get()
    assert other.number in letter.plain
    assert vega_contract.number not in letter.plain


# About what ------------------------------------------------------------------------------------


def test_nothing_when_everything_is_handed_in(vega: User, vega_contract: Contract) -> None:
    hand_in_all(vega_contract)
    assert remind(STEPS["1d"]) == 0


def test_readings_of_another_month_are_not_those(vega: User, vega_contract: Contract) -> None:
    hand_in_all(vega_contract, NOVEMBER.shifted(-1))
    assert remind(STEPS["1d"]) == 1
    assert "передано 0 из 2 точек" in plain(Letter.objects.get())


def test_half_of_the_points(vega: User, vega_contract: Contract) -> None:
    make.reading(registers(vega_contract)[0], "100", period=NOVEMBER.first_day)
    assert remind(STEPS["1d"]) == 1
    assert "передано 1 из 2 точек" in plain(Letter.objects.get())


def test_a_point_is_done_when_all_its_registers_are(vega: User, vega_client: Client) -> None:
    contract = make.contract(vega_client)
    hung = make.installation(make.point(contract), zones=("day", "night"))
    day, night = hung.meter.registers.order_by("order")
    make.reading(day, "1", period=NOVEMBER.first_day)
    assert remind(STEPS["2d"]) == 1
    make.reading(night, "1", period=NOVEMBER.first_day, source=Reading.Source.NETWORK)
    assert remind(STEPS["1d"]) == 0


def test_automatic_meters_are_not_asked_for(vega: User, vega_contract: Contract) -> None:
    first, second = registers(vega_contract)
    Meter.objects.filter(pk=first.meter_id).update(is_automatic=True)
    assert remind(STEPS["2d"]) == 1
    assert "передано 0 из 1 точки" in plain(Letter.objects.get())
    make.reading(second, "100", period=NOVEMBER.first_day)
    assert remind(STEPS["1d"]) == 0


@pytest.mark.parametrize("what", ["closed", "removed", "terminated", "bare"])
def test_what_is_no_longer_there_is_not_asked_for(
    vega: User, vega_contract: Contract, what: str
) -> None:
    day = datetime.date(2026, 11, 15)
    if what == "closed":
        MeteringPoint.objects.update(closed_on=day)
    elif what == "removed":
        Installation.objects.update(removed_on=day)
    elif what == "terminated":
        Contract.objects.update(terminated_on=day)
    else:
        Register.objects.all().delete()
    assert remind(STEPS["1d"]) == 0


def test_one_letter_for_all_contracts_of_a_person(
    vega: User, vega_client: Client, vega_contract: Contract
) -> None:
    second = make.contract(vega_client, number="35-01-004218")
    make.installation(make.point(second))
    whole = make.contract(vega_client, number="35-01-004219")
    make.installation(make.point(whole))
    hand_in_all(whole)
    assert remind(STEPS["1d"]) == 1
    letter = Letter.objects.get()
    assert letter.subject.replace("\u00a0", " ") == (
        "Передайте показания за ноябрь до 1 декабря 23:59 (МСК)"
    )
    said = plain(letter)
    for words in (
        "Показания за ноябрь принимаются до 1 декабря 23:59 (МСК), осталось 1 день.",
        "Договор № 35-01-004217: передано 0 из 2 точек",
        f"http://testserver/contracts/{vega_contract.pk}/readings/",
        "Договор № 35-01-004218: передано 0 из 1 точки",
        "откройте «Уведомления» в кабинете", "http://testserver/account/notifications/",
    ):  # fmt: skip
        assert words in said, words
    assert whole.number not in said
    assert said.index("004217") < said.index("004218")
    assert "account/notifications" in letter.html
    assert "\n\n\n" not in said
    assert ReadingReminder.objects.count() == 2


def test_what_was_opened_since_is_told_alone(
    vega: User, vega_client: Client, vega_contract: Contract
) -> None:
    assert remind(STEPS["1d"]) == 1
    late = make.contract(vega_client, number="35-01-004218")
    make.installation(make.point(late))
    assert remind(STEPS["1d"] - SECOND) == 1
    assert "004217" not in Letter.objects.latest("pk").plain


def test_a_letter_and_its_row_stand_or_fall_together(
    vega: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another run has told in between: this one stores no letter."""
    monkeypatch.setattr(reminders, "_told", lambda *args: set())
    assert remind(STEPS["1d"]) == 1
    assert remind(STEPS["1d"]) == 0
    assert Letter.objects.count() == ReadingReminder.objects.count() == 1


def test_the_database_keeps_each_step_once(vega: User, vega_contract: Contract) -> None:
    remind(STEPS["1d"])
    told = ReadingReminder.objects.get()
    told.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        told.save(force_insert=True)


# How much it costs -----------------------------------------------------------------------------


def people(count: int, clients: int) -> None:
    """So many people at so many companies that have handed in everything."""
    for _ in range(clients):
        client = make.client()
        contract = make.contract(client)
        make.installation(make.point(contract))
        hand_in_all(contract)
        for _ in range(count // clients):
            make.membership(make.user(), client, Role.ENGINEER)


def test_more_people_cost_no_more_statements(db: None) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert remind(STEPS["1d"]) == 0
        return len(captured)

    people(2, 1)
    few = cost()
    people(20, 5)
    assert cost() == few


def test_batches_leave_nobody_out(
    vega_contract: Contract,
    vega: User,
    vega_engineer: User,
    orion: User,
    orion_contract: Contract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reminders, "BATCH", 1)
    assert remind(STEPS["1d"]) == 3


def test_far_from_every_term_nobody_is_looked_at(vega: User, vega_contract: Contract) -> None:
    with CaptureQueriesContext(connection) as captured:
        assert remind(datetime.timedelta(days=12)) == 0
    assert len(captured) == 1
