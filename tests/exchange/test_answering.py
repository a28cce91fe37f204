"""Billing's answer to a batch: all of a file or nothing, once, down to the client's own pages."""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Sequence

import pytest
from django.core.files.storage import default_storage
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract, Topic
from exchange.models import AnswerFile, CaseAnswer, OutgoingBatch
from exchange.outgoing import (
    answer_rows,
    answering,
    batch_content,
    batch_files,
    batching,
    case_answers,
)
from messaging import thread
from messaging.models import Delivery, Message
from meters.models import BillingAnswer, Submission
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Kind = OutgoingBatch.Kind


@pytest.fixture
def receipt(vega: User, vega_contract: Contract) -> Submission:
    return make.submission(vega_contract, vega, "100.5", "200.0")


@pytest.fixture
def batch(receipt: Submission) -> OutgoingBatch:
    return batching.make(kind=Kind.READINGS)


def take(batch: OutgoingBatch, text: str | bytes, name: str = "answers.csv") -> AnswerFile:
    content = text.encode() if isinstance(text, str) else text
    return answering.take(batch=batch, stream=io.BytesIO(content), name=name)[0]


def answered(batch: OutgoingBatch) -> int:
    batch.refresh_from_db()
    return batch.answered


def test_an_answer_reaches_the_client(
    batch: OutgoingBatch, receipt: Submission, vega: User, login: Login
) -> None:
    taken = take(batch, "row;state;reason\n1;rejected;нет фотографии табло\n2;accepted;\n")
    assert (taken.rows, taken.new, answered(batch)) == (2, 2, 2)
    browser = login(vega)
    address = reverse("meters:receipt", args=[receipt.contract_id, receipt.number])
    page = browser.get(address).content.decode()
    assert "нет фотографии табло" in page
    assert "отклонено" in page
    history = browser.get(
        reverse("meters:reading-history", args=[receipt.contract_id]), {"year": receipt.period.year}
    )
    assert "нет фотографии табло" in history.content.decode()


def test_the_same_answer_again_changes_nothing(batch: OutgoingBatch) -> None:
    text = "row;state\n1;accepted\n2;accepted\n"
    first = take(batch, text)
    again, is_new = answering.take(batch=batch, stream=io.BytesIO(text.encode()), name="b.csv")
    assert (again, is_new) == (first, False)
    # The same verdicts in other words.
    assert take(batch, "state,row\nпринято,1\nПРИНЯТО,2\n").new == 0
    assert BillingAnswer.objects.count() == 2
    assert answered(batch) == 2


def test_a_later_verdict_is_a_row_of_its_own(batch: OutgoingBatch) -> None:
    take(batch, "row;state\n1;accepted\n")
    assert take(batch, "row;state\n1;counted\n").new == 1
    assert list(BillingAnswer.objects.values_list("state", flat=True)) == ["counted", "accepted"]
    assert answered(batch) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Файл пустой"),
        ("row;verdict\n1;accepted\n", "неизвестный столбец «verdict»"),
        ("row;reason\n1;x\n", "нет столбца state («Ответ»)"),
        ("row;row;state\n1;1;accepted\n", "столбец «row» повторяется"),
        ("row;state\n1;lost\n", "Строка файла 2: ответ «lost» неизвестен"),
        ("row;state\nx;accepted\n", "Строка файла 2: «x» — не номер строки партии"),
        ("row;state\n1;accepted\n3;accepted\n", "Строка файла 3: в партии строк 2, а ответ дан на"),
        ("row;state\n1;accepted\n1;counted\n", "Строка файла 3: второй ответ на строку партии 1"),
        ("row;state\n1;rejected\n", "Строка файла 2: у отказа нет причины"),
        (f"row;state;reason\n1;rejected;{'x' * 301}\n", "причина длиннее 300 знаков"),
        ("row;state;answered_at\n1;accepted;2099-01-01\n", "ответ дан в будущем"),
        ("row;state;answered_at\n1;accepted;вчера\n", "«вчера» — не время"),
        ("row;state;answered_at\n1;accepted;01.01.2020\n", "Строка файла 2: ответ дан 01.01.2020"),
        (
            "row;state;receipt\n1;accepted;ПП-2026-10-000000-0\n",
            "Строка файла 2: в столбце receipt",
        ),
        ("row;state;value\n1;accepted;100,6\n", "Строка файла 2: в столбце value «100,6»"),
        ("row;state\n", "В файле нет ни одного ответа"),
        ("row;state\n1;accepted\n2;\x00\n", "Строка файла 3: нулевой байт"),
        ("row;state;reason\n1;accepted;a\x00b\n", "Строка файла 2: нулевой байт"),
        ("row;state\x00\n1;accepted\n", "неизвестный столбец «state?»"),
        (b"%PDF-1.7\n%\xff", "неизвестный столбец"),
    ],
)
def test_a_wrong_file_is_refused_whole(batch: OutgoingBatch, text: str | bytes, words: str) -> None:
    with pytest.raises(answering.AnswerRefused) as caught:
        take(batch, text)
    assert words in str(caught.value)
    assert not BillingAnswer.objects.exists()
    assert not AnswerFile.objects.exists()


