"""Background work of the room: papers of submissions, reminders before the end of the term."""

from __future__ import annotations

from celery import shared_task

from meters import papers, reminders


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
