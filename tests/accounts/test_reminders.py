"""Letters before an access ends: 30, 7 and 1 days, to whom, each once."""

from __future__ import annotations

import datetime

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import reminders, tasks
from accounts.models import Basis, Client, EndingNotice, Letter, Membership, User
from accounts.roles import Role
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db

# Monday; the last day of the power of attorney of every test.
LAST = datetime.date(2027, 3, 1)


def remind(days_before: int) -> int:
    """A run at noon so many days before the last one."""
    day = LAST - datetime.timedelta(days=days_before)
    noon = timezone.make_aware(datetime.datetime.combine(day, datetime.time(12)))
    with time_machine.travel(noon, tick=False):
        return reminders.remind()


def ending(client: Client, username: str = "attorney", **values: object) -> Membership:
    """An access by a power of attorney, given long ago."""
    row = make.membership(
        make.user(username, last_name="Орлова", first_name="Инна", patronymic=""),
        client,
        Role.ACCOUNTANT,
        basis=Basis.POWER_OF_ATTORNEY,
        basis_number="17",
        position="бухгалтер",
        **{"ends_on": LAST, **values},
    )
    long_ago = timezone.make_aware(datetime.datetime(2026, 1, 1))
    Membership.objects.filter(pk=row.pk).update(created_at=long_ago)
    return row


def told() -> list[tuple[str, str]]:
    """(whom, subject), in the order written."""
    return [
        (letter.to.partition("@")[0], letter.subject.replace("\u00a0", " "))
        for letter in Letter.objects.order_by("pk")
    ]


def test_thirty_seven_and_one_days_before_and_no_other(vega: User, vega_client: Client) -> None:
    ending(vega_client)
    counts = {days: remind(days) for days in range(40, -2, -1)}
    assert {days for days, count in counts.items() if count} == {30, 7, 1}
    assert sum(counts.values()) == 6
    words = [subject for who, subject in told() if who == "attorney"]
    assert words == [
        "Ваш доступ в личный кабинет: осталось 30 дней",
        "Ваш доступ в личный кабинет: осталось 7 дней",
        "Ваш доступ в личный кабинет: остался 1 день",
    ]


def test_what_the_letters_say(vega: User, vega_client: Client) -> None:
    ending(vega_client)
    remind(7)
    own, of_director = (
        letter.plain.replace("\u00a0", " ") for letter in Letter.objects.order_by("pk")
    )
    assert "действует по 01.03.2027 включительно, осталось 7 дней" in own
    assert "доверенность № 17" in own
    assert (
        "Орлова Инна, бухгалтер: по 01.03.2027, осталось 7 дней (доверенность № 17)" in of_director
    )
    assert f"/access/companies/{vega_client.pk}/" in of_director
    assert f"/access/companies/{vega_client.pk}/" not in own


def test_days_that_were_slept_through_are_made_good_but_never_two_at_once(
    vega: User, vega_client: Client
) -> None:
    ending(vega_client)
    assert remind(25) == 2, "the thirtieth day was slept through"
    assert remind(24) == 0
    assert remind(4) == 2, "so was the seventh"
    assert remind(0) == 2, "and the last but one"
    assert [
        step for (step,) in EndingNotice.objects.order_by("-step").values_list("step").distinct()
    ] == [30, 7, 1]
    assert "сегодня последний день" in told()[-2][1]


def test_only_the_latest_step_when_all_were_slept_through(vega: User, vega_client: Client) -> None:
    ending(vega_client)
    assert remind(3) == 2
    assert set(EndingNotice.objects.values_list("step", flat=True)) == {7}
    assert remind(-1) == 0


def test_directors_of_all_contracts_get_one_letter_of_all(
    vega: User, vega_client: Client, vega_contract: Contract, vega_accountant: User, orion: User
) -> None:
    second = make.user("second")
    make.membership(second, vega_client)
    of_one = make.user("of-one")
    make.limit(make.membership(of_one, vega_client), vega_contract)
    ending(vega_client, "a")
    ending(vega_client, "b")
    remind(30)
    assert sorted(who for who, _ in told()) == ["a", "b", "second", "vega"]
    letter = Letter.objects.get(to=vega.email)
    assert letter.plain.count("Орлова Инна") == 2


def test_a_director_whose_own_access_ends_is_told_as_its_owner(vega_client: Client) -> None:
    row = ending(vega_client)
    Membership.objects.filter(pk=row.pk).update(role=Role.DIRECTOR)
    assert remind(7) == 1
    assert "Ваш доступ" in told()[0][1]