def test_mistakes_of_every_kind_are_told_at_once(batch: OutgoingBatch) -> None:
    """Also two of one row."""
    with pytest.raises(answering.AnswerRefused) as caught:
        take(batch, "row;state;value\n1;lost;7,5\n1;accepted;\n2;\x00;\n7;accepted;\n")
    told = [(problem.number, problem.words.split(" ")[0]) for problem in caught.value.problems]
    assert told == [(2, "ответ"), (2, "в"), (3, "второй"), (4, "нулевой"), (5, "в")]


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8-sig", ";"), ("cp1251", ";"), ("utf-8", "\t"), ("utf-8", ",")],
)
def test_a_file_of_any_program_is_read(
    batch: OutgoingBatch, receipt: Submission, encoding: str, delimiter: str
) -> None:
    day = timezone.localdate(receipt.received_at)
    rows = [
        ["Строка", "Квитанция", "Показание", "Ответ", "Причина", "Когда"],
        ["1", receipt.number, "100.5", "Отклонено", "нет фото", f"{day:%d.%m.%Y}"],
        ["2", receipt.number, "200", "", "", ""],
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    assert take(batch, text.encode(encoding)).rows == 1
    answer = BillingAnswer.objects.get()
    assert (answer.state, answer.reason) == ("rejected", "нет фото")
    assert timezone.localtime(answer.answered_at).replace(tzinfo=None) == datetime.datetime.combine(
        day, datetime.time()
    )


def test_the_batchs_own_file_with_a_verdict_is_an_answer(batch: OutgoingBatch) -> None:
    stored = batch_files.file_of(batch, "csv")
    lines = default_storage.open(stored.path).read().decode().splitlines()
    lines = [f"{lines[0]};state", *(f"{line};counted" for line in lines[1:])]
    assert take(batch, "\n".join(lines)).new == 2


@pytest.mark.parametrize("kind", list(Kind))
def test_no_column_of_a_batch_is_taken_for_an_answers(kind: str) -> None:
    """Else the batch's own file could not come back."""
    names = {column.name for column in batch_content.COLUMNS[kind]} - {"row"}
    titles = {column.title.casefold() for column in batch_content.COLUMNS[kind]} - {"строка"}
    assert not (names | titles) & answer_rows._OWN.keys()


def test_an_answer_by_a_package_counts_too(batch: OutgoingBatch, receipt: Submission) -> None:
    for n, reading in enumerate([*receipt.readings.all(), receipt.readings.first()]):
        BillingAnswer.objects.create(
            external_id=f"a-{n}", submission=receipt, register=reading.register, state="accepted",
            answered_at=receipt.received_at,
        )  # fmt: skip
    assert answered(batch) == 2


# Cases -------------------------------------------------------------------------------------------


@pytest.fixture
def case(vega: User, vega_contract: Contract, topic: Topic) -> Message:
    return make.message(vega_contract, vega, topic)


def test_a_case_is_answered_in_its_course(case: Message, vega: User, login: Login) -> None:
    batch = batching.make(kind=Kind.CASES)
    document = make.document(case.contract)
    text = f"row;case;state;reason;document\n1;{case.number};done;;{document.external_id}\n"
    assert take(batch, text).new == 1
    page = login(vega).get(case.get_absolute_url()).content.decode()
    assert "Ваше обращение исполнено и закрыто." in page
    assert document.number in page
    assert "Биллинг" not in page
    assert case.deliveries.filter(purpose=Delivery.Purpose.ANSWER).exists()
    case.refresh_from_db()
    assert (case.state, answered(batch)) == ("closed", 1)
    assert take(batch, text + "\n").new == 0
    assert case.entries.filter(kind="answer").count() == 1


def test_counted_answers_nothing_and_rejected_leaves_the_case_to_the_client(case: Message) -> None:
    batch = batching.make(kind=Kind.CASES)
    take(batch, "row;state;reason\n1;учтено;войдёт в счёт за ноябрь\n")
    due_on = case.due_on
    case.refresh_from_db()
    assert (case.state, case.answered_at, case.due_on) == ("open", None, due_on)
    take(batch, "row;state;reason\n1;отклонено;нет подписи\n")
    case.refresh_from_db()
    assert case.state == "answered"
    texts = list(case.entries.order_by("pk").values_list("text", flat=True))
    assert texts == [
        "Ваше обращение учтено.\n\nвойдёт в счёт за ноябрь",
        "По вашему обращению отказано.\n\nПричина: нет подписи",
    ]
    assert (CaseAnswer.objects.count(), answered(batch)) == (2, 1)


def state_of(case: Message) -> str:
    case.refresh_from_db()
    return case.state


def test_a_verdict_that_was_given_earlier_is_not_told_after_the_later_one(case: Message) -> None:
    batch = batching.make(kind=Kind.CASES)
    before = case.sent_at - datetime.timedelta(hours=1)
    take(batch, f"row;state;answered_at\n1;done;{case.sent_at.isoformat()}\n")
    late = f"row;state;reason;answered_at\n1;rejected;нет оснований;{before.isoformat()}\n"
    assert take(batch, late).new == 0
    assert case.entries.filter(kind="answer").count() == 1
    assert state_of(case) == "closed"


def test_wrong_documents_are_named_in_the_order_of_the_file(case: Message) -> None:
    for _ in range(29):
        make.message(case.contract, case.author, case.topic)
    rows = "".join(f"{30 - place};done;нет-{place}\n" for place in range(30))
    with pytest.raises(answering.AnswerRefused) as caught:
        take(batching.make(kind=Kind.CASES), f"row;state;document\n{rows}")
    assert [one.number for one in caught.value.problems] == list(range(2, 22))


def test_a_case_that_this_very_file_has_ended_stays_so(case: Message, vega: User) -> None:
    """Its question and its addition are two rows of the batch."""
    thread.add(case, who=thread.Person(user=vega), text="И ещё вот что.")
    batch = batching.make(kind=Kind.CASES)
    assert take(batch, "row;state\n1;done\n2;counted\n").new == 2
    assert state_of(case) == "closed"
    assert case.entries.filter(kind="answer").count() == 2


def test_a_case_that_is_opened_again_meanwhile_stays_open(
    case: Message, vega: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client writes after the rows of the file were read, before its answer is written."""
    batch = batching.make(kind=Kind.CASES)
    who = thread.Person(user=vega)
    thread.close(case, who=who)
    read = case_answers._latest

    def written_meanwhile(verdicts: Sequence[case_answers._Verdict]) -> dict[int, CaseAnswer]:
        assert verdicts[0].outgoing.message.is_closed
        thread.add(case, who=who, text="Нет, вопрос не решён.")
        return read(verdicts)

    monkeypatch.setattr(case_answers, "_latest", written_meanwhile)
    take(batch, "row;state;reason\n1;rejected;нет подписи\n")
    assert state_of(case) == "answered"


def test_a_request_is_answered_as_a_request(vega: User, vega_contract: Contract) -> None:
    request = make.message(vega_contract, vega, make.topic(code="documents"))
    take(batching.make(kind=Kind.REQUESTS), "row;state\n1;done\n")
    assert request.entries.get(kind="answer").text == "Ваш запрос исполнен и закрыт."


@pytest.mark.parametrize("whose", ["another contract's", "nobody's", "not published"])
def test_a_document_that_the_client_does_not_see_is_refused(
    case: Message, orion_contract: Contract, whose: str
) -> None:
    code = "no-such"
    if whose == "another contract's":
        code = make.document(orion_contract).external_id
    if whose == "not published":
        later = timezone.now() + datetime.timedelta(days=1)
        code = make.document(case.contract, published_at=later).external_id
    batch = batching.make(kind=Kind.CASES)
    with pytest.raises(answering.AnswerRefused, match="нет опубликованного документа"):
        take(batch, f"row;state;document\n1;done;{code}\n")
    assert not case.entries.exists()


def test_answers_to_cases_are_written_block_by_block(
    case: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        make.message(case.contract, case.author, case.topic)
    monkeypatch.setattr(case_answers, "_BLOCK", 2)
    batch = batching.make(kind=Kind.CASES)
    take(batch, "row;state\n2;done\n")
    text = "row;state\n" + "".join(f"{row};done\n" for row in (5, 3, 1, 2, 4))
    assert (take(batch, text).new, answered(batch)) == (4, 5)
    assert CaseAnswer.objects.values("outgoing").distinct().count() == 5
    assert Delivery.objects.filter(purpose=Delivery.Purpose.ANSWER).count() == 5


def test_a_wrong_document_in_the_last_block_refuses_the_first_too(
    case: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        make.message(case.contract, case.author, case.topic)
    monkeypatch.setattr(case_answers, "_BLOCK", 1)
    batch = batching.make(kind=Kind.CASES)
    with pytest.raises(answering.AnswerRefused) as caught:
        take(batch, "row;state;document\n1;done;\n2;done;lost\n3;done;gone\n")
    assert [problem.number for problem in caught.value.problems] == [3, 4]
    assert not Delivery.objects.filter(purpose=Delivery.Purpose.ANSWER).exists()
    assert not CaseAnswer.objects.exists()
