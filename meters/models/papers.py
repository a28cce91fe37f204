"""Papers of submissions: made once by a worker, stored, handed out."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from meters.models.readings import Submission


class SubmissionPaperQuerySet(models.QuerySet["SubmissionPaper"]):
    """Papers by whether they are there."""

    def missing(self) -> Self:
        """Papers that are still to be made."""
        return self.filter(path="")


class SubmissionPaper(models.Model):
    """A PDF of a submission; without a path it waits for a worker.

    `failed_at`: it could not be made then; the log says why.
    """

    class Kind(models.TextChoices):
        """Which paper."""

        RECEIPT = "receipt", "Квитанция о передаче показаний"
        ACT = "act", "Акт снятия показаний"

    submission = models.ForeignKey(
        Submission, models.PROTECT, related_name="papers", verbose_name="передача"
    )
    kind = models.CharField("вид", max_length=10, choices=Kind)
    path = models.CharField("файл", max_length=120, blank=True, db_default="")
    size = models.PositiveIntegerField("размер", default=0, db_default=0)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, db_default="")
    made_at = models.DateTimeField("создан", null=True, blank=True)
    failed_at = models.DateTimeField("не удалось создать", null=True, blank=True)

    objects: ClassVar = SubmissionPaperQuerySet.as_manager()

    class Meta:
        """One of each kind; what is missing is found without reading what is there."""

        verbose_name = "документ о передаче показаний"
        verbose_name_plural = "документы о передаче показаний"
        ordering = ["-submission", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["submission", "kind"],
                name="submission_paper_once",
                violation_error_message="Эта бумага о передаче уже есть.",
            ),
            models.CheckConstraint(
                condition=Q(path="", sha256="", made_at__isnull=True)
                | (~Q(path="") & ~Q(sha256="") & Q(made_at__isnull=False)),
                name="submission_paper_is_whole",
                violation_error_message="У готовой бумаги должны быть файл, SHA-256 и время.",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="submission_paper_missing", condition=Q(path=""))
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.submission.number}"
