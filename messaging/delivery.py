"""Letters about messages: which files go along, and what happens when one is refused."""

from __future__ import annotations

from functools import partial

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Now

from cabinet import celery
from contracts.models import Contract, Specialist
from contracts.supervision import Rule
from messaging import routing
from messaging.models import Attachment, Delivery, Entry, Message

Purpose = Delivery.Purpose
State = Delivery.State

_NO_READER = (
    "Письмо клиенту не отправлено: у автора обращения больше нет доступа к договору."
    " Его коллеги видят всё в кабинете."
)


def queue(message: Message, *, purpose: str, entry: Entry | None = None) -> Delivery | None:
    """Put a letter into the outbox: to the client, or to whoever has the message now.

    While one of its files is being checked the letter is held. A worker is woken after COMMIT. None
    when the author has lost access to the contract: then a note says so, and the answer waits for
    the author's colleagues in the cabinet.
    """
    if purpose in Delivery.TO_CLIENT:
        seen = Contract.objects.visible_to(message.author).filter(pk=message.contract_id)
        if not seen.exists():
            Entry.objects.create(message=message, kind=Entry.Kind.NOTE, text=_NO_READER)
            return None
        addressee = {"to": message.email, "rule": Rule.CLIENT}
    else:
        addressee = {
            name: getattr(message, name)
            for name in ("to", "rule", "specialist", "deputy_for", "deputy_until")
        }
    return create(Delivery(message=message, purpose=purpose, entry=entry, **addressee))


def create(delivery: Delivery) -> Delivery:
    """Store a letter and have it sent, or held while one of its files is being checked."""
    if files_of(delivery).filter(scan=Attachment.Scan.PENDING).exists():
        delivery.state = State.HELD
    total = files_of(delivery).aggregate(total=Sum("size"))["total"] or 0
    # More than one message may hold fits no mailbox, and no worker's memory.
    delivery.has_links = delivery.has_links or total > settings.ATTACHMENTS_MAX_BYTES
    delivery.save(force_insert=True)
    transaction.on_commit(partial(_wake, delivery.pk), robust=True)
    return delivery


def files_of(delivery: Delivery) -> QuerySet[Attachment]:
    """The files that go along: everything with the message itself, its own with an entry.

    One in which the antivirus found something goes nowhere.
    """
    return _files_in_question(delivery).exclude(scan=Attachment.Scan.INFECTED)


def withheld_from(delivery: Delivery) -> QuerySet[Attachment]:
    """The files that would have gone along, had the antivirus found nothing in them."""
    return _files_in_question(delivery).filter(scan=Attachment.Scan.INFECTED)


def _files_in_question(delivery: Delivery) -> QuerySet[Attachment]:
    files = Attachment.objects.filter(message=delivery.message_id)
    match delivery.purpose:
        case Purpose.QUESTION:
            return files.filter(entry=None)
        case Purpose.HANDOVER:
            # The new addressee needs the whole course, but not what others noted for themselves.
            return files.exclude(entry__kind__in=Entry.INTERNAL)
        case Purpose.ADDITION | Purpose.ANSWER:
            return files.filter(entry=delivery.entry_id) if delivery.entry_id else files.none()
    return files.none()


def release(message: Message) -> int:
    """Send the letters that were held for files which are checked by now; their number."""
    released = 0
    for delivery in message.deliveries.filter(state=State.HELD):
        if not files_of(delivery).filter(scan=Attachment.Scan.PENDING).exists():
            rows = Delivery.objects.filter(pk=delivery.pk, state=State.HELD)
            released += rows.update(state=State.QUEUED, next_try_at=Now())
            transaction.on_commit(partial(_wake, delivery.pk), robust=True)
    return released


def replace_files_by_links(delivery: Delivery) -> bool:
    """Make a letter that was too large one with links for the office; False if it cannot shrink."""
    if delivery.has_links or not files_of(delivery).exists():
        return False
    Delivery.objects.filter(pk=delivery.pk).update(has_links=True)
    delivery.has_links = True
    return True


@transaction.atomic
def redirect(refused: Delivery, *, is_mailbox_dead: bool) -> Delivery | None:
    """Send what was refused to the topic's fallback address; None when there is no other way.

    A specialist whose mailbox is dead gets no more letters until its address changes. Letters to
    clients and reminders are not redirected: the office sees them among the undelivered.
    """
    if is_mailbox_dead and refused.specialist_id:
        Specialist.objects.filter(pk=refused.specialist_id, email=refused.to).update(
            refused_email=refused.to, refused_at=Now()
        )
    if not refused.is_carrying or hasattr(refused, "redirected_to"):
        return None
    message = (
        Message.objects.select_for_update(of=("self",))
        .select_related("topic")
        .get(pk=refused.message_id)
    )
    dead = message.deliveries.filter(Q(state__in=(State.FAILED, State.BOUNCED)) | Q(pk=refused.pk))
    other = routing.fallback(message.topic, refused=set(dead.values_list("to", flat=True)))
    if other is None:
        return None
    fields = Message.fields_of(other)
    if message.to == refused.to:  # not if the office has handed it over meanwhile
        Message.objects.filter(pk=message.pk).update(**fields)
    Entry.objects.create(
        message=message, kind=Entry.Kind.REDIRECTED, details={"from": refused.to, "to": other.name}
    )
    return create(
        Delivery(
            message=message,
            purpose=refused.purpose,
            entry=refused.entry,
            redirects=refused,
            has_links=refused.has_links,
            **fields,
        )
    )


def _wake(pk: int) -> None:
    from messaging import tasks

    celery.wake(tasks.deliver, pk)
