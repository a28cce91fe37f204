"""Receipt and act as PDF: what they state, who gets them, when they are made."""

from __future__ import annotations

import datetime
import hashlib
import io
import threading
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import Client, JournalEntry, User
from contracts.models import Contract
from contracts.periods import Month
from meters import papers, printing
from meters.models import Installation, Reading, Register, Submission, SubmissionPaper
from tests import make
from tests.meters.table import earlier, hand_in, text

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
KINDS = SubmissionPaper.Kind.values


def address(submission: Submission, kind: str) -> str:
    return reverse(
        "meters:submission-paper", args=[submission.contract_id, submission.number, kind]
    )


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content)


def words(pdf: bytes) -> str:
    pages = PdfReader(io.BytesIO(pdf)).pages
    found = "\n".join(page.extract_text() for page in pages)
    return " ".join(found.replace("\u00a0", " ").replace("\u00ad", "").split())


def printed(submission: Submission, kind: str) -> bytes:
    return printing.make(SubmissionPaper(submission=submission, kind=kind))


@pytest.fixture
def submission(
    vega: User, vega_contract: Contract, known: list[Register], login: Login
) -> Submission:
    """Two values: one with a ratio of 80, one about which was asked."""
    Installation.objects.filter(meter=known[0].meter).update(current_ratio=80)
    make.reading(known[1], "999990", period=Reading.objects.latest("pk").period)
    key = known[1].pk
    answer = {f"ok{key}": "12.0", f"why{key}": "rollover"}
    hand_in(login(vega), vega_contract, "1326,6", "12", **answer)
    return Submission.objects.get()


def test_what_the_receipt_states(submission: Submission, vega_contract: Contract) -> None:
    said = words(printed(submission, "receipt"))
    for part in (
        f"Квитанция о передаче показаний {submission.number}",
        f"{submission.received_at.astimezone():%d.%m.%Y %H:%M:%S} (МСК), в срок",
        f"№ {vega_contract.number} от 14.03.2019", f"ООО «Вега», ИНН {vega_contract.client.inn}",
        "Громов Андрей Ильич, логин vega", "Передано 2 показания по 2 точкам учёта",
        "001 000,0", "001 326,6", "80", "26 128 кВт·ч", "999 990,0", "000 012,0", "22 кВт·ч",
        "Итого", "26 150 кВт·ч",
        "подтверждено (меньше предыдущего): счётчик перешёл через ноль",
        submission.sha256, f"http://testserver/contracts/{vega_contract.pk}/readings/receipts/ПП-",
        "Страница 1 из 1",
    ):  # fmt: skip
        assert part in said, part


def test_what_the_act_states(submission: Submission, vega_contract: Contract) -> None:
    """What 402-ФЗ, ст. 9 asks of a primary document, and what a reading consists of."""
    client: Client = vega_contract.client
    said = words(printed(submission, "act"))
    day = f"{timezone.localdate(submission.received_at):%d.%m.%Y}"
    for part in (
        f"Акт снятия показаний приборов учёта электрической энергии № {submission.number} от {day}",
        f"{client.full_name}, ИНН {client.inn}, КПП {client.kpp}, {client.legal_address}",
        f"{settings.RETAILER.legal_name}, ИНН {settings.RETAILER.inn}", f"№ {vega_contract.number}",
        "Предыдущее показание", "Текущее показание", "Разность", "Коэффи", "Расход",
        "Меркурий 234 ART-03 №", "цех экструзии", "326,6", "80", "26 128 кВт·ч",
        "000 012,0", "Итого", "26 150 кВт·ч",
        "Показания снял представитель потребителя", "(должность)", "(подпись)", "(ф. и. о.)",
        "Дата и время снятия показаний", submission.sha256,
    ):  # fmt: skip
        assert part in said, part
    assert "причина" not in said.lower()


def test_a_late_correction_is_named_on_both(
    vega: User, vega_contract: Contract, known: list[Register], period: Month
) -> None:
    make.submission(vega_contract, vega, "1100", period=period.first_day)
    again = make.submission(
        vega_contract, vega, "1200", period=period.first_day, is_late=True,
        correction_reason="ошибка при вводе",
    )  # fmt: skip
    for kind, reason in (
        ("receipt", "Причина исправления ошибка при вводе"),
        ("act", "Заменяет переданные ранее значения: ошибка при вводе"),
    ):
        said = words(printed(again, kind))
        assert "после срока" in said
        assert reason in said
        assert "вместо 001 100,0" in said


