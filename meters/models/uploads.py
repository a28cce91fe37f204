"""Tables of readings that were uploaded: what stood in them until it is handed in."""

from __future__ import annotations

import uuid
from typing import Any

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from contracts.models import Contract
from contracts.periods import PeriodField, period_constraint
from meters.models.readings import Submission


class ReadingUpload(models.Model):
    """A file with readings of a month: its rows as they were read, none of them a reading yet.

    `content`: `meters.filled.Filled` as JSON; `answers`: what was said about doubtful values, as in
    a draft. `submission`: what the rows were handed in by. The file itself is not kept.
    """

    contract = models.ForeignKey(
        Contract, models.CASCADE, related_name="reading_uploads", verbose_name="договор"
    )
    author = models.ForeignKey(
        User, models.CASCADE, related_name="reading_uploads", verbose_name="загрузил"
    )
    period = PeriodField("период")
    name = models.CharField("имя файла", max_length=200)
    sha256 = models.CharField("контрольная сумма файла", max_length=64)
    content: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField("строки")
    answers: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "ответы", default=dict, blank=True
    )
    form_key = models.UUIDField("ключ формы", default=uuid.uuid4, unique=True)
    submission = models.OneToOneField(
        Submission,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="upload",
        verbose_name="передача",
    )
    uploaded_at = models.DateTimeField("загружен", db_default=Now())

    class Meta:
        """A person's file waits once for a month, however often it comes."""

        verbose_name = "файл с показаниями"
        verbose_name_plural = "файлы с показаниями"
        ordering = ["-uploaded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract", "period", "author", "sha256"],
                condition=Q(submission__isnull=True),
                name="reading_upload_waits_once",
                violation_error_message="Этот файл уже загружен и ждёт подтверждения.",
            ),
            period_constraint("period", "reading_upload_period_is_a_month"),
        ]
        indexes = [
            models.Index(fields=["contract", "period", "sha256"], name="reading_upload_same_file"),
            models.Index(fields=["uploaded_at"], name="reading_upload_age"),
        ]

    def __str__(self) -> str:
        return self.name
