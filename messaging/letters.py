"""Letters about messages: to whoever answers, and to the client.

Whoever gets one answers by ordinary mail: Reply-To is the address of this very message, one for
each side, and what arrives there becomes an answer or an addition (messaging/incoming).
"""

from __future__ import annotations

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse

from accounts.models import Membership
from cabinet import mail
from messaging import delivery as deliveries
from messaging.models import Delivery, Entry, Message

# What the tag of a message's address begins with.
STAFF = "s"
CLIENT = "k"
# An answer by mail ends here: what follows is the letter that was answered.
CUT_HERE = "— Пишите ответ выше этой строки —"

Purpose = Delivery.Purpose

_TEMPLATES = {
    Purpose.QUESTION: "to_specialist",
    Purpose.HANDOVER: "to_specialist",
    Purpose.ADDITION: "addition",
    Purpose.REMINDER: "reminder",
    Purpose.ESCALATION: "escalation",
    Purpose.RECEIPT: "receipt",
    Purpose.ANSWER: "answer",
    Purpose.CLOSURE: "closure",
}


def staff_address(message: Message) -> str:
    """Where whoever answers the message writes to."""
    return mail.address_with(f"{STAFF}{message.staff_token}")


def client_address(message: Message) -> str:
    """Where the client writes to."""
    return mail.address_with(f"{CLIENT}{message.client_token}")


def build(delivery: Delivery) -> EmailMessage:
    """The letter of a delivery: the same at every try but for the files that `has_links` drops."""
    message = Message.objects.select_related(
        "contract__client", "contract__branch", "topic", "author", "specialist", "deputy_for"
    ).get(pk=delivery.message_id)
    delivery.message = message
    files = list(deliveries.files_of(delivery).order_by("pk"))
    letter = mail.build(
        mail.compose(
            f"messaging/letters/{_TEMPLATES[Purpose(delivery.purpose)]}",
            _context(delivery, message)
            | {"files": files, "withheld": list(deliveries.withheld_from(delivery))},
        ),
        to=delivery.to,
        message_id=delivery.mail_id,
        reply_to=[client_address(message) if delivery.is_to_client else staff_address(message)],
        references=_first_letter(delivery),
        # Only what a person wrote is not automatic: nobody's machine answers the rest.
        is_automatic=delivery.purpose in (Purpose.REMINDER, Purpose.ESCALATION, Purpose.RECEIPT),
    )
    if not delivery.has_links:
        for file in files:
            mail.attach(letter, name=file.name, content=file.read(), content_type=file.content_type)
    return letter


def _context(delivery: Delivery, message: Message) -> dict[str, object]:
    entry = delivery.entry
    return {
        "cut_here": CUT_HERE,
        "delivery": delivery,
        "message": message,
        "entry": entry,
        "contract": message.contract,
        "client": message.contract.client,
        "position": _position(message),
        "addressee": delivery.addressee_words,
        "who": _author(delivery, entry) if entry else "",
        "course": _course(delivery),
        "page": settings.SITE_URL + message.get_absolute_url(),
        "office_page": settings.SITE_URL
        + reverse("admin:messaging_message_change", args=[message.pk]),
    }


def _author(delivery: Delivery, entry: Entry) -> str:
    return answered_by(entry) if delivery.is_to_client else who_wrote(entry)


def answered_by(entry: Entry) -> str:
    """Who of the retailer answered, for the client: never an address or a login inside it."""
    if entry.specialist:
        return f"{entry.specialist.full_name}, {entry.specialist.position}"
    name = entry.author.full_name if entry.author else parseaddr(entry.sender)[0]
    return name if name and "@" not in name else entry.message.topic.group_label


def who_wrote(entry: Entry) -> str:
    """Who said it: «Кузнецов Артём Олегович, инженер», a name of the office, a letter's sender."""
    if entry.specialist:
        return f"{entry.specialist.full_name}, {entry.specialist.position}"
    if entry.author:
        return entry.author.full_name or entry.author.username
    return entry.sender


def _course(delivery: Delivery) -> list[tuple[Entry, str]]:
    """What was said so far, oldest first, for somebody who gets the message later than others."""
    if delivery.purpose != Purpose.HANDOVER:
        return []
    kinds = (Entry.Kind.ADDITION, Entry.Kind.NOTE, *Entry.FROM_RETAILER)
    said = delivery.message.entries.filter(kind__in=kinds).exclude(text="").order_by("pk")
    if delivery.entry_id:
        said = said.filter(pk__lte=delivery.entry_id)
    return [(entry, who_wrote(entry)) for entry in said.select_related("author", "specialist")]


def _first_letter(delivery: Delivery) -> str:
    """The Message-ID with which this side's letters about the message began."""
    mine = Delivery.objects.filter(message=delivery.message_id)
    to_client = mine.filter(purpose__in=Delivery.TO_CLIENT)
    side = to_client if delivery.is_to_client else mine.exclude(purpose__in=Delivery.TO_CLIENT)
    return side.order_by("pk").values_list("mail_id", flat=True).first() or ""


def _position(message: Message) -> str:
    """The author's position at the client's."""
    membership = Membership.objects.filter(
        user=message.author_id, client=message.contract.client_id
    )
    return membership.order_by("-starts_on", "-pk").values_list("position", flat=True).first() or ""
