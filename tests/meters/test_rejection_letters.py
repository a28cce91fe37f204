"""«Показания не приняты»: when, to whom, what it says, and nobody twice."""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import letters
from accounts.models import Client, Letter, Membership, User
from accounts.roles import Role
from contracts.models import Contract
from contracts.periods import Month
from meters import rejection_letters, rejection_words, tasks
from meters.models import (
    BillingAnswer,
    Reading,
    ReadingRule,
    Rejection,
    RejectionLetter,
    StandingRejection,
    Submission,
)
from tests import make
from tests.meters.table import registers

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]

OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)
# November is asked for until the end of 1 December; October is taken until then, too.
NOW = datetime.datetime.fromisoformat("2026-11-28T12:00:00+03:00")
HOUR, MINUTE = datetime.timedelta(hours=1), datetime.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _the_law_alone(db: None) -> None:
    ReadingRule.objects.all().delete()


@pytest.fixture
def receipt(vega: User, vega_contract: Contract) -> Submission:
    """Two values of November, handed in by Vega's director."""
    return handed_in(vega_contract, vega)


def handed_in(
    contract: Contract, person: User, *values: str, period: Month = NOVEMBER, **fields: Any
) -> Submission:
    fields = {"received_at": NOW - 3 * HOUR, **fields}
    values = values or ("1326.6", "2100.0")
    submission = make.submission(contract, person, *values, period=period.first_day, **fields)
    return submission


def answered(
    submission: Submission,
    place: int = 0,
    state: str = "rejected",
    reason: str = "нет фотографии табло",
    before: datetime.timedelta = HOUR,
) -> BillingAnswer:
    """What billing says of the value of the contract's register number `place`."""
    register = registers(submission.contract)[place]
    said = {"answered_at": NOW - before, "reason": reason if state == "rejected" else ""}
    return make.billing_answer(submission, register, state, **said)


def tell(now: datetime.datetime = NOW) -> int:
    """Write what is due, as if everything had been gathered long enough."""
    Rejection.objects.update(noted_at=now - rejection_letters.GATHERED_FOR)
    return rejection_letters.tell(at=now)


def plain(letter: Letter) -> str:
    return letter.plain.replace("\u00a0", " ")


def told() -> set[str]:
    return set(Letter.objects.values_list("to", flat=True))


# What it says ------------------------------------------------------------------------------------


def test_a_letter_says_what_was_rejected_why_and_until_when_to_correct_it(
    receipt: Submission, vega: User, login: Login
) -> None:
    answered(receipt)
    assert tell() == 1
    letter = Letter.objects.get()
    register = registers(receipt.contract)[0]
    point = register.meter.installations.get().point
    assert (letter.to, letter.client) == (vega.email, receipt.contract.client)
    assert letter.subject == f"Показания не приняты: квитанция {receipt.number}"
    readings = f"http://testserver/contracts/{receipt.contract_id}/readings/"
    correction = f"{readings}?correct=1&period=2026-11&show=attention"
    for words in (
        f"Биллинг отклонил 1 показание за ноябрь по договору № {receipt.contract.number}"
        " (ООО «Вега»).",
        f"Квитанция: {receipt.number}, за ноябрь",
        "Передал(а): Громов Андрей Ильич, 28.11.2026 09:00",
        f"{point.name} (цех экструзии), Меркурий 234 ART-03 № {register.meter.serial}, сутки",
        "Передано: 001 326,6. Причина отказа: нет фотографии табло",
        "Передайте верные показания за ноябрь до 1 декабря 23:59 (МСК):",
        correction,
        f"http://testserver/contracts/{receipt.contract_id}/messages/new/?topic=meters",
        "Такие письма приходят всегда, отключить их нельзя.",
    ):
        assert words in plain(letter), words
    assert "002 100,0" not in letter.plain, "what was not rejected"
    for words in ("001 326,6", "нет фотографии табло", correction.replace("&", "&amp;")):
        assert words in letter.html.replace("\u00a0", " "), words
    assert "{{" not in letter.plain + letter.html
    assert "\n\n\n" not in letter.plain
    with time_machine.travel(NOW, tick=False):
        browser = login(vega)
        page = reverse("meters:receipt", args=[receipt.contract_id, receipt.number])
        assert f"http://testserver{page}" in letter.plain
        for address in (correction.removeprefix("http://testserver"), page):
            assert browser.get(address).status_code == 200


