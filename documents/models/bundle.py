"""Documents on their way out as one ZIP."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import User
from contracts.models import Contract
from documents.models.document import Document


class Bundle(models.Model):
    """Documents that somebody asked for as one ZIP: the request, its course and the file.

    The row is what is to be done; a worker that dies leaves a lease that ends
    (documents/bundles.py). `key` stands in the address and is the form's: a double click is one
    request.
    """

    class State(models.TextChoices):
        """Where it is."""

        QUEUED = "queued", "ждёт очереди"
        MAKING = "making", "собирается"
        READY = "ready", "готов"
        FAILED = "failed", "не получился"
        CANCELLED = "cancelled", "отменён"
        EXPIRED = "expired", "удалён"

    key = models.UUIDField("ключ", unique=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="bundles", verbose_name="чей")
    # Whose documents they are; empty where they are of several contracts.
    contract = models.ForeignKey(
        Contract,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="bundles",
        verbose_name="договор",
    )
    documents = models.ManyToManyField(Document, related_name="bundles", verbose_name="документы")
    title = models.CharField("что", max_length=200)
    came_from = models.CharField("с какой страницы", max_length=500, editable=False)
    state = models.CharField("состояние", max_length=10, choices=State, default=State.QUEUED)
    total = models.PositiveIntegerField("документов")
    done = models.PositiveIntegerField("готово", default=0)
    missing = models.PositiveIntegerField("не вошло", default=0)
    trouble = models.CharField("почему не получился", max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField("попыток", default=0)
    # Until then the row is in a worker's hands.
    leased_until = models.DateTimeField("занят до", db_default=Now())
    created_at = models.DateTimeField("заказан", db_default=Now())
    ready_at = models.DateTimeField("собран", null=True, blank=True)
    expires_at = models.DateTimeField("хранится до", null=True, blank=True)
    path = models.CharField("файл", max_length=200, blank=True, editable=False)
    size = models.PositiveBigIntegerField("размер, байт", null=True, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, editable=False)

    class Meta:
        """What is ready has a file, and nothing else has."""

        verbose_name = "архив документов"
        verbose_name_plural = "архивы документов"
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state="ready") ^ Q(path=""),
                name="bundle_is_ready_with_a_file",
                violation_error_message="У готового архива должен быть файл, у остальных его нет.",
            ),
            models.CheckConstraint(
                condition=Q(done__lte=F("total")),
                name="bundle_is_done_at_most_once",
                violation_error_message="Готово не может быть больше документов, чем заказано.",
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="bundle_by_user"),
            models.Index(
                fields=["leased_until"],
                name="bundle_due",
                condition=Q(state__in=["queued", "making"]),
            ),
            models.Index(fields=["expires_at"], name="bundle_kept", condition=Q(state="ready")),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def whose(self) -> str:
        """«договор № 35-01-004217», or «все договоры» where there are several."""
        return f"договор {self.contract}" if self.contract else "все договоры"

    @property
    def is_unfinished(self) -> bool:
        """Whether it waits or is being made."""
        return self.state in (self.State.QUEUED, self.State.MAKING)
