"""Restriction notices: how they were sent, who has read them, when they ended."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from documents.models.document import Document


class NoticeDispatch(models.Model):
    """When, how and where billing sent a restriction notice: e-mail and SMS count from `sent_at`.

    `text_sha256` is of the text as it was sent (ПП РФ № 442; domain.md, section 3).
    """

    class Channel(models.TextChoices):
        """The ways that a contract may agree on."""

        EMAIL = "email", "электронная почта"
        SMS = "sms", "СМС"
        POST = "post", "заказное письмо"
        HAND = "hand", "вручено под подпись"
        BILL = "bill", "в составе счёта"
        CABINET = "cabinet", "личный кабинет"

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    document = models.ForeignKey(
        Document, models.PROTECT, related_name="dispatches", verbose_name="уведомление"
    )
    channel = models.CharField("способ", max_length=10, choices=Channel)
    address = models.CharField("куда", max_length=254, blank=True)
    sent_at = models.DateTimeField("отправлено")
    text_sha256 = models.CharField("SHA-256 текста", max_length=64, blank=True)

    class Meta:
        """In the order of sending."""

        verbose_name = "отправка уведомления"
        verbose_name_plural = "отправки уведомлений"
        ordering = ["sent_at", "pk"]

    def __str__(self) -> str:
        return f"{self.get_channel_display()}, {self.address}"


class NoticeWithdrawal(models.Model):
    """That a restriction notice is of no force any more, as billing states it."""

    class Reason(models.TextChoices):
        """Why."""

        PAID = "paid", "долг погашен"
        WITHDRAWN = "withdrawn", "отозвано"

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    document = models.ForeignKey(
        Document,
        models.PROTECT,
        db_index=False,
        related_name="withdrawals",
        verbose_name="уведомление",
    )
    reason = models.CharField("причина", max_length=10, choices=Reason)
    withdrawn_at = models.DateTimeField("снято")

    class Meta:
        """A notice ends once; newest first."""

        verbose_name = "снятие уведомления"
        verbose_name_plural = "снятия уведомлений"
        ordering = ["-withdrawn_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["document"],
                name="notice_withdrawn_once",
                violation_error_message="Это уведомление уже снято.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document}: {self.get_reason_display()}"


class Acknowledgement(models.Model):
    """That a person has pressed «Ознакомлен» under a restriction notice; append-only.

    Further evidence for the retailer, not the legal moment of delivery. `name` is how the person
    was called then, with the position.
    """

    document = models.ForeignKey(
        Document, models.PROTECT, related_name="acknowledgements", verbose_name="уведомление"
    )
    user = models.ForeignKey(
        User, models.PROTECT, related_name="acknowledgements", verbose_name="кто"
    )
    name = models.CharField("имя и должность", max_length=255)
    ip = models.GenericIPAddressField("IP-адрес", null=True, blank=True)
    at = models.DateTimeField("когда", db_default=Now())

    class Meta:
        """Everybody once."""

        verbose_name = "ознакомление с уведомлением"
        verbose_name_plural = "ознакомления с уведомлениями"
        ordering = ["at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "user"],
                name="acknowledged_once",
                violation_error_message="Этот человек уже подтвердил, что ознакомлен.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.document}: {self.name}"