def test_of_the_month_before_it_says_that_it_is_late(vega: User, vega_contract: Contract) -> None:
    answered(handed_in(vega_contract, vega, period=OCTOBER))
    tell()
    said = plain(Letter.objects.get())
    term = "за октябрь до 1 декабря 23:59 (МСК), с отметкой «после срока»:"
    assert f"Передайте верные показания {term}" in said


@pytest.mark.parametrize("why", ["too late", "terminated"])
def test_when_nothing_is_taken_any_more_it_leads_to_the_specialist(
    vega: User, vega_contract: Contract, why: str
) -> None:
    period = NOVEMBER
    if why == "too late":
        period = Month(2026, 9)
    else:
        Contract.objects.filter(pk=vega_contract.pk).update(terminated_on=timezone.localdate())
    answered(handed_in(vega_contract, vega, period=period))
    tell()
    letter = Letter.objects.get()
    assert "correct=1" not in letter.plain + letter.html
    address = f"http://testserver/contracts/{vega_contract.pk}/messages/new/?topic=meters"
    month = "сентябрь" if why == "too late" else "ноябрь"
    closed = f"Исправления за {month} в кабинете больше не принимаются. Напишите специалисту:"
    assert f"{closed}\n{address}" in plain(letter)
    assert plain(letter).count(address) == 1


def test_all_that_came_together_is_one_letter(vega: User, vega_contract: Contract) -> None:
    of_november = handed_in(vega_contract, vega)
    of_october = handed_in(vega_contract, vega, period=OCTOBER)
    for submission in (of_october, of_november):
        answered(submission, 0)
        answered(submission, 1, reason="меньше прежнего")
    assert tell() == 1
    letter = Letter.objects.get()
    assert letter.subject == (
        f"Показания не приняты: квитанции {of_november.number}, {of_october.number}"
    )
    said = plain(letter)
    assert "Биллинг отклонил 4 показания за ноябрь, октябрь по договору" in said
    assert said.count("Причина отказа: меньше прежнего") == 2
    assert said.index(of_november.number) < said.index(of_october.number)


def test_a_subject_names_three_receipts_at_most(vega: User, vega_contract: Contract) -> None:
    for period in (Month(2026, number) for number in range(7, 12)):
        answered(handed_in(vega_contract, vega, period=period))
    tell()
    assert Letter.objects.get().subject.endswith(" и ещё 2")
    assert Letter.objects.get().subject.count("ПП-") == 3


def test_a_long_list_is_cut_and_the_page_has_the_rest(
    receipt: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejection_words, "LISTED", 1)
    answered(receipt, 0)
    answered(receipt, 1)
    tell()
    letter = Letter.objects.get()
    assert "Биллинг отклонил 2 показания" in plain(letter)
    assert letter.plain.count("Причина отказа") == 1
    assert "Ещё 1 значение — на странице квитанции." in plain(letter)
    assert RejectionLetter.objects.count() == 2, "both are told"


def test_words_of_billing_are_words(receipt: Submission) -> None:
    answered(receipt, reason="<b>меньше</b> & «прежнего»")
    tell()
    letter = Letter.objects.get()
    assert "<b>меньше</b> & «прежнего»" in letter.plain
    assert "&lt;b&gt;меньше&lt;/b&gt; &amp; «прежнего»" in letter.html


# To whom -----------------------------------------------------------------------------------------


