"""Background work of the room: letters to the specialists, and drafts that nobody needs."""

from __future__ import annotations

from celery import shared_task

from cabinet import celery, outbox
from messaging import attachments, drafts, reminders, scanning, unaddressed
from messaging.incoming import taking
from messaging.models import Delivery


@shared_task
def deliver(pk: int) -> None:
    """Try one letter now."""
    outbox.send_row(Delivery, pk)


@shared_task
def send_due_deliveries(is_helper: bool = False) -> None:
    """Try every letter whose time has come; where there are many, together with another worker."""
    if not is_helper and outbox.has_many_due(Delivery):
        celery.wake(send_due_deliveries, True)
    outbox.send_due(Delivery)


@shared_task
def sweep_stale_drafts() -> None:
    """Throw away old drafts, and files that belong to nothing."""
    drafts.sweep_stale()
    attachments.sweep_orphans()
    taking.sweep_orphans()


@shared_task
def mind_deadlines() -> None:
    """Remind of what is due, and tell of what is overdue."""
    reminders.remind()
    reminders.escalate()


@shared_task
def report_unaddressed() -> None:
    """Tell the office at night which topics and contracts have no living addressee."""
    unaddressed.report()


@shared_task
def scan_pending() -> None:
    """Have the files that wait for the antivirus checked."""
    scanning.scan_pending()
