"""Background work of the room: papers of submissions, reminders, what is not wanted any more."""

from __future__ import annotations

from celery import shared_task

from meters import drafts, office_reminders, papers, rejection_letters, reminders, uploading


@shared_task
def make_papers(submission: int) -> None:
    """Make the papers of a submission that was just stored."""
    papers.make_all(submission)


@shared_task
def make_missing_papers() -> None:
    """Make the papers that are missing, for most of a minute."""
    papers.make_missing()


@shared_task
def sweep_orphaned_papers() -> None:
    """Throw away PDFs that belong to no submission."""
    papers.sweep_orphans()


@shared_task
def remind_of_readings() -> None:
    """Remind those who have not handed in everything and whose term comes to its end."""
    reminders.remind()


@shared_task
def tell_of_rejections() -> None:
    """Write to people about readings that billing has rejected."""
    rejection_letters.tell()


@shared_task
def carry_out_office_reminder(pk: int) -> None:
    """Write the letters that the office has just asked for."""
    office_reminders.carry_out(pk)


@shared_task
def carry_out_office_reminders() -> None:
    """Write those that no worker has finished."""
    office_reminders.carry_out_undone()


@shared_task
def sweep_stale_entries() -> None:
    """Throw away drafts and uploaded tables of months that are not taken any more."""
    drafts.sweep_stale()
    uploading.sweep_stale()
