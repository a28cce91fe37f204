"""The letter to the specialist: what is in it, and that nothing typed reaches its headers."""

from __future__ import annotations

import email
import email.policy
import uuid
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from accounts.models import User
from cabinet import accepting, tidying
from contracts.models import Contract, Specialist, Topic
from messaging import drafts, letters, repeats, sending, thread
from messaging.models import Attachment, Delivery, Message
from tests import make
from tests.messaging.post import PDF, pdf

pytestmark = pytest.mark.django_db

HEADERS = {
    "Content-Type", "MIME-Version", "Subject", "From", "To", "Reply-To", "Date", "Message-ID",
}  # fmt: skip
THREAD_HEADERS = {"In-Reply-To", "References"}
Purpose = Delivery.Purpose


def send(author: User, contract: Contract, topic: Topic, *uploads: Any, **words: str) -> Delivery:
    """Send a message; its delivery."""
    form_key = uuid.uuid4()
    values = {"text": "Вопрос", "email": "buh@vega.example", "phone": "+7 900 000-00-01", **words}
    typed = repeats.Typed(topic=topic, **values)
    drafts.keep(author=author, contract=contract, form_key=form_key, typed=typed, uploads=uploads)
    message = sending.send_message(
        author=author, contract=contract, form_key=form_key, topic=topic, **values
    )
    return message.deliveries.get(purpose=Purpose.QUESTION)


def arrived(delivery: Delivery) -> EmailMessage:
    """The letter as it comes out of the specialist's mail program."""
    message: Any = letters.build(delivery).message()
    raw = message.as_bytes(linesep="\r\n")
    assert max(map(len, raw.split(b"\r\n"))) < 998
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def bodies(letter: EmailMessage) -> tuple[str, str]:
    """Plain and HTML text."""
    plain, html = letter.get_body(("plain",)), letter.get_body(("html",))
    assert plain is not None
    assert html is not None
    return plain.get_content().replace("\r\n", "\n"), html.get_content()


