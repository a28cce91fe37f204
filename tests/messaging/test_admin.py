"""The office looks at messages, takes their files and sends letters again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import JournalEntry, User
from contracts.models import Contract, Specialist, Topic
from messaging.models import Attachment, Delivery, Message
from tests import make
from tests.messaging.post import PDF, pdf, post

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def message(vega: User, vega_contract: Contract, specialist: Specialist, login: Login) -> Message:
    """A message with a file, sent, without its copy for the client."""
    post(login(vega), vega_contract, files=[pdf()])
    Delivery.objects.filter(purpose=Delivery.Purpose.RECEIPT).delete()
    return Message.objects.get()


@pytest.mark.parametrize("query", ["number", "contract", "client", "inn", "email"])
def test_a_message_is_found(
    query: str,
    message: Message,
    office: User,
    login: Login,
    orion: User,
    orion_contract: Contract,
    topic: Topic,
) -> None:
    make.message(orion_contract, orion, topic)
    words = {
        "number": message.number,
        "contract": message.contract.number,
        "client": "Вега",
        "inn": message.contract.client.inn,
        "email": message.email,
    }[query]
    page = login(office).get(reverse("admin:messaging_message_changelist"), {"q": words})
    assert [row.pk for row in page.context["cl"].result_list] == [message.pk]


def test_a_message_is_read_and_never_changed(message: Message, office: User, login: Login) -> None:
    browser = login(office)
    address = reverse("admin:messaging_message_change", args=[message.pk])
    page = browser.get(address).content.decode()
    assert message.text in page
    assert message.attachments.get().name in page
    assert message.deliveries.get().to in page
    assert browser.post(address, {"text": "Другое"}).status_code == 403
    message.refresh_from_db()
    assert message.text != "Другое"


def file_address(message: Message) -> str:
    """The office's address of a message's file."""
    return reverse("admin:messaging_message_file", args=[message.pk, message.attachments.get().pk])


def test_a_file_is_handed_out_and_journalled(message: Message, office: User, login: Login) -> None:
    response = login(office).get(file_address(message))
    assert b"".join(response.streaming_content) == PDF  # type: ignore[attr-defined]
    assert response["Content-Disposition"].startswith("attachment")
    entry = JournalEntry.objects.get(action=JournalEntry.Action.FILE_OPENED)
    assert (entry.user, entry.client) == (office, message.contract.client)


def test_files_need_the_right_to_files(
    message: Message, office: User, vega: User, login: Login
) -> None:
    group = office.groups.get()
    group.permissions.remove(Permission.objects.get(codename="view_attachment"))
    assert login(office).get(file_address(message)).status_code == 403
    assert login(vega).get(file_address(message)).status_code == 403
    assert not JournalEntry.objects.filter(action=JournalEntry.Action.FILE_OPENED).exists()


def test_a_file_of_another_message(
    message: Message, office: User, vega: User, topic: Topic, login: Login
) -> None:
    other = make.message(message.contract, vega, topic)
    address = reverse("admin:messaging_message_file", args=[other.pk, Attachment.objects.get().pk])
    assert login(office).get(address).status_code == 404


def test_undelivered_letters_are_found_and_sent_again(
    message: Message, office: User, login: Login
) -> None:
    Delivery.objects.update(state="failed", attempts=17, last_error="550 no such user")
    browser = login(office)
    address = reverse("admin:messaging_delivery_changelist")
    page = browser.get(address, {"state__exact": "failed"})
    assert "550 no such user" in page.content.decode()
    chosen = {"action": "send_again", "_selected_action": [Delivery.objects.get().pk]}
    answer = browser.post(address, chosen, follow=True)
    assert "В очередь возвращено: 1" in answer.content.decode()
    assert Delivery.objects.due().get().attempts == 0


def test_looking_is_not_sending(message: Message, office: User, login: Login) -> None:
    Delivery.objects.update(state="failed")
    office.groups.get().permissions.remove(Permission.objects.get(codename="change_delivery"))
    address = reverse("admin:messaging_delivery_changelist")
    chosen = {"action": "send_again", "_selected_action": [Delivery.objects.get().pk]}
    login(office).post(address, chosen)
    assert Delivery.objects.get().state == "failed"
    assert (
        login(office)
        .get(reverse("admin:messaging_delivery_change", args=[Delivery.objects.get().pk]))
        .status_code
        == 200
    )
