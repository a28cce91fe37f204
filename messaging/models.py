"""Messages to the specialists: drafts, what was sent, and the letters that carry it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts.models import User
from cabinet import formats
from cabinet.outbox import OutboxRow, due_index
from contracts.models import Contract, Specialist, Topic

if TYPE_CHECKING:
    from django.core.mail import EmailMessage


class Draft(models.Model):
    """A message that is being written: it survives an error, a logout and a session's end.

    Its fields hold what was typed, right or wrong. `form_key` belongs to the form on the screen:
    two windows have two drafts. Sending turns a draft into a `Message` and removes it.
    """

    author = models.ForeignKey(User, models.CASCADE, related_name="drafts")
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="drafts")
    topic = models.ForeignKey(Topic, models.SET_NULL, null=True, blank=True, related_name="+")
    text = models.TextField(blank=True)
    email = models.TextField(blank=True)
    phone = models.TextField(blank=True)
    form_key = models.UUIDField()
    updated_at = models.DateTimeField(auto_now=True, db_index=True)

    class Meta:
        """One draft of each form."""

        verbose_name = "черновик"
        verbose_name_plural = "черновики"
        ordering = ["-updated_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["author", "form_key"], name="draft_form_once")
        ]

    def __str__(self) -> str:
        return f"{self.author} → {self.contract}"


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages by who may see them and by what is to be shown."""

    def visible_to(self, user: Any) -> Self:
        """Messages about the contracts that `user` may see."""
        return self.filter(contract__in=Contract.objects.visible_to(user))

    def with_route(self) -> Self:
        """Adds the topic, the author and the deliveries with their people."""
        deliveries = Delivery.objects.select_related("specialist__branch", "deputy_for")
        return self.select_related("topic", "author", "contract__branch").prefetch_related(
            models.Prefetch("deliveries", queryset=deliveries)
        )


class Message(models.Model):
    """A message (обращение) about a contract: stored whole before anybody hears of it."""

    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="messages", verbose_name="договор"
    )
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="messages", verbose_name="тема")
    author = models.ForeignKey(User, models.PROTECT, related_name="messages", verbose_name="автор")
    number = models.CharField("номер", max_length=40, unique=True)
    text = models.TextField("вопрос")
    email = models.EmailField("e-mail для ответа")
    phone = models.CharField("телефон", max_length=40)
    form_key = models.UUIDField(
        "ключ формы", help_text="Повтор той же формы получает тот же номер."
    )
    sent_at = models.DateTimeField("отправлено", db_default=Now())

    objects: ClassVar = MessageQuerySet.as_manager()

    class Meta:
        """A form is taken once; lists read by contract and time."""

        verbose_name = "обращение"
        verbose_name_plural = "обращения"
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["author", "form_key"], name="message_form_once")
        ]
        indexes = [models.Index(fields=["contract", "-sent_at", "-id"], name="message_by_contract")]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The message's page."""
        return reverse("messaging:message", args=[self.contract_id, self.number])

    @property
    def delivery(self) -> Delivery | None:
        """The letter that carries the message now; load the message `with_route`."""
        return next(iter(self.deliveries.all()), None)


class Attachment(models.Model):
    """A file of a draft or of a message, kept byte for byte as it came."""

    draft = models.ForeignKey(
        Draft, models.CASCADE, null=True, blank=True, related_name="attachments"
    )
    message = models.ForeignKey(
        Message,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="attachments",
        verbose_name="обращение",
    )
    name = models.CharField("имя файла", max_length=255)
    content_type = models.CharField("тип", max_length=100)
    size = models.PositiveIntegerField("размер, байт")
    sha256 = models.CharField("SHA-256", max_length=64)
    path = models.CharField("файл", max_length=200, unique=True, editable=False)
    added_at = models.DateTimeField("добавлен", db_default=Now())

    class Meta:
        """Belongs to a draft or to a message, never to both."""

        verbose_name = "вложение"
        verbose_name_plural = "вложения"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(draft__isnull=True) ^ Q(message__isnull=True),
                name="attachment_of_draft_or_message",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def read(self) -> bytes:
        """The bytes as they came."""
        with default_storage.open(self.path, "rb") as file:
            return bytes(file.read())


class Delivery(OutboxRow):
    """A letter that carries a message to whoever answers it, with the rule that chose them."""

    class Rule(models.TextChoices):
        """Which step of the routing found the addressee."""

        CONTRACT = "contract", "специалист договора"
        BRANCH_TOPIC = "branch_topic", "специалист отделения"
        BRANCH = "branch", "общий адрес отделения"
        TOPIC = "topic", "общий адрес темы"

    message = models.ForeignKey(
        Message, models.PROTECT, related_name="deliveries", verbose_name="обращение"
    )
    to = models.EmailField("кому")
    rule = models.CharField("правило", max_length=20, choices=Rule)
    specialist = models.ForeignKey(
        Specialist,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="deliveries",
        verbose_name="специалист",
    )
    deputy_for = models.ForeignKey(
        Specialist, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="замещает"
    )
    deputy_until = models.DateField("замещает по", null=True, blank=True)

    class Meta:
        """The sweeper's index."""

        verbose_name = "доставка"
        verbose_name_plural = "доставки"
        ordering = ["-created_at", "-pk"]
        indexes = [due_index("delivery_due")]

    def __str__(self) -> str:
        return f"{self.message} → {self.to}"

    @property
    def addressee(self) -> str:
        """Whom the client wrote to: «Мельник И. П.», «общий адрес отделения»."""
        return self.specialist.short_name if self.specialist else self.get_rule_display()

    @property
    def addressee_words(self) -> str:
        """«Кузнецов Артём Олегович, инженер», and during a leave for whom he stands in."""
        if self.specialist is None:
            return self.get_rule_display()
        words = f"{self.specialist.full_name}, {self.specialist.position}"
        if self.deputy_for is None:
            return words
        until = f", до {formats.day(self.deputy_until)} включительно" if self.deputy_until else ""
        return f"{words} (замещает: {self.deputy_for.short_name}{until})"

    def build_letter(self) -> EmailMessage:
        """The letter with the client's words and files."""
        from messaging import letters

        return letters.to_specialist(self)
