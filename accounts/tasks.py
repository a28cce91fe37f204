"""Background work of the room: letters about access, reminders, papers, what is swept out."""

import logging

from celery import shared_task

from accounts import chain, reminders, scans, sessions
from accounts.lists import deeds
from accounts.models import Dossier, Letter
from cabinet import files, outbox

logger = logging.getLogger(__name__)


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


@shared_task
def sweep_orphaned_dossiers() -> None:
    """Remove files of dossiers whose rows were never committed."""
    files.sweep_orphans(Dossier.FOLDER, rows=Dossier.objects.all())


@shared_task
def check_journal() -> None:
    """Note the heads of the journal's chains in the log; raise the alarm if one is broken."""
    verdict = chain.check()
    if verdict.is_whole:
        logger.info("journal is whole, heads %s", " ".join(verdict.heads))
        return
    logger.error("journal is broken at %s, outside %s", verdict.broken_at, verdict.outside)
    chain.raise_alarm(verdict)
