"""Letters: on their way out, and those that came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User
from cabinet import finding
from cabinet.outbox import OutboxRow, indexes
from contracts.models import Topic
from messaging.models.case import Addressed, Entry, Message

if TYPE_CHECKING:
    from django.core.mail import EmailMessage


class Delivery(Addressed, OutboxRow):
    """A letter about a message, with the rule that chose its addressee."""

    class Purpose(models.TextChoices):
        """Why it is sent."""

        QUESTION = "question", "обращение"
        ADDITION = "addition", "дополнение"
        HANDOVER = "handover", "передача"
        REMINDER = "reminder", "напоминание"
        ESCALATION = "escalation", "просрочка"
        RECEIPT = "receipt", "копия клиенту"
        ANSWER = "answer", "ответ клиенту"
        CLOSURE = "closure", "закрытие, клиенту"

    # With these the retailer gets the client's words: one that fails needs another way.
    CARRYING: ClassVar = (Purpose.QUESTION, Purpose.ADDITION, Purpose.HANDOVER)
    TO_CLIENT: ClassVar = (Purpose.RECEIPT, Purpose.ANSWER, Purpose.CLOSURE)

    message = models.ForeignKey(
        Message, models.PROTECT, related_name="deliveries", verbose_name="обращение"
    )
    entry = models.ForeignKey(
        Entry,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name="запись хода",
    )
    purpose = models.CharField(
        "назначение", max_length=20, choices=Purpose, default=Purpose.QUESTION
    )
    redirects = models.OneToOneField(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="redirected_to",
        verbose_name="вместо",
    )
    has_links = models.BooleanField("ссылки вместо файлов", default=False)

    class Meta:
        """Found by state and time."""

        verbose_name = "доставка"
        verbose_name_plural = "доставки"
        ordering = ["-created_at", "-pk"]
        indexes = [*indexes("delivery"), finding.index("delivery_found", "to")]

    def __str__(self) -> str:
        return f"{self.message} → {self.to}"

    @property
    def topic_of(self) -> Topic:
        """The message's."""
        return self.message.topic

    @property
    def is_carrying(self) -> bool:
        """Whether the retailer gets the client's words by it."""
        return self.purpose in self.CARRYING

    @property
    def is_to_client(self) -> bool:
        """Whether the client is the one who reads it."""
        return self.purpose in self.TO_CLIENT

    def build_letter(self) -> EmailMessage:
        """The letter of this purpose."""
        from messaging import letters

        return letters.build(self)

    def make_smaller(self) -> bool:
        """Links instead of files, once: a mailbox that takes no large letter takes this one."""
        from messaging import delivery

        return delivery.replace_files_by_links(self)

    def give_up(self, *, is_mailbox_dead: bool) -> None:
        """Find another way for the client's words."""
        from messaging import delivery

        delivery.redirect(self, is_mailbox_dead=is_mailbox_dead)


class IncomingMail(models.Model):
    """A letter that came to the portal, kept whole, and what was made of it."""

    class Kind(models.TextChoices):
        """What it was taken for."""

        ANSWER = "answer", "ответ специалиста"
        ADDITION = "addition", "дополнение клиента"
        AUTO_REPLY = "auto_reply", "автоответ"
        BOUNCE = "bounce", "отказ почтового сервера"
        UNKNOWN = "unknown", "не опознано"

    class State(models.TextChoices):
        """Whether somebody has to look at it."""

        TAKEN = "taken", "разобрано"
        TRAY = "tray", "ждёт разбора"
        DISMISSED = "dismissed", "отложено"

    mail_id = models.CharField("Message-ID", max_length=255, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, unique=True)
    path = models.CharField("файл", max_length=200, unique=True, editable=False)
    received_at = models.DateTimeField("получено", db_default=Now())
    sender = models.CharField("от кого", max_length=400, blank=True)
    recipient = models.CharField("кому", max_length=400, blank=True)
    subject = models.CharField("тема", max_length=500, blank=True)
    text = models.TextField("текст", blank=True)
    kind = models.CharField("что это", max_length=20, choices=Kind)
    state = models.CharField("состояние", max_length=10, choices=State)
    reason = models.CharField("почему", max_length=500, blank=True)
    message = models.ForeignKey(
        Message,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="incoming",
        verbose_name="обращение",
    )
    entry = models.ForeignKey(
        Entry,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="incoming",
        verbose_name="запись хода",
    )
    handled_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="кто разобрал"
    )
    handled_at = models.DateTimeField("разобрано", null=True, blank=True)

    class Meta:
        """The tray, newest first; the same letter is taken once."""

        verbose_name = "входящее письмо"
        verbose_name_plural = "входящие письма"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["-id"], name="incoming_tray", condition=Q(state="tray")),
            models.Index(fields=["mail_id"], name="incoming_by_mail_id"),
        ]

    def __str__(self) -> str:
        return f"{self.sender}: {self.subject}"
