"""«Что клиент видел и отправил»: all that is recorded of the days, and nobody else's."""

from __future__ import annotations

import datetime
import hashlib
import io
from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.db import DatabaseError, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from accounts import issuing, journal, letters, tasks
from accounts.models import Client, Dossier, JournalEntry, Letter, Membership, User
from contracts.models import Contract, Topic
from documents.models import Kind
from exchange import dossier, dossier_facts
from exchange.dossier_facts import Days
from tests import make
from tests.accounts.test_viewing import begin

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Action = JournalEntry.Action


def today() -> Days:
    return Days(first=timezone.localdate(), last=timezone.localdate())


def words_of(parts: list[dossier_facts.Part]) -> str:
    return str([(part.title, part.rows, part.texts) for part in parts])


@pytest.fixture
def lived(
    vega: User,
    vega_engineer: User,
    vega_client: Client,
    vega_contract: Contract,
    topic: Topic,
    office: User,
    login: Login,
) -> dict[str, str]:
    """A day of Vega's: what must stand in the paper."""
    User.objects.filter(pk=vega.pk).update(email="gromov@vega.example")
    journal.record(Action.LOGIN, user=vega)
    journal.record(Action.LOGIN_REFUSED, login="vega")
    document = make.document(vega_contract, Kind.OTHER)
    journal.record(
        Action.FILE_OPENED,
        user=vega,
        client=vega_client,
        subject=f"{document}",
        details={"sha256": "a" * 64},
    )
    submission = make.submission(vega_contract, vega)
    message = make.message(vega_contract, vega, topic, text="Почему вырос счёт за октябрь?")
    attachment = make.attachment(message)
    letter = Letter.objects.create(
        to="gromov@vega.example", subject="Новый документ", plain="Счёт № 7", html="<p>Счёт № 7</p>"
    )
    Letter.objects.filter(pk=letter.pk).update(state="sent", sent_at=timezone.now())
    desk = login(office)
    begin(desk, vega, vega_client, "сверка по звонку")
    desk.get(reverse("billing:debt", args=[vega_contract.pk]))
    desk.post(reverse("accounts:viewing-end"))
    issuing.revoke_membership(
        membership=Membership.objects.get(user=vega_engineer), by=office, reason="уволен"
    )
    return {
        "login": "vega",
        "document": str(document),
        "document's sum": "a" * 64,
        "receipt": submission.number,
        "receipt's sum": submission.sha256,
        "message": message.number,
        "message's text": "Почему вырос счёт за октябрь?",
        "text's sum": hashlib.sha256("Почему вырос счёт за октябрь?".encode()).hexdigest(),
        "file": attachment.name,
        "file's sum": attachment.sha256,
        "letter": "Новый документ",
        "letter's sum": hashlib.sha256("Счёт № 7".encode()).hexdigest(),
        "look": "сверка по звонку",
        "page looked at": "просмотр",
        "revoked": "отозван доступ",
        "refused": "отказ во входе",
    }


def test_all_that_is_recorded_stands_in_it(lived: dict[str, str], vega_client: Client) -> None:
    words = words_of(dossier_facts.gather(vega_client, today()))
    missing = {name for name, value in lived.items() if value not in words}
    assert not missing


def test_values_stand_with_their_receipt(
    vega: User, vega_client: Client, vega_contract: Contract
) -> None:
    submission = make.submission(vega_contract, vega)
    first, *others = submission.readings.order_by("pk")
    make.billing_answer(submission, first.register, "rejected", reason="нет фото")
    parts = {part.title: part for part in dossier_facts.gather(vega_client, today())}
    rows = parts["Переданные показания: значения"].rows
    assert len(rows) == 1 + len(others)
    assert all(row[0] == submission.number for row in rows)
    said = [row[-1] for row in rows]
    assert said[0].startswith("отклонено: нет фото, ")
    assert said[1:] == ["ответа ещё нет"] * len(others)


def test_nothing_of_others_and_of_other_days(
    lived: dict[str, str], orion: User, orion_client: Client, vega_client: Client
) -> None:
    yesterday = timezone.localdate() - datetime.timedelta(days=1)
    empty = dossier_facts.gather(vega_client, Days(first=yesterday, last=yesterday))
    assert not any(part.rows or part.texts for part in empty)
    theirs = dossier_facts.gather(orion_client, today())
    assert not any(part.rows or part.texts for part in theirs)