def test_the_letter_holds_everything(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    delivery = send(
        vega, vega_contract, topic, pdf("Акт замены ПУ.pdf"), text="Первая\n\nВторая <b>"
    )
    letter = arrived(delivery)
    number = delivery.message.number
    assert set(letter.keys()) == HEADERS
    assert letter["Subject"].strip() == f"Обращение {number}, договор № 35-01-004217"
    assert letter["To"] == specialist.email
    assert letter["Reply-To"] == letters.staff_address(delivery.message)
    assert letter["Message-ID"] == delivery.mail_id
    assert letter["From"].addresses[0].display_name == "Личный кабинет"
    for body in bodies(letter):
        for words in (
            number, "35-01-004217", "ООО «Вега»", vega_contract.client.inn, topic.name,
            "buh@vega.example", "+7 900 000-00-01", "Громов Андрей Ильич, генеральный директор",
            "Акт замены ПУ.pdf", specialist.full_name,
        ):  # fmt: skip
            assert words in body
    plain, html = bodies(letter)
    assert "Первая\n\nВторая <b>" in plain
    assert "Вторая &lt;b&gt;" in html


def test_a_repeat_is_the_same_letter(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    delivery = send(vega, vega_contract, topic)
    first, second = arrived(delivery), arrived(Delivery.objects.get(pk=delivery.pk))
    assert first["Message-ID"] == second["Message-ID"]
    assert bodies(first) == bodies(second)


def test_a_number_with_quotes_is_not_escaped(
    vega: User, vega_contract: Contract, topic: Topic
) -> None:
    Contract.objects.filter(pk=vega_contract.pk).update(number="35&'01'")
    vega_contract.refresh_from_db()
    assert "договор № 35&'01'" in arrived(send(vega, vega_contract, topic))["Subject"]


def test_an_address_in_a_cyrillic_domain(vega: User, vega_contract: Contract, topic: Topic) -> None:
    delivery = send(vega, vega_contract, topic, email="buh@пример.рф")
    copy = delivery.message.deliveries.get(purpose=Purpose.RECEIPT)
    assert arrived(copy)["To"] == "buh@xn--e1afmkfd.xn--p1ai"


def test_files_arrive_byte_for_byte(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    csv = "точка;показание\r\nТП-14;018 412,5\n\rконец".encode("cp1251")
    files = [pdf("Акт № 1 «ТП-14».pdf"), SimpleUploadedFile("показания.csv", csv)]
    letter = arrived(send(vega, vega_contract, topic, *files))
    got = {part.get_filename(): part.get_payload(decode=True) for part in letter.iter_attachments()}
    assert got == {"Акт № 1 «ТП-14».pdf": PDF, "показания.csv": csv}


def test_a_deputy_is_named(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    deputy = make.specialist(vega_contract.branch, last_name="Кузнецов", position="инженер")
    leave = make.leave(specialist, deputy)
    plain, _ = bodies(arrived(send(vega, vega_contract, topic)))
    until = f"{leave.ends_on:%d.%m.%Y}"
    assert f"инженер (замещает: {specialist.short_name}, до {until} включительно)" in plain


any_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=300)


@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(text=any_text, file_name=any_text, person=any_text, topic_name=any_text)
def test_any_words_stay_out_of_the_headers(
    text: str,
    file_name: str,
    person: str,
    topic_name: str,
    vega: User,
    vega_contract: Contract,
    topic: Topic,
    specialist: Specialist,
    settings: Settings,
) -> None:
    """Text, names of files, people, topics, companies: every letter has the known headers only."""
    settings.MESSAGES_PER_HOUR = settings.MESSAGES_PER_DAY = 1000
    words = person.replace("\0", "")
    vega.first_name = vega.last_name = words[:150]
    vega.save()
    for row, names in (
        (specialist, ("first_name", "position")),
        (topic, ("name", "group_name")),
        (vega_contract, ("place",)),
        (vega_contract.client, ("short_name",)),
    ):
        for name in names:
            setattr(row, name, topic_name.replace("\0", "")[:150])
        row.save()
    Message.objects.all().update(sent_at=Now() - repeats.TWIN_WITHIN * 2)  # no repeats here
    typed_text = tidying.tidy(text)
    delivery = send(vega, vega_contract, topic, text=typed_text)
    name = accepting.clean_name(f"{file_name}.pdf")
    message = delivery.message
    make.attachment(message, name=name, content=PDF)
    number = message.number
    letter = arrived(delivery)
    assert set(letter.keys()) == HEADERS
    assert letter["Subject"].strip() == f"Обращение {number}, договор № 35-01-004217"
    assert [str(one) for one in letter["To"].addresses] == [specialist.email]
    (part,) = letter.iter_attachments()
    assert part.get_filename() == name
    assert part.get_payload(decode=True) == PDF
    plain, _ = bodies(letter)
    assert typed_text in plain
    said_by = thread.Person(sender=words[:400])
    thread.add(message, who=said_by, text=typed_text)
    thread.answer(message, who=said_by, text=typed_text)
    thread.close(message, who=said_by, text=typed_text)
    for later in message.deliveries.exclude(pk=delivery.pk):
        letter = arrived(later)
        assert set(letter.keys()) <= HEADERS | THREAD_HEADERS | {"Auto-Submitted"}
        assert letter["Subject"].strip().startswith(f"Обращение {number}")
        assert typed_text in bodies(letter)[0]


def test_each_side_has_an_address_of_its_own(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    message = send(vega, vega_contract, topic).message
    thread.answer(message, who=thread.Person(specialist=specialist), text="Учли.")
    by_side = {False: letters.staff_address(message), True: letters.client_address(message)}
    for delivery in message.deliveries.all():
        letter = arrived(delivery)
        other = by_side[not delivery.is_to_client]
        assert letter["Reply-To"] == by_side[delivery.is_to_client]
        assert other not in letter.as_string(), "a client must not be able to answer himself"
    assert message.staff_token not in letters.client_address(message)


def test_a_conversation_stays_together(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    question = send(vega, vega_contract, topic)
    message = question.message
    thread.answer(message, who=thread.Person(specialist=specialist), text="Пришлите фото.")
    thread.add(message, who=thread.Person(user=vega), text="Прилагаем.")
    copy, reply = message.deliveries.filter(to="buh@vega.example").order_by("pk")
    addition = message.deliveries.get(purpose=Purpose.ADDITION)
    assert arrived(reply)["References"] == copy.mail_id
    assert arrived(addition)["References"] == question.mail_id
    assert arrived(copy)["Auto-Submitted"] == "auto-generated"
    assert arrived(reply)["Auto-Submitted"] is None, "a person wrote it"


def test_whoever_gets_it_later_reads_the_whole_course(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist, office: User
) -> None:
    message = send(vega, vega_contract, topic, pdf(), text="Первый вопрос").message
    by_office = thread.Person(user=office)
    thread.answer(message, who=by_office, text="Пришлите фото", asks=True)
    thread.add(message, who=thread.Person(user=vega), text="Вот фото")
    other = make.specialist(vega_contract.branch, last_name="Новиков")
    thread.hand_over(message, who=by_office, specialist=other, text="Посмотрите журнал")
    letter = arrived(message.deliveries.get(purpose=Purpose.HANDOVER))
    assert letter["To"] == other.email
    for body in bodies(letter):
        places = [body.index(words) for words in ("Первый вопрос", "Пришлите фото", "Вот фото")]
        assert places == sorted(places)
        assert "Посмотрите журнал" in body
        assert other.full_name in body
    assert [part.get_filename() for part in letter.iter_attachments()] == ["Акт замены ПУ.pdf"]
    for_client = " ".join(
        bodies(arrived(one))[0] for one in message.deliveries.filter(purpose__in=Delivery.TO_CLIENT)
    )
    assert "Посмотрите журнал" not in for_client


def test_a_file_with_a_virus_is_named_and_left_behind(
    vega: User, vega_contract: Contract, topic: Topic, specialist: Specialist
) -> None:
    question = send(vega, vega_contract, topic, pdf("Акт.pdf"), pdf("Счёт.pdf", PDF + b"\n"))
    question.message.attachments.filter(name="Счёт.pdf").update(
        scan=Attachment.Scan.INFECTED, virus="Eicar-Test-Signature"
    )
    letter = arrived(question)
    assert [part.get_filename() for part in letter.iter_attachments()] == ["Акт.pdf"]
    for body in bodies(letter):
        assert "Файл «Счёт.pdf» не передан" in body