def test_whoever_may_hand_in_hears_of_it_whatever_they_chose(
    receipt: Submission,
    vega: User,
    vega_accountant: User,
    vega_engineer: User,
    vega_reader: User,
    vega_former: User,
    orion: User,
    orion_contract: Contract,
    office: User,
) -> None:
    User.objects.update(wants_reading_reminders=False, document_letters="never")
    answered(receipt)
    assert tell() == 3
    assert told() == {vega.email, vega_accountant.email, vega_engineer.email}
    assert set(RejectionLetter.objects.values_list("user", flat=True)) == {
        vega.pk, vega_accountant.pk, vega_engineer.pk,
    }  # fmt: skip


def test_who_handed_it_in_hears_of_it_as_long_as_the_contract_is_in_view(
    receipt: Submission, vega: User, vega_engineer: User
) -> None:
    membership = Membership.objects.get(user=vega)
    Membership.objects.filter(pk=membership.pk).update(role=Role.READER)
    answered(receipt, 0)
    tell()
    assert told() == {vega.email, vega_engineer.email}
    Letter.objects.all().delete()
    Membership.objects.filter(pk=membership.pk).update(revoked_at=timezone.now())
    answered(receipt, 1)
    tell()
    assert told() == {vega_engineer.email}


def test_a_limited_membership_hears_of_its_contracts_alone(
    receipt: Submission, vega_client: Client
) -> None:
    other = make.contract(vega_client)
    make.limit(make.membership(make.user("limited"), vega_client, Role.ENGINEER), other)
    answered(receipt)
    assert tell() == 1


@pytest.mark.parametrize("change", [{"email": ""}, {"is_active": False}])
def test_not_to_whom_it_cannot_go(receipt: Submission, vega: User, change: dict[str, Any]) -> None:
    User.objects.filter(pk=vega.pk).update(**change)
    answered(receipt)
    assert tell() == 0
    assert not RejectionLetter.objects.exists()
    assert not Rejection.objects.waiting().exists()


def test_each_company_hears_of_its_own(
    receipt: Submission, orion: User, orion_contract: Contract, vega: User
) -> None:
    answered(receipt, reason="причина Веги")
    answered(handed_in(orion_contract, orion, "77"), reason="причина Ориона")
    assert tell() == 2
    assert "причина Ориона" in Letter.objects.get(to=orion.email).plain
    assert "причина Веги" not in Letter.objects.get(to=orion.email).plain


# When, and not at all ----------------------------------------------------------------------------


def test_it_is_gathered_first(receipt: Submission) -> None:
    answered(receipt)
    waits = Rejection.objects.get()
    assert waits.contract == receipt.contract
    almost = waits.noted_at + rejection_letters.GATHERED_FOR - MINUTE
    assert rejection_letters.tell(at=almost) == 0
    assert Rejection.objects.waiting().exists()
    assert rejection_letters.tell(at=almost + MINUTE) == 1


@pytest.mark.parametrize("state", ["accepted", "counted"])
def test_a_rejection_that_billing_has_taken_back_is_told_to_nobody(
    receipt: Submission, state: str
) -> None:
    answered(receipt, 0)
    answered(receipt, 1)
    answered(receipt, 0, state, before=HOUR / 2)
    assert tell() == 1
    assert "001 326,6" not in plain(Letter.objects.get())
    assert not Rejection.objects.waiting().exists()


@pytest.mark.parametrize("source", [Reading.Source.CLIENT, Reading.Source.NETWORK])
def test_a_value_that_was_replaced_meanwhile_is_told_to_nobody(
    receipt: Submission, vega: User, source: str
) -> None:
    answered(receipt)
    if source == Reading.Source.CLIENT:
        handed_in(receipt.contract, vega, "1300", received_at=NOW)
    else:
        first = registers(receipt.contract)[0]
        fields = {"period": receipt.period, "source": source, "received_at": NOW}
        make.reading(first, "1300", **fields)
    assert tell() == 0
    assert not Rejection.objects.waiting().exists()