def test_a_person_of_two_companies_is_told_of_each_apart(
    vega: User, vega_client: Client, vega_contract: Contract, orion_client: Client
) -> None:
    """Nothing of what was before the access, or after it, and no letters about the other."""
    User.objects.filter(pk=vega.pk).update(email="gromov@vega.example")
    journal.record(Action.LOGIN, user=vega)
    for client in (None, vega_client):
        letters.post(
            "accounts/letters/second_factor",
            to="gromov@vega.example",
            client=client,
            context={"event": "codes", "at": timezone.now()},
        )
    later = timezone.now() + datetime.timedelta(seconds=1)
    member = make.membership(vega, orion_client)
    Membership.objects.filter(pk=member.pk).update(starts_on=timezone.localdate(), created_at=later)
    theirs = {part.title: part for part in dossier_facts.gather(orion_client, today())}
    assert not theirs["Входы и отказы"].rows
    assert not theirs["Письма клиенту"].rows
    ours = {part.title: part for part in dossier_facts.gather(vega_client, today())}
    assert len(ours["Входы и отказы"].rows) == 1
    assert len(ours["Письма клиенту"].rows) == 2
    Membership.objects.filter(user=vega, client=vega_client).update(
        revoked_at=timezone.now() - datetime.timedelta(hours=1)
    )
    ended = {part.title: part for part in dossier_facts.gather(vega_client, today())}
    assert not ended["Входы и отказы"].rows
    assert len(ended["Письма клиенту"].rows) == 1


def test_internal_notes_stay_inside(
    vega: User, vega_client: Client, vega_contract: Contract, topic: Topic
) -> None:
    message = make.message(vega_contract, vega, topic)
    message.entries.create(kind="note", text="клиент сердит")
    message.entries.create(kind="answer", text="Вот расчёт")
    words = words_of(dossier_facts.gather(vega_client, today()))
    assert "сердит" not in words
    assert "Вот расчёт" in words


def test_it_is_made_stored_and_journalled(
    lived: dict[str, str], office: User, vega_client: Client, login: Login
) -> None:
    desk = login(office)
    day = timezone.localdate().isoformat()
    page = desk.get(reverse("admin:accounts_client_change", args=[vega_client.pk]))
    address = reverse("admin:accounts_dossier_new", args=[vega_client.pk])
    assert address in page.content.decode()
    assert desk.get(address).status_code == 200
    assert (
        JournalEntry.objects.filter(action=Action.OFFICE_VIEWED).latest("pk").client == vega_client
    )
    answer = desk.post(address, {"first_day": day, "last_day": day, "purpose": "Претензия № 12"})
    assert answer.status_code == 302
    made = Dossier.objects.get()
    content = default_storage.open(made.path).read()
    assert hashlib.sha256(content).hexdigest() == made.sha256
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)
    flat = "".join(text.split())
    for words in ("Претензия № 12", "Зимина Наталья", lived["receipt"], lived["message's text"]):
        assert "".join(words.split()) in flat, words
    assert "Страница1из" in flat
    entry = JournalEntry.objects.get(action=Action.EXPORTED)
    assert (entry.client, entry.user) == (vega_client, office)
    assert entry.details["sha256"] == made.sha256

    file = desk.get(reverse("admin:accounts_dossier_file", args=[made.pk]))
    assert b"".join(file.streaming_content) == content
    opened = JournalEntry.objects.filter(action=Action.FILE_OPENED).latest("pk")
    assert opened.details["dossier"] == made.pk


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"purpose": ""}, "для чего"),
        ({"first_day": "вчера"}, "введён с ошибкой"),
        ({"first_day": "2026-11-02", "last_day": "2026-11-01"}, "раньше первого"),
        ({"first_day": "2026-01-01", "last_day": "2026-11-01"}, "не больше 31"),
        ({"first_day": "2099-01-01", "last_day": "2099-01-01"}, "не наступил"),
    ],
)
def test_what_cannot_be_made_is_said(
    values: dict[str, str], words: str, office: User, vega_client: Client, login: Login
) -> None:
    form = {"first_day": "2026-11-01", "last_day": "2026-11-01", "purpose": "спор", **values}
    answer = login(office).post(reverse("admin:accounts_dossier_new", args=[vega_client.pk]), form)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Dossier.objects.exists()


def test_a_day_to_come_is_not_in_it(office: User, vega_client: Client, login: Login) -> None:
    first = timezone.localdate()
    last = first + datetime.timedelta(days=1)
    form = {"first_day": first.isoformat(), "last_day": last.isoformat(), "purpose": "спор"}
    answer = login(office).post(reverse("admin:accounts_dossier_new", args=[vega_client.pk]), form)
    assert answer.status_code == 422
    assert "не наступил" in answer.content.decode()


def test_too_many_rows_are_refused_and_not_cut_off(
    vega: User, vega_client: Client, office: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dossier_facts, "ROWS_AT_MOST", 2)
    for _ in range(3):
        journal.record(Action.LOGIN, user=vega)
    with pytest.raises(dossier.Refused, match="Выберите меньше дней"):
        dossier.make(client=vega_client, days=today(), purpose="спор", by=office)


def test_a_stored_paper_never_changes(vega_client: Client, office: User) -> None:
    made = dossier.make(client=vega_client, days=today(), purpose="спор", by=office)
    with pytest.raises(DatabaseError, match="only added"), transaction.atomic():
        Dossier.objects.filter(pk=made.pk).update(purpose="x")
    tasks.sweep_orphaned_dossiers()
    assert default_storage.exists(made.path)


def test_only_with_the_right(vega: User, vega_client: Client, login: Login) -> None:
    address = reverse("admin:accounts_dossier_new", args=[vega_client.pk])
    for user in (vega, make.user("clerk", is_staff=True)):
        assert login(user).get(address).status_code == 403
