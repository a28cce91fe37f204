"""Letters about new documents: to whom, when, what they say, and nobody twice."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import Client, DocumentLetters, Letter, Membership, User
from contracts.models import Contract
from documents import announcing
from documents.models import Announcement, Document, Kind
from tests import make
from tests.contents import content_of

pytestmark = pytest.mark.django_db

MINUTE = datetime.timedelta(minutes=1)

Prefer = Callable[[User, str], None]


@pytest.fixture
def prefer() -> Prefer:
    """`prefer(vega, "daily")`: what a person chose on the page «Уведомления»."""

    def choose(person: User, choice: str) -> None:
        User.objects.filter(pk=person.pk).update(document_letters=choice)

    return choose


@pytest.fixture
def at_once(vega: User, prefer: Prefer) -> User:
    """Vega's director, who wants to be told at once."""
    prefer(vega, DocumentLetters.AT_ONCE)
    return vega


def published(contract: Contract, kind: str = Kind.FINAL_BILL, **values: Any) -> Document:
    content = content_of(kind, contract)
    return make.document(contract, kind, **{"content": content, **values})


def age(minutes: int) -> None:
    """Let what was noted have been noted so long ago."""
    Announcement.objects.update(created_at=F("created_at") - minutes * MINUTE)


def announce_gathered() -> int:
    """Note what is new, then write as if ten minutes had passed."""
    announcing.announce()
    age(11)
    return announcing.announce()


def at(hour: int, minute: int = 0, *, days: int = 0) -> datetime.datetime:
    """A time of today, or of another day, by the retailer's clock."""
    day = timezone.localdate() + datetime.timedelta(days=days)
    return timezone.make_aware(datetime.datetime.combine(day, datetime.time(hour, minute)))


def test_what_came_together_is_one_letter(at_once: User, vega_contract: Contract) -> None:
    second = make.contract(vega_contract.client)
    bill = published(vega_contract, number="И-1", amount="1234567.89")
    published(vega_contract, Kind.TRANSFER_ACT, number="А-1")
    published(second, Kind.TRANSFER_ACT, number="А-2")
    assert announcing.announce() == 0, "it is still being gathered"
    age(9)
    assert announcing.announce() == 0
    age(2)
    assert announcing.announce() == 1
    letter = Letter.objects.get()
    assert letter.to == at_once.email
    assert letter.subject == "В личном кабинете 3 новых документа"
    for words in (
        "Итоговый счёт № И-1",
        "Акт приёмки-передачи № А-2",
        f"Договор № {second.number}",
        f"/contracts/{vega_contract.pk}/documents/{bill.pk}/",
        "/account/notifications/",
    ):
        assert words in letter.plain
        assert words in letter.html
    for body in (letter.subject, letter.plain, letter.html):
        assert "1234567" not in body.replace("\u00a0", "")
    assert letter.build_letter().attachments == []


def test_nobody_is_told_twice(at_once: User, vega_contract: Contract) -> None:
    published(vega_contract)
    assert announce_gathered() == 1
    for _ in range(2):
        assert announce_gathered() == 0
    Document.objects.update(announced_at=None)  # as if a worker had died before it said so
    assert announce_gathered() == 0
    assert Letter.objects.count() == 1


def test_once_a_day_at_nine(vega: User, prefer: Prefer, vega_contract: Contract) -> None:
    prefer(vega, DocumentLetters.DAILY)
    published(vega_contract)
    announcing.announce()
    Announcement.objects.update(created_at=at(9, 5))
    assert announcing.announce(at=at(23, 59)) == 0
    assert announcing.announce(at=at(8, 59, days=1)) == 0
    assert announcing.announce(at=at(9, 0, days=1)) == 1
    assert announcing.announce(at=at(9, 1, days=1)) == 0


def test_a_morning_that_nobody_worked_is_made_up_for(
    vega: User, prefer: Prefer, vega_contract: Contract
) -> None:
    prefer(vega, DocumentLetters.DAILY)
    published(vega_contract)
    announcing.announce()
    Announcement.objects.update(created_at=at(8, 0, days=-2))
    assert announcing.announce(at=at(3, 0)) == 1


def test_never_is_never(vega: User, prefer: Prefer, vega_contract: Contract) -> None:
    prefer(vega, DocumentLetters.NEVER)
    published(vega_contract)
    assert announce_gathered() == 0
    assert not Announcement.objects.exists()
    prefer(vega, DocumentLetters.AT_ONCE)
    assert announce_gathered() == 0, "what was published then is no news now"


def test_a_change_of_mind_counts_until_the_letter(
    at_once: User, prefer: Prefer, vega_contract: Contract
) -> None:
    published(vega_contract)
    announcing.announce()
    prefer(at_once, DocumentLetters.NEVER)
    age(20)
    assert announcing.announce() == 0
    assert Announcement.objects.get().settled_at is not None


def test_what_was_opened_meanwhile_is_not_told(at_once: User, vega_contract: Contract) -> None:
    seen, fresh = published(vega_contract, number="В-1"), published(vega_contract, number="Н-1")
    announcing.announce()
    make.opening(seen, at_once)
    assert announce_gathered() == 1
    letter = Letter.objects.get()
    assert "Н-1" in letter.plain
    assert "В-1" not in letter.plain
    assert fresh.announcements.get().letter == letter


# To whom -----------------------------------------------------------------------------------------


