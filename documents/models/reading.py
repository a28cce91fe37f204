"""What people did with documents, and what they were told of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import Letter, User
from contracts.models import Contract
from documents.models.document import Document


class Opening(models.Model):
    """That a document was handed to a person: the journal, and why it is not new to them any more.

    Append-only (a trigger refuses the rest), written where the file leaves (documents/opening.py).
    """

    class Means(models.TextChoices):
        """How it left."""

        OPENED = "opened", "открыт в браузере"
        SAVED = "saved", "сохранён на компьютер"
        BUNDLED = "bundled", "скачан в архиве ZIP"

    document = models.ForeignKey(
        Document, models.PROTECT, related_name="openings", verbose_name="документ"
    )
    # The document's own: the contract's journal is read without it.
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="openings", verbose_name="договор"
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="openings", verbose_name="кто")
    means = models.CharField("как", max_length=10, choices=Means)
    is_office = models.BooleanField("из офиса", default=False)
    at = models.DateTimeField("когда", db_default=Now())

    class Meta:
        """Read by document and person, and by contract, newest first."""

        verbose_name = "открытие документа"
        verbose_name_plural = "открытия документов"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["document", "user"], name="opening_by_document"),
            models.Index(fields=["contract", "-at", "-id"], name="opening_by_contract"),
        ]

    def __str__(self) -> str:
        return f"{self.document}: {self.user.short_name}, {self.get_means_display()}"


class Announcement(models.Model):
    """That a person is to be told of a document: once, by a letter or, as they chose, not at all.

    `settled_at` is empty while it waits for its letter (documents/announcing.py).
    """

    user = models.ForeignKey(
        User, models.CASCADE, related_name="announcements", verbose_name="кому"
    )
    document = models.ForeignKey(
        Document, models.CASCADE, related_name="announcements", verbose_name="документ"
    )
    created_at = models.DateTimeField("замечен", db_default=Now())
    settled_at = models.DateTimeField("решено", null=True, blank=True)
    letter = models.ForeignKey(
        Letter, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="письмо"
    )

    class Meta:
        """Everybody is told of a document once."""

        verbose_name = "сообщение о документе"
        verbose_name_plural = "сообщения о документах"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "document"],
                name="announced_once",
                violation_error_message="Об этом документе этому человеку уже написано.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["user", "created_at"],
                name="announcement_pending",
                condition=Q(settled_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document} → {self.user.short_name}"
