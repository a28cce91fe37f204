"""The making of many PDFs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone


class Batch(models.Model):
    """PDFs made one after another, from the first that waited until none waits any more.

    Documents published meanwhile join it. `made` and `failed` count what workers did; what is
    still to do is counted in the documents. The rate is that since `measured_from`, when `made` was
    `measured_made`: since it began, or was resumed.
    """

    started_at = models.DateTimeField("начата", db_default=Now())
    finished_at = models.DateTimeField("окончена", null=True, blank=True)
    made = models.PositiveIntegerField("сделано", default=0, db_default=0)
    failed = models.PositiveIntegerField("не получилось", default=0, db_default=0)
    measured_from = models.DateTimeField(db_default=Now())
    measured_made = models.PositiveIntegerField(default=0, db_default=0)
    stopped_at = models.DateTimeField("остановлена", null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="кто остановил",
    )

    class Meta:
        """One at a time."""

        verbose_name = "партия PDF"
        verbose_name_plural = "партии PDF"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                models.Value(1),
                condition=Q(finished_at__isnull=True),
                name="batch_one_at_a_time",
                violation_error_message="Партия PDF уже готовится.",
            ),
        ]

    def __str__(self) -> str:
        return f"Партия от {timezone.localtime(self.started_at):%d.%m.%Y %H:%M}"