def test_a_new_term_is_told_of_anew_and_the_old_one_no_more(
    vega: User, vega_client: Client
) -> None:
    row = ending(vega_client)
    assert remind(30) == 2
    later = LAST + datetime.timedelta(days=200)
    Membership.objects.filter(pk=row.pk).update(ends_on=later)
    assert remind(7) == remind(1) == 0
    assert remind(7 - 200) == 2
    assert set(EndingNotice.objects.values_list("ends_on", "step")) == {(LAST, 30), (later, 7)}


def test_an_access_that_goes_on_by_another_paper_is_not_ending(
    vega: User, vega_client: Client
) -> None:
    row = ending(vega_client)
    next_day = LAST + datetime.timedelta(days=1)
    follows = make.membership(row.user, vega_client, starts_on=next_day)
    assert remind(7) == 0
    Membership.objects.filter(pk=follows.pk).update(revoked_at=timezone.now(), revoked_reason="р")
    assert remind(7) == 2


def test_who_is_not_told(vega: User, vega_client: Client, orion: User) -> None:
    revoked = ending(vega_client, "revoked")
    Membership.objects.filter(pk=revoked.pk).update(revoked_at=timezone.now(), revoked_reason="р")
    blocked = ending(vega_client, "blocked")
    User.objects.filter(pk=blocked.user_id).update(is_active=False)
    assert remind(7) == 0
    silent = ending(vega_client, "silent")
    User.objects.filter(pk=silent.user_id).update(email="")
    assert remind(7) == 1, "the director is told all the same"
    assert told()[0][0] == "vega"


def test_an_access_given_for_a_short_term_begins_with_the_next_step(
    vega: User, vega_client: Client
) -> None:
    row = ending(vega_client)
    given_at = timezone.make_aware(datetime.datetime(2027, 2, 10))
    Membership.objects.filter(pk=row.pk).update(created_at=given_at)
    assert remind(19) == remind(10) == 0
    assert remind(7) == 2


def test_the_last_day_is_the_retailers(vega: User, vega_client: Client) -> None:
    ending(vega_client)
    seventh = LAST - datetime.timedelta(days=7)
    midnight = timezone.make_aware(datetime.datetime.combine(seventh, datetime.time()))
    second = datetime.timedelta(seconds=1)
    remind(30)
    with time_machine.travel(midnight - second, tick=False):
        assert reminders.remind() == 0
    with time_machine.travel(midnight, tick=False):
        assert reminders.remind() == 2


def test_another_run_that_was_quicker_is_not_told_twice(
    vega: User, vega_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = ending(vega_client)
    whole = reminders._untold

    def overtaken(*args):  # type: ignore[no-untyped-def]
        found = list(whole(*args))
        EndingNotice.objects.create(membership=row, user=row.user, ends_on=LAST, step=7)
        return found

    monkeypatch.setattr(reminders, "_untold", overtaken)
    assert remind(7) == 1
    assert [who for who, _ in told()] == ["vega"]


def test_a_letter_and_its_note_are_one_transaction(
    vega: User, vega_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    ending(vega_client)

    def fail(*args, **kwargs):  # type: ignore[no-untyped-def]
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(reminders.letters, "post", fail)
        with pytest.raises(RuntimeError), transaction.atomic():
            remind(7)
    assert not EndingNotice.objects.exists()
    assert remind(7) == 2


def test_the_database_keeps_each_step_once(vega: User, vega_client: Client) -> None:
    row = ending(vega_client)
    values = {"membership": row, "user": vega, "ends_on": LAST}
    EndingNotice.objects.create(**values, step=7)
    for step in (7, 5):
        with pytest.raises(IntegrityError), transaction.atomic():
            EndingNotice.objects.create(**values, step=step)


def test_the_task_runs_it(vega: User, vega_client: Client) -> None:
    ending(vega_client)
    with time_machine.travel(datetime.datetime(2027, 2, 25, 9, tzinfo=datetime.UTC), tick=False):
        tasks.remind_of_ending_access()
    assert Letter.objects.count() == 2


def test_looking_costs_the_same_for_many_companies(vega: User, vega_client: Client) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert remind(7) == 0
        return len(captured)

    for n in range(2):
        ending(make.client(), f"few-{n}")
    remind(7)
    few = statements()
    for n in range(18):
        ending(make.client(), f"many-{n}")
    remind(7)
    assert statements() == few
