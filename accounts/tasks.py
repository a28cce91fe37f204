"""Background work of the room: letters about access, and what is swept out."""

from celery import shared_task

from accounts import reminders, scans, sessions
from accounts.lists import deeds
from accounts.models import Letter
from cabinet import outbox


@shared_task
def send_letter(pk: int) -> None:
    """Try one letter now."""
    outbox.send_row(Letter, pk)


@shared_task
def send_due_letters() -> None:
    """Try every letter whose time has come."""
    outbox.send_due(Letter)


@shared_task
def sweep_ended_sessions() -> None:
    """Remove what sessions that ended have left behind."""
    sessions.sweep_ended()


@shared_task
def remind_of_ending_access() -> None:
    """Tell people and directors whose access is ending."""
    reminders.remind()


@shared_task
def sweep_orphaned_scans() -> None:
    """Remove scans that belong to no enrolment, and files that no list names."""
    scans.sweep_orphans()
    deeds.sweep_orphans()


@shared_task
def make_list_agreements(pk: int) -> None:
    """Make the agreements of one list as one PDF."""
    deeds.make_agreements(pk)


@shared_task
def make_missing_agreements() -> None:
    """Make the agreements of every list that still waits for them."""
    deeds.make_missing_agreements()
