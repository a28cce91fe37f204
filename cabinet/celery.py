"""Background work: Celery hurries along what PostgreSQL already holds."""

from __future__ import annotations

import logging
import os

from celery import Celery, Task
from kombu.exceptions import OperationalError

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cabinet.settings.base")

app = Celery("cabinet")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

logger = logging.getLogger(__name__)


def wake(task: Task, *args: int) -> None:
    """Ask a worker to look at a row now; never fail.

    The row is already committed with the time of its next try, so a broker that does not answer
    costs a minute (until beat looks), not the work.
    """
    try:
        task.apply_async(args=args, retry=False)
    except (OperationalError, OSError) as error:
        logger.warning("broker is down, beat will pick up %s%s: %s", task.name, args, error)
