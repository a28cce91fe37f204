"""Who may write into a case by mail.

An address alone proves nothing, anybody can write it into «From». So it takes both: the case's
secret address of this side (`staff_token`, `client_token`), and an author who belongs to the side.
"""

from __future__ import annotations

from django.conf import settings
from django.db.models import Q

from accounts.models import User
from accounts.roles import Right
from contracts import access
from contracts.models import Branch, Contract, Specialist, Topic
from messaging.incoming.reading import Letter
from messaging.models import Delivery, Message
from messaging.thread import Person

# Everybody has an address there: the domain says nothing about who works where.
_PUBLIC_DOMAINS = frozenset(
    {
        "bk.ru", "gmail.com", "hotmail.com", "icloud.com", "inbox.ru", "internet.ru",
        "list.ru", "live.com", "mail.ru", "outlook.com", "rambler.ru", "ya.ru", "yahoo.com",
        "yandex.com", "yandex.ru",
    }
)  # fmt: skip


class Unknown(Exception):
    """The author is not of this side; the text is a sentence for the office."""


def find_case(tag: str, *, prefix: str, field: str) -> Message | None:
    """The case whose `field` is the token of the tag."""
    token = tag.removeprefix(prefix)
    if not tag.startswith(prefix) or not token:
        return None
    found: Message | None = Message.objects.filter(**{field: token}).first()
    return found


def staff(letter: Letter, message: Message) -> Person:
    """Who of the retailer wrote the letter.

    Raises:
        Unknown: nobody of the retailer's has this address.
    """
    address = letter.address
    if not address:
        raise Unknown("В письме не назван один отправитель.")
    person = specialist_of(address, message)
    if person:
        return Person(specialist=person)
    user = User.objects.filter(email__iexact=address, is_staff=True, is_active=True).first()
    if user:
        return Person(user=user)
    if _is_of_retailer(address) or _domain(address) in _domains_of(message):
        return Person(sender=letter.sender)
    raise Unknown("Адреса отправителя нет среди адресов специалистов и отделов.")


def client(letter: Letter, message: Message) -> Person:
    """Who of the client wrote the letter.

    The address that was given in the message counts while its author may still write; somebody
    whose access has ended may not, whatever address he has.

    Raises:
        Unknown: nobody who may write about the contract has this address.
    """
    address = letter.address
    if not address:
        raise Unknown("В письме не назван один отправитель.")
    users = list(User.objects.filter(email__iexact=address).order_by("pk"))
    allowed = next((user for user in users if _may_write(user, message.contract)), None)
    if allowed:
        return Person(user=allowed)
    if users:
        raise Unknown("У отправителя нет доступа к договору или права отправлять сообщения.")
    if address != message.email.lower():
        raise Unknown("Письмо не с того адреса, который клиент указал для ответа.")
    if not _may_write(message.author, message.contract):
        raise Unknown("У автора обращения больше нет доступа к договору.")
    return Person(sender=letter.sender)


def specialist_of(address: str, message: Message) -> Specialist | None:
    """The working specialist with this address: of several the one who has the case."""
    found = list(Specialist.objects.filter(email__iexact=address, is_active=True).order_by("pk"))
    holder = next((one for one in found if one.pk == message.specialist_id), None)
    return holder or next(iter(found), None)


def member_of(address: str, message: Message) -> User | None:
    """The client's person with this address who may write about the contract."""
    users = User.objects.filter(email__iexact=address).order_by("pk")
    return next((user for user in users if _may_write(user, message.contract)), None)


def _may_write(user: User, contract: Contract) -> bool:
    allowing = access.contracts_allowing(user, Right.SEND_MESSAGES)
    return user.is_active and allowing.filter(pk=contract.pk).exists()


def _is_of_retailer(address: str) -> bool:
    """Whether it is the address of a group, of a branch or of whoever is on duty."""
    of_topic = Q(email__iexact=address) | Q(fallback_email__iexact=address)
    return (
        address == settings.RETAILER.duty_email.lower()
        or Topic.objects.filter(of_topic).exists()
        or Branch.objects.filter(email__iexact=address).exists()
    )


def _domains_of(message: Message) -> set[str]:
    """The domains to which the retailer's letters about the case went."""
    letters = message.deliveries.exclude(purpose__in=Delivery.TO_CLIENT)
    sent_to = {message.to, *letters.values_list("to", flat=True)}
    return {_domain(address) for address in sent_to} - _PUBLIC_DOMAINS - {""}


def _domain(address: str) -> str:
    return address.lower().rpartition("@")[2]
