"""Storing a submission: numbers, checksum, and a form that is taken once however often it comes."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test import Client as Browser

from accounts.models import User
from cabinet import numbers
from contracts.models import Contract
from contracts.periods import Month
from meters import inventory, submitting
from meters.models import Reading, Register, Submission
from tests import make
from tests.meters.table import hand_in, inputs, text

Login = Callable[[User], Browser]


@pytest.mark.django_db
def test_numbers_go_up_and_pass_their_check_digit(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100")
    hand_in(browser, vega_contract, "1200")
    first, second = Submission.objects.order_by("pk").values_list("number", flat=True)
    for number in (first, second):
        assert number.startswith(f"ПП-{period.year}-{period.number:02}-")
        assert numbers.is_number_valid(number)
    assert int(second.split("-")[3]) == int(first.split("-")[3]) + 1


@pytest.mark.django_db
def test_the_checksum_can_be_computed_again_from_the_rows(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    hand_in(login(vega), vega_contract, "1100", "2100,5")
    submission = Submission.objects.get()
    rows = list(submission.readings.select_related("point", "register"))
    assert submitting.checksum(submission, rows) == submission.sha256
    assert submitting.checksum(submission, rows[::-1]) == submission.sha256
    rows[0].value += Decimal("0.1")
    assert submitting.checksum(submission, rows) != submission.sha256


@pytest.mark.django_db
def test_the_same_form_twice_is_one_submission(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser, key = login(vega), str(uuid.uuid4())
    first = hand_in(browser, vega_contract, "1100", "2100", form_key=key)
    again = hand_in(browser, vega_contract, "1100", "2100,0", form_key=key)
    assert (first.status_code, again.status_code) == (302, 302)
    assert again["Location"] == first["Location"]
    assert Submission.objects.count() == 1
    assert Reading.objects.filter(source="client").count() == 2


@pytest.mark.django_db
def test_a_repeat_after_a_correction_changes_nothing(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser, key = login(vega), str(uuid.uuid4())
    first = hand_in(browser, vega_contract, "1100", form_key=key)
    hand_in(browser, vega_contract, "1200")
    assert hand_in(browser, vega_contract, "1100", form_key=key)["Location"] == first["Location"]
    assert Submission.objects.count() == 2


@pytest.mark.django_db
def test_other_values_under_a_used_key_are_asked_back_and_not_lost(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser, key = login(vega), str(uuid.uuid4())
    hand_in(browser, vega_contract, "1100", form_key=key)
    refused = hand_in(browser, vega_contract, "1200", form_key=key)
    assert refused.status_code == 409
    assert Submission.objects.get().number in text(refused)
    assert inputs(refused)[f"r{known[0].pk}"] == "1200"
    new_key = refused.content.decode().split('name="form_key" value="')[1][:36]
    assert new_key != key
    assert hand_in(browser, vega_contract, "1200", form_key=new_key).status_code == 302
    assert Submission.objects.count() == 2


@pytest.mark.django_db
def test_a_key_of_another_contract_is_not_its_receipt(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    other = make.contract(vega_contract.client)
    make.installation(make.point(other))
    browser, key = login(vega), str(uuid.uuid4())
    hand_in(browser, vega_contract, "1100", form_key=key)
    assert hand_in(browser, other, "1100", form_key=key).status_code == 409


@pytest.mark.django_db
def test_a_spoilt_key_is_a_new_form(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    assert hand_in(login(vega), vega_contract, "1100", form_key="х").status_code == 302


@pytest.mark.django_db(transaction=True)
def test_twenty_posts_at_once_are_one_submission(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    key = str(uuid.uuid4())
    browsers = [login(vega) for _ in range(20)]
    starting = threading.Barrier(20)
    answers: list[tuple[int, str]] = []

    def post(browser: Browser) -> None:
        starting.wait()
        try:
            response = hand_in(browser, vega_contract, "1100", "2100", form_key=key)
            answers.append((response.status_code, response.get("Location", "")))
        finally:
            connection.close()

    threads = [threading.Thread(target=post, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(answers) == 20
    assert len(set(answers)) == 1
    assert answers[0][0] == 302
    assert Submission.objects.count() == 1
    assert Reading.objects.filter(source="client").count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_repeat_waits_for_the_first_and_gets_its_number(
    vega: User, vega_contract: Contract, known: list[Register], period: Month
) -> None:
    """The second click comes while the first is not yet committed."""
    place = inventory.take(vega_contract, period).places[0]
    stated = submitting.Stated(place=place, value=Decimal(1100))
    key = uuid.uuid4()
    answers: list[object] = []

    def submit() -> str:
        return submitting.submit_readings(
            contract=vega_contract, author=vega, period=period, form_key=key, stated=[stated]
        ).number

    def repeat() -> None:
        try:
            answers.append(submit())
        except Exception as error:  # a thread's exception would be lost
            answers.append(error)
        finally:
            connection.close()

    second = threading.Thread(target=repeat)
    with transaction.atomic():
        number = submit()
        second.start()
        second.join(0.5)
        assert not answers
    second.join(30)
    assert answers == [number]


@pytest.mark.django_db(transaction=True)
def test_the_latest_moment_is_that_of_the_latest_commit(
    vega: User, vega_engineer: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    """Two people at once: whoever is stored last has the later moment, so exactly one counts."""
    people = [vega, vega_engineer] * 5
    browsers = [login(person) for person in people]

    def post(browser: Browser, value: int) -> None:
        try:
            hand_in(browser, vega_contract, str(value))
        finally:
            connection.close()

    threads = [
        threading.Thread(target=post, args=(browser, 1100 + at))
        for at, browser in enumerate(browsers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    by_moment = list(Submission.objects.order_by("received_at").values_list("pk", flat=True))
    assert len(by_moment) == 10
    assert by_moment == sorted(by_moment)


@pytest.mark.django_db
def test_nothing_new_is_said(vega: User, vega_contract: Contract, period: Month) -> None:
    with pytest.raises(submitting.NothingNew):
        submitting.submit_readings(
            contract=vega_contract, author=vega, period=period, form_key=uuid.uuid4(), stated=[]
        )


@pytest.mark.django_db
def test_a_failure_stores_nothing(
    vega: User, vega_contract: Contract, orion_contract: Contract, period: Month
) -> None:
    """The submission and its readings are one transaction."""
    place = inventory.take(vega_contract, period).places[0]
    impossible = submitting.Stated(place=place, value=Decimal(-1))
    with pytest.raises(Exception, match="reading_not_negative"):
        submitting.submit_readings(
            contract=vega_contract,
            author=vega,
            period=period,
            form_key=uuid.uuid4(),
            stated=[impossible],
        )
    connection.needs_rollback = False


# The edge ------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "is_late"),
    [("2026-12-01T23:59:59.999999+03:00", False), ("2026-12-02T00:00:00+03:00", True)],
)
def test_the_databases_clock_decides_at_the_edge(
    vega: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch, at: str, is_late: bool
) -> None:
    """Whatever the page's own clock says: the moment of the row is the one that counts."""
    moment = datetime.datetime.fromisoformat(at)
    monkeypatch.setattr(submitting, "_next_number", lambda: (7, moment))
    november = Month(2026, 11)
    place = inventory.take(vega_contract, november).places[0]
    submission = submitting.submit_readings(
        contract=vega_contract,
        author=vega,
        period=november,
        form_key=uuid.uuid4(),
        stated=[submitting.Stated(place=place, value=Decimal(5))],
    )
    assert submission.is_late is is_late
    assert Submission.objects.get().received_at == moment


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("at", "is_taken"),
    [("2027-01-01T23:59:59.999999+03:00", True), ("2027-01-02T00:00:00+03:00", False)],
)
def test_a_month_is_taken_late_until_the_next_ones_term_is_over(
    vega: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch, at: str, is_taken: bool
) -> None:
    moment = datetime.datetime.fromisoformat(at)
    monkeypatch.setattr(submitting, "_next_number", lambda: (7, moment))
    november = Month(2026, 11)
    place = inventory.take(vega_contract, november).places[0]

    def submit() -> Submission:
        return submitting.submit_readings(
            contract=vega_contract,
            author=vega,
            period=november,
            form_key=uuid.uuid4(),
            stated=[submitting.Stated(place=place, value=Decimal(5))],
        )

    if is_taken:
        assert submit().is_late
    else:
        with pytest.raises(submitting.PeriodClosed):
            submit()
        assert not Submission.objects.exists()


# Corrections ---------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_correction_without_a_reason_is_not_taken(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> None:
    browser = login(vega)
    hand_in(browser, vega_contract, "1100")
    assert Submission.objects.get().correction_reason == "", "nothing was corrected"
    refused = hand_in(browser, vega_contract, "1200", correction="")
    assert refused.status_code == 422
    assert "причину исправления" in text(refused)
    assert 'href="#correction"' in refused.content.decode()
    assert inputs(refused)[f"r{known[0].pk}"] == "1200"
    other = {"correction": "other", "correction_note": "  сняли   не с того счётчика "}
    assert hand_in(browser, vega_contract, "1200", **other).status_code == 302
    latest = Submission.objects.order_by("-pk")[0]
    assert latest.correction_reason == "сняли не с того счётчика"
    assert submitting.checksum(latest, latest.readings.all()) == latest.sha256


@pytest.mark.django_db
def test_what_the_office_entered_is_restated_without_a_reason(
    vega: User, vega_contract: Contract, known: list[Register], period: Month, login: Login
) -> None:
    make.reading(known[0], "1100", period=period.first_day)
    assert hand_in(login(vega), vega_contract, "1101", correction="").status_code == 302