def test_strangers_and_former_people_hear_nothing(
    at_once: User, orion: User, vega_former: User, prefer: Prefer, vega_contract: Contract
) -> None:
    for person in (orion, vega_former):
        prefer(person, DocumentLetters.AT_ONCE)
    published(vega_contract)
    published(vega_contract, Kind.RESTRICTION_NOTICE)
    announce_gathered()
    assert set(Letter.objects.values_list("to", flat=True)) == {at_once.email}


def test_a_limited_membership_hears_of_its_contracts(
    vega_client: Client, vega_contract: Contract, prefer: Prefer
) -> None:
    person = make.user("limited")
    other = make.contract(vega_client)
    make.limit(make.membership(person, vega_client), vega_contract)
    prefer(person, DocumentLetters.AT_ONCE)
    published(vega_contract, number="СВОЙ")
    published(other, number="ДРУГОЙ")
    published(other, Kind.RESTRICTION_NOTICE, number="УВЕДОМЛЕНИЕ")
    assert announce_gathered() == 1
    plain = Letter.objects.get().plain
    assert "СВОЙ" in plain
    assert "ДРУГОЙ" not in plain
    assert not Announcement.objects.filter(settled_at=None).exists()


def test_access_that_ends_before_the_letter_ends_the_letter(
    at_once: User, vega_contract: Contract
) -> None:
    published(vega_contract)
    announcing.announce()
    Membership.objects.update(revoked_at=timezone.now())
    assert announce_gathered() == 0
    assert not Letter.objects.exists()


def test_nothing_older_than_the_access(
    vega_client: Client, vega_contract: Contract, prefer: Prefer
) -> None:
    person, today = make.user("later"), timezone.localdate()
    make.membership(person, vega_client, signed_on=today, starts_on=today)
    prefer(person, DocumentLetters.AT_ONCE)
    published(vega_contract, published_at=timezone.now() - datetime.timedelta(days=2))
    assert announce_gathered() == 0


def test_a_package_of_years_is_no_news(at_once: User, vega_contract: Contract) -> None:
    old = published(vega_contract, published_at=timezone.now() - datetime.timedelta(days=8))
    assert announce_gathered() == 0
    old.refresh_from_db()
    assert old.announced_at is not None


def test_a_document_of_tomorrow_waits(at_once: User, vega_contract: Contract) -> None:
    later = published(vega_contract, published_at=timezone.now() + datetime.timedelta(hours=1))
    assert announce_gathered() == 0
    later.refresh_from_db()
    assert later.announced_at is None


def test_nobody_without_an_address(at_once: User, vega_contract: Contract) -> None:
    User.objects.filter(pk=at_once.pk).update(email="")
    published(vega_contract)
    assert announce_gathered() == 0
    assert Announcement.objects.get().settled_at is not None


# Restriction notices -----------------------------------------------------------------------------


@pytest.mark.parametrize("choice", DocumentLetters.values)
def test_a_restriction_notice_goes_at_once_whatever_was_chosen(
    choice: str, vega: User, prefer: Prefer, vega_contract: Contract
) -> None:
    prefer(vega, choice)
    notice = published(vega_contract, Kind.RESTRICTION_NOTICE, number="У-1")
    assert announcing.announce() == 1
    letter = Letter.objects.get()
    assert letter.subject == f"Уведомление об ограничении по договору № {vega_contract.number}"
    for body in (letter.plain, letter.html):
        assert f"/contracts/{vega_contract.pk}/documents/{notice.pk}/notice/" in body
        assert "12:00 20\u00a0октября 2026" in body or "15:00 20\u00a0октября 2026" in body
        assert "18\u00a0420,15" in body
        assert "notifications" not in body, "it cannot be switched off"
    assert announcing.announce() == 0


@pytest.mark.parametrize(("hours", "letters"), [(50, 1), (-100, 0)], ids=["standing", "over"])
def test_a_late_notice_is_told_as_long_as_it_stands(
    hours: int, letters: int, vega: User, vega_contract: Contract
) -> None:
    content = content_of(Kind.RESTRICTION_NOTICE, vega_contract)
    moment = timezone.now() + datetime.timedelta(hours=hours)
    make.document(
        vega_contract,
        Kind.RESTRICTION_NOTICE,
        content={**content, "restricted_from": moment.isoformat()},
        published_at=timezone.now() - datetime.timedelta(days=8),
    )
    assert announcing.announce() == letters


def test_it_does_not_hurry_what_is_gathered(at_once: User, vega_contract: Contract) -> None:
    published(vega_contract)
    published(vega_contract, Kind.RESTRICTION_NOTICE)
    assert announcing.announce() == 1
    assert "ограничении" in Letter.objects.get().subject
    age(11)
    assert announcing.announce() == 1


# In numbers --------------------------------------------------------------------------------------


def test_a_long_letter_names_the_first_ones(
    at_once: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "LISTED", 2)
    for number in range(5):
        published(vega_contract, number=f"Д-{number}")
    assert announce_gathered() == 1
    plain = Letter.objects.get().plain
    assert plain.count("Итоговый счёт") == 2
    assert "И ещё 3." in plain


def test_batches_follow_one_another(
    at_once: User, vega_contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announcing, "_BATCH", 2)
    for _ in range(5):
        published(vega_contract)
    assert announce_gathered() == 1
    assert Announcement.objects.exclude(letter=None).count() == 5