def test_of_two_rejections_of_a_value_the_latest_is_told(receipt: Submission) -> None:
    answered(receipt, reason="нет фотографии табло")
    answered(receipt, reason="меньше прежнего", before=HOUR / 2)
    assert tell() == 1
    assert "нет фотографии табло" not in Letter.objects.get().plain
    assert "меньше прежнего" in Letter.objects.get().plain


def test_accepted_answers_wait_for_nothing(receipt: Submission) -> None:
    answered(receipt, 0, "accepted")
    answered(receipt, 1, "counted")
    assert not Rejection.objects.waiting().exists()


def test_what_billing_said_long_ago_is_no_news(receipt: Submission) -> None:
    answered(receipt, 0, before=rejection_letters.NEWS + MINUTE)
    answered(receipt, 1, before=rejection_letters.NEWS - MINUTE)
    assert tell() == 1
    assert "Биллинг отклонил 1 показание" in plain(Letter.objects.get())
    assert not Rejection.objects.waiting().exists()


# Once --------------------------------------------------------------------------------------------


def test_nobody_is_told_twice(receipt: Submission) -> None:
    answered(receipt)
    assert tell() == 1
    assert tell() == 0
    tasks.tell_of_rejections()
    assert Letter.objects.count() == 1


def test_the_database_refuses_a_second_telling(receipt: Submission, vega: User) -> None:
    answer = answered(receipt)
    tell()
    with pytest.raises(IntegrityError), transaction.atomic():
        RejectionLetter.objects.create(answer=answer, user=vega)


def test_the_same_verdict_by_another_way_is_no_news(receipt: Submission) -> None:
    """A file of answers has brought it, then a package brings it under a code of its own."""
    answered(receipt, before=3 * HOUR)
    assert tell() == 1
    answered(receipt, before=2 * HOUR)
    assert tell() == 0
    answered(receipt, reason="меньше прежнего", before=HOUR)
    assert tell() == 1, "another reason is news"
    answered(receipt, state="accepted", before=HOUR / 2)
    answered(receipt, reason="меньше прежнего", before=HOUR / 4)
    assert tell() == 1, "it had been accepted meanwhile"