@pytest.mark.parametrize("kind", KINDS)
def test_what_comes_later_changes_no_byte(
    submission: Submission, vega: User, known: list[Register], kind: str, period: Month
) -> None:
    before = printed(submission, kind)
    make.billing_answer(submission, known[0], "rejected", reason="нет фото")
    make.reading(known[0], "1500", period=period.first_day)
    make.reading(known[0], "1010", period=earlier(period))
    assert printed(Submission.objects.get(pk=submission.pk), kind) == before


@pytest.mark.parametrize("kind", KINDS)
def test_the_faces_are_pt_sans_alone(submission: Submission, kind: str) -> None:
    names = set()
    for page in PdfReader(io.BytesIO(printed(submission, kind))).pages:
        for font in page["/Resources"]["/Font"].values():
            names.add(str(font.get_object()["/BaseFont"]).rpartition("+")[2].replace("-", ""))
    assert names
    assert {name.strip("/").lower() for name in names} <= {"ptsans", "ptsansbold"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_head_of_a_long_table_stands_on_every_page(
    vega: User, vega_contract: Contract, kind: str
) -> None:
    for _ in range(78):
        make.installation(make.point(vega_contract))
    submission = make.submission(vega_contract, vega, *(str(n) for n in range(80)))
    pages = PdfReader(io.BytesIO(printed(submission, kind))).pages
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        said = " ".join(page.extract_text().replace("\u00a0", " ").replace("\u00ad", "").split())
        if "ТП-" in said:
            assert "Точка учёта" in said
            assert "Коэффи" in said
        assert f"Страница {number} из {len(pages)}" in said
        assert submission.number in said


def test_what_was_typed_is_text_and_no_markup(
    vega: User, vega_contract: Contract, known: list[Register], period: Month
) -> None:
    MARKUP = '<img src="http://127.0.0.1:1/x"> {{ retailer }}'
    submission = make.submission(
        vega_contract, vega, "1100", period=period.first_day, correction_reason=MARKUP
    )
    assert MARKUP in words(printed(submission, "receipt"))


# Making and handing out --------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_small_one_is_made_when_it_is_opened_and_kept(
    submission: Submission, vega: User, login: Login, kind: str
) -> None:
    browser = login(vega)
    first = browser.get(address(submission, kind))
    assert first.status_code == 200
    assert first["Content-Type"] == "application/pdf"
    pdf = content(first)
    paper = SubmissionPaper.objects.get(submission=submission, kind=kind)
    assert (paper.size, paper.sha256) == (len(pdf), hashlib.sha256(pdf).hexdigest())
    assert paper.made_at is not None
    again = browser.get(address(submission, kind) + "?download=1")
    assert content(again) == pdf
    assert first["Content-Disposition"].startswith("inline")
    assert again["Content-Disposition"].startswith("attachment")
    entry = JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).latest("pk")
    assert entry.subject.startswith(str(paper))
    assert entry.details["sha256"] == paper.sha256


def test_a_submission_without_rows_of_papers_has_papers_too(
    vega: User, vega_contract: Contract, login: Login
) -> None:
    """What was handed in before there were papers."""
    submission = make.submission(vega_contract, vega)
    assert login(vega).get(address(submission, "act")).status_code == 200


def test_papers_of_others_and_unknown_ones_are_not_found(
    submission: Submission, vega: User, orion: User, orion_contract: Contract, login: Login
) -> None:
    assert login(orion).get(address(submission, "receipt")).status_code == 404
    through_own = reverse(
        "meters:submission-paper", args=[orion_contract.pk, submission.number, "receipt"]
    )
    assert login(orion).get(through_own).status_code == 404
    assert (
        login(vega).get(address(submission, "receipt").replace("receipt.pdf", "x.pdf")).status_code
        == 404
    )
    assert not SubmissionPaper.objects.exclude(path="").exists()


def test_a_reader_may_open_them(submission: Submission, vega_reader: User, login: Login) -> None:
    assert login(vega_reader).get(address(submission, "act")).status_code == 200


