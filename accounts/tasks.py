"""Background work of the room: sending letters about access."""

from celery import shared_task

from accounts import reminders, sessions
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