def test_a_worker_that_dies_leaves_it_to_the_next(
    receipt: Submission, vega_engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(receipt)
    post = letters.post
    with monkeypatch.context() as patched:

        def post_once(*args: Any, **kwargs: Any) -> Letter:
            if Letter.objects.exists():
                raise RuntimeError("the second letter")
            return post(*args, **kwargs)

        patched.setattr(letters, "post", post_once)
        with pytest.raises(RuntimeError):
            tell()
    assert not Letter.objects.exists()
    assert not RejectionLetter.objects.exists()
    assert tell() == 2


@pytest.mark.usefixtures("vega")
def test_what_has_been_told_stays_told_when_a_later_block_breaks(
    receipt: Submission,
    orion: User,
    orion_contract: Contract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rejection_letters, "CONTRACTS", 1)
    answered(receipt)
    answered(handed_in(orion_contract, orion, "77"))
    whole = rejection_letters._write

    def break_at_orion(values: Any, now: Any) -> int:
        if orion_contract.pk in values:
            raise RuntimeError
        return whole(values, now)

    with monkeypatch.context() as patched:
        patched.setattr(rejection_letters, "_write", break_at_orion)
        with pytest.raises(RuntimeError):
            tell()
    assert Letter.objects.count() == 1
    assert tell() == 1
    assert Letter.objects.count() == 2


# Many --------------------------------------------------------------------------------------------


def test_blocks_hold_so_many_values(
    receipt: Submission,
    vega: User,
    orion: User,
    orion_contract: Contract,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rejection_letters, "VALUES", 2)
    answered(receipt, 0)
    answered(receipt, 1)
    answered(handed_in(orion_contract, orion, "77"))
    Rejection.objects.update(noted_at=NOW - HOUR)
    first = rejection_letters._due(NOW, after=0)
    assert first == [receipt.contract_id], "its two values fill the block"
    assert rejection_letters._due(NOW, after=first[-1]) == [orion_contract.pk]
    assert tell() == 2


def test_the_number_of_statements_does_not_grow_with_the_values(
    vega: User, vega_contract: Contract
) -> None:
    cost = []
    for points in (2, 20):
        for _ in range(points - 2):
            make.installation(make.point(vega_contract))
        submission = handed_in(
            vega_contract, vega, *(str(n) for n in range(points)), received_at=NOW
        )
        for place in range(points):
            answered(submission, place, reason=f"причина {points}")
        with CaptureQueriesContext(connection) as captured:
            assert tell() == 1
        cost.append(len(captured))
    assert cost[0] == cost[1]


def test_one_statement_notes_all_rejections_of_a_file(vega: User, vega_contract: Contract) -> None:
    """The trigger is the statement's: they have one moment, so they are gathered together."""
    make.installation(make.point(vega_contract))
    submission = handed_in(vega_contract, vega, "1", "2", "3")
    states = ["rejected", "accepted", "rejected"]
    BillingAnswer.objects.bulk_create(
        BillingAnswer(
            external_id=f"bulk-{register.pk}", submission=submission, register=register,
            state=state, reason="нет фото", answered_at=NOW,
        )
        for register, state in zip(registers(vega_contract), states, strict=True)
    )  # fmt: skip
    noted = Rejection.objects.order_by("pk").values_list("reading__value", flat=True)
    assert [int(value) for value in noted] == [1, 3]
    assert Rejection.objects.values("noted_at").distinct().count() == 1


def test_a_register_that_stands_twice_in_a_submission_is_noted_once(receipt: Submission) -> None:
    first = receipt.readings.order_by("pk")[0]
    again = make.reading(
        first.register, "1327", period=receipt.period, submission=receipt, source="client"
    )
    answered(receipt)
    assert Rejection.objects.get().reading == again


def test_an_answer_about_a_value_that_is_not_there_is_noted_nowhere(
    receipt: Submission, orion_contract: Contract
) -> None:
    register = registers(orion_contract)[0]
    make.billing_answer(receipt, register, "rejected", reason="нет фото")
    assert not Rejection.objects.exists()


def test_what_was_rejected_before_there_were_letters_is_known_and_told_to_nobody(
    receipt: Submission,
) -> None:
    answered(receipt, 0)
    answered(receipt, 1, "accepted")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM meters_rejection")
        migration = importlib.import_module("meters.migrations.0011_earlier_rejections_are_noted")
        for _ in range(2):
            cursor.execute(migration.EARLIER)
    assert StandingRejection.objects.get().answer.rejection.reading.value == Decimal("1326.6")
    assert tell() == 0


# At once -----------------------------------------------------------------------------------------


def test_a_second_worker_leaves_it_to_the_first(receipt: Submission) -> None:
    answered(receipt)
    first: Any = connection.copy()
    with first.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [rejection_letters._LOCK])
        assert tell() == 0
    first.close()
    assert tell() == 1


@pytest.mark.django_db(transaction=True)
def test_what_is_being_undone_at_this_moment_is_not_waited_for(receipt: Submission) -> None:
    """Undoing deletes the rows: until it ends nobody knows whether there is anything to tell."""
    answered(receipt)
    Rejection.objects.update(noted_at=NOW - HOUR)
    undoing: Any = connection.copy()
    undoing.set_autocommit(False)
    with undoing.cursor() as cursor:
        cursor.execute("DELETE FROM meters_rejection")
        assert rejection_letters.tell(at=NOW) == 0
        undoing.rollback()
    undoing.close()
    assert rejection_letters.tell(at=NOW) == 1