def test_a_large_one_is_left_to_a_worker(
    submission: Submission,
    vega: User,
    login: Login,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(papers, "SMALL", 1)
    monkeypatch.setattr(papers, "_wake", woken.append)
    response = login(vega).get(address(submission, "act"))
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    said = text(response)
    assert "Документ ещё готовится" in said
    assert f"Акт снятия показаний {submission.number}" in said
    assert f'href="{address(submission, "act")}"' in response.content.decode()
    assert woken == [submission.pk]
    papers.make_all(submission.pk)
    assert login(vega).get(address(submission, "act")).status_code == 200


def test_both_papers_are_asked_for_when_the_readings_are_stored(
    vega: User,
    vega_contract: Contract,
    known: list[Register],
    login: Login,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    woken: list[int] = []
    monkeypatch.setattr(papers, "_wake", woken.append)
    with django_capture_on_commit_callbacks(execute=True):
        hand_in(login(vega), vega_contract, "1100")
        assert not woken, "the worker would find nothing before COMMIT"
    submission = Submission.objects.get()
    assert woken == [submission.pk]
    assert sorted(SubmissionPaper.objects.missing().values_list("kind", flat=True)) == sorted(KINDS)
    papers.make_all(submission.pk)
    assert not SubmissionPaper.objects.missing().exists()


def test_what_a_lost_wake_left_is_made_by_the_next_run(submission: Submission) -> None:
    assert papers.make_missing() == 2
    assert papers.make_missing() == 0
    assert not SubmissionPaper.objects.missing().exists()


def test_one_that_cannot_be_made_does_not_stop_the_others(
    submission: Submission, vega: User, login: Login, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_one = printing.make

    def fail(paper: SubmissionPaper) -> bytes:
        if paper.kind == "act":
            raise RuntimeError("no act")
        return make_one(paper)

    monkeypatch.setattr(printing, "make", fail)
    assert papers.make_missing() == 1
    act = SubmissionPaper.objects.get(kind="act")
    assert act.path == ""
    assert act.failed_at is not None
    response = login(vega).get(address(submission, "act"))
    assert response.status_code == 503
    assert "Retry-After" not in response
    assert "Показания приняты, квитанция действительна" in text(response)
    monkeypatch.setattr(printing, "make", make_one)
    assert papers.make_missing() == 0, "it rests for an hour"
    SubmissionPaper.objects.update(failed_at=timezone.now() - datetime.timedelta(hours=2))
    assert papers.make_missing() == 1


def test_a_file_without_its_row_goes(
    submission: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row cannot be written: the file is taken back; what is left after a kill is swept."""
    paper = SubmissionPaper.objects.get(submission=submission, kind="act")
    monkeypatch.setattr(papers, "Now", lambda: "no moment")
    with pytest.raises(Exception, match="no moment"):
        papers.make_paper(paper)
    connection.needs_rollback = False
    assert not list(Path(settings.MEDIA_ROOT).rglob("*.pdf"))


def test_the_act_does_not_claim_what_cannot_be_told(
    vega: User, vega_contract: Contract, known: list[Register], period: Month
) -> None:
    """Less than before, and nobody said why: neither a difference nor a consumption is stated."""
    submission = make.submission(vega_contract, vega, "500", "2100", period=period.first_day)
    said = words(printed(submission, "act"))
    assert "— кВт·ч" not in said
    assert "Итоги без 1 значения, расход по которому не определён." in said
    assert f"Итого {Decimal(100)} кВт·ч" in said


@pytest.mark.django_db(transaction=True)
def test_two_who_make_the_same_paper_make_one_file(
    vega: User, vega_contract: Contract, known: list[Register]
) -> None:
    submission = make.submission(vega_contract, vega)
    paper = SubmissionPaper.objects.create(submission=submission, kind="receipt")
    starting, paths = threading.Barrier(2), []

    def make_it() -> None:
        starting.wait()
        try:
            paths.append(papers.make_paper(SubmissionPaper.objects.get(pk=paper.pk)).path)
        finally:
            connection.close()

    threads = [threading.Thread(target=make_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(paths) == 2
    assert len(set(paths)) == 1
    assert len(list(Path(settings.MEDIA_ROOT).rglob("*.pdf"))) == 1
