"""What is said and done: drafts, messages, their course and their files."""

from __future__ import annotations

import datetime
import secrets
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from accounts import office
from accounts.models import User
from cabinet import finding, formats
from contracts.models import Contract, Specialist, Topic
from contracts.supervision import DUTY, Rule, Supervisor
from documents.models import Document

if TYPE_CHECKING:
    from messaging.models.mail import Delivery


# Letters and digits that survive a mail program's change of case, 130 bits of them.
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"
_LENGTH = 26


def new_token() -> str:
    """A secret for the address of a case: whoever knows it may write into the case by mail."""
    return "".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))


class Draft(models.Model):
    """What is being written: it survives an error, a logout and a session's end.

    Its fields hold what was typed, right or wrong. `form_key` belongs to the form on the screen:
    two windows have two drafts. A draft with `message` adds to that message. Sending turns a draft
    into a `Message` or an `Entry` and removes it.
    """

    author = models.ForeignKey(User, models.CASCADE, related_name="drafts")
    contract = models.ForeignKey(Contract, models.CASCADE, related_name="drafts")
    message = models.ForeignKey(
        "Message", models.CASCADE, null=True, blank=True, related_name="drafts"
    )
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
            models.UniqueConstraint(
                fields=["author", "form_key"],
                name="draft_form_once",
                violation_error_message="Этот черновик уже есть.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.author} → {self.contract}"


class Addressed(models.Model):
    """To whom something goes, and which step of the rule said so."""

    to = models.EmailField("кому")
    rule = models.CharField("правило", max_length=20, choices=Rule)
    specialist = models.ForeignKey(
        Specialist,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="%(class)s_set",
        verbose_name="специалист",
    )
    deputy_for = models.ForeignKey(
        Specialist, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="замещает"
    )
    deputy_until = models.DateField("замещает по", null=True, blank=True)

    class Meta:
        """Shared by a message (who has it now) and a delivery (who was written to)."""

        abstract = True

    @staticmethod
    def fields_of(supervisor: Supervisor) -> dict[str, Any]:
        """What the rule said, as values of these fields."""
        return {
            "to": supervisor.to,
            "rule": supervisor.rule,
            "specialist": supervisor.specialist,
            "deputy_for": supervisor.deputy_for,
            "deputy_until": supervisor.until,
        }

    @property
    def topic_of(self) -> Topic:
        """The topic whose group this may be."""
        raise NotImplementedError

    @property
    def addressee(self) -> str:
        """Who has it, in short: «Мельник И. П.», «отдел расчётов», «дежурный специалист»."""
        if self.specialist:
            return self.specialist.short_name
        return DUTY if self.rule == Rule.DUTY else self.topic_of.group_label

    @property
    def addressee_words(self) -> str:
        """«Кузнецов Артём Олегович, инженер», and during a leave for whom he stands in."""
        if self.specialist is None:
            return self.addressee
        words = f"{self.specialist.full_name}, {self.specialist.position}"
        if self.deputy_for is None:
            return words
        until = f", до {formats.day(self.deputy_until)} включительно" if self.deputy_until else ""
        return f"{words} (замещает: {self.deputy_for.short_name}{until})"


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages by who may see them, by what is to be done and by what is to be shown."""

    def visible_to(self, user: Any) -> Self:
        """Messages about the contracts that `user` may see."""
        return self.filter(contract__in=Contract.objects.visible_to(user))

    def worked_on_by(self, user: User) -> Self:
        """What a member of the office works on: a specialist has the own cases, others' not.

        A branch head has those of the branch's contracts; whoever is not confined has all.
        """
        if not office.is_confined(user):
            return self
        if office.heads_a_branch(user):
            return self.filter(contract__in=Contract.objects.worked_on_by(user))
        return self.filter(specialist__user=user)

    def with_route(self) -> Self:
        """Adds the topic, the author, who has the message and its deliveries with their people."""
        from messaging.models.mail import Delivery

        deliveries = Delivery.objects.select_related("specialist__branch", "deputy_for")
        return self.select_related(
            "topic", "author", "contract__branch", "specialist__branch", "deputy_for"
        ).prefetch_related(models.Prefetch("deliveries", queryset=deliveries))

    def with_course(self) -> Self:
        """Adds to the route everything that the client may know of the course, with its files."""
        entries = (
            Entry.objects.exclude(kind__in=Entry.INTERNAL)
            .select_related("author", "specialist")
            .order_by("pk")
        )
        return self.with_route().prefetch_related(
            models.Prefetch("entries", queryset=entries, to_attr="course"),
            models.Prefetch(
                "attachments", queryset=Attachment.objects.exclude(entry__kind__in=Entry.INTERNAL)
            ),
        )

    def awaiting_answer(self) -> Self:
        """Messages on which the retailer has the next word."""
        return self.filter(state=Message.State.OPEN)

    def overdue(self, on: datetime.date) -> Self:
        """Messages that should have been answered before `on`."""
        return self.awaiting_answer().filter(due_on__lt=on)


class Message(Addressed):
    """A message (обращение) about a contract, stored whole before anybody hears of it.

    `to` and its neighbours say who has it now; `due_on` is the day that the client was promised,
    `remind_on` the half of the way to it. Each side has a token of its own: a letter to the address
    with it becomes an answer or an addition.
    """

    class State(models.TextChoices):
        """Whose word is next."""

        OPEN = "open", "в работе"
        WAITING = "waiting", "ждём клиента"
        ANSWERED = "answered", "есть ответ"
        CLOSED = "closed", "закрыто"

    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="messages", verbose_name="договор"
    )
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="messages", verbose_name="тема")
    author = models.ForeignKey(User, models.PROTECT, related_name="messages", verbose_name="автор")
    number = models.CharField("номер", max_length=40, unique=True)
    # The restriction notice that is paid or disputed by it (documents/notices.py).
    notice = models.ForeignKey(
        Document,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="messages",
        db_index=False,
        verbose_name="об уведомлении",
    )
    text = models.TextField("вопрос")
    email = models.EmailField("e-mail для ответа")
    phone = models.CharField("телефон", max_length=40)
    form_key = models.UUIDField(
        "ключ формы", help_text="Повтор той же формы получает тот же номер."
    )
    sent_at = models.DateTimeField("отправлено", db_default=Now())
    state = models.CharField("состояние", max_length=10, choices=State, default=State.OPEN)
    due_on = models.DateField("ответить до")
    remind_on = models.DateField("напомнить")
    reminded_at = models.DateTimeField("напомнили", null=True, blank=True, editable=False)
    escalated_at = models.DateTimeField("сообщили о просрочке", null=True, blank=True)
    answered_at = models.DateTimeField("первый ответ", null=True, blank=True)
    closed_at = models.DateTimeField("закрыто", null=True, blank=True)
    staff_token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    client_token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)

    objects: ClassVar = MessageQuerySet.as_manager()

    # What the client may know of the entries, oldest first; set by `with_course`.
    course: list[Entry]

    class Meta:
        """A form is taken once; lists read by contract and time, limits by author and time."""

        verbose_name = "обращение"
        verbose_name_plural = "обращения"
        ordering = ["-sent_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["author", "form_key"],
                name="message_form_once",
                violation_error_message="Это обращение уже отправлено.",
            ),
            models.CheckConstraint(
                condition=Q(remind_on__lte=models.F("due_on")),
                name="message_reminded_in_time",
                violation_error_message="Напоминание не может быть позже срока ответа.",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=False, state="closed")
                | Q(closed_at__isnull=True) & ~Q(state="closed"),
                name="message_closed_at_a_time",
                violation_error_message="У закрытого обращения должно быть время закрытия.",
            ),
        ]
        indexes = [
            models.Index(fields=["contract", "-sent_at", "-id"], name="message_by_contract"),
            models.Index(fields=["author", "-sent_at"], name="message_by_author"),
            finding.index("message_found", "number", "email"),
            models.Index(fields=["due_on", "id"], name="message_due", condition=Q(state="open")),
            models.Index(
                fields=["notice"], name="message_by_notice", condition=Q(notice__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The message's page."""
        return reverse("messaging:message", args=[self.contract_id, self.number])

    @property
    def topic_of(self) -> Topic:
        """Its own."""
        return self.topic

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is expected of anybody."""
        return self.state == self.State.CLOSED

    @property
    def delivery(self) -> Delivery | None:
        """The latest letter to whoever has the message; load the message `with_route`."""
        return next((one for one in self.deliveries.all() if one.is_carrying), None)


class Entry(models.Model):
    """Something that was said or done in the course of a message; never changed or deleted.

    Who: `author` for a person with a login, `specialist` for one who answers by mail, else the
    name and address in `sender`. `details` are the names that an event tells of (`from`, `to`…).
    """

    class Kind(models.TextChoices):
        """What happened."""

        ADDITION = "addition", "дополнение"
        ANSWER = "answer", "ответ"
        REQUEST = "request", "запрос сведений"
        NOTE = "note", "внутренняя заметка"
        HANDED_OVER = "handed_over", "передано"
        REDIRECTED = "redirected", "передано в отдел"
        TOPIC_CHANGED = "topic_changed", "изменена тема"
        CLOSED = "closed", "закрыто"
        REOPENED = "reopened", "открыто снова"
        REMINDED = "reminded", "напоминание"
        ESCALATED = "escalated", "просрочено"
        AUTO_REPLY = "auto_reply", "автоответ"

    # Of these the client hears nothing.
    INTERNAL: ClassVar = (Kind.NOTE, Kind.REMINDED, Kind.ESCALATED, Kind.AUTO_REPLY)
    FROM_RETAILER: ClassVar = (Kind.ANSWER, Kind.REQUEST)

    message = models.ForeignKey(
        Message, models.PROTECT, related_name="entries", verbose_name="обращение"
    )
    kind = models.CharField("что", max_length=20, choices=Kind)
    at = models.DateTimeField("когда", db_default=Now())
    author = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="кто"
    )
    specialist = models.ForeignKey(
        Specialist,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="специалист",
    )
    sender = models.CharField("отправитель письма", max_length=400, blank=True)
    text = models.TextField("текст", blank=True)
    details = models.JSONField("подробности", default=dict, blank=True)
    form_key = models.UUIDField("ключ формы", null=True, blank=True, editable=False)

    class Meta:
        """Newest first; a form is taken once."""

        verbose_name = "запись хода"
        verbose_name_plural = "ход обращения"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["author", "form_key"],
                name="entry_form_once",
                violation_error_message="Это дополнение уже отправлено.",
            )
        ]
        indexes = [models.Index(fields=["author", "-at"], name="entry_by_author")]

    def __str__(self) -> str:
        return f"{self.message}: {self.get_kind_display()}"

    @property
    def is_internal(self) -> bool:
        """Whether the client must not see it."""
        return self.kind in self.INTERNAL


class Attachment(models.Model):
    """A file of a draft or of a message, kept byte for byte as it came.

    `entry` is set when the file came later than the message itself.
    """

    class Scan(models.TextChoices):
        """What the antivirus says."""

        OFF = "off", "антивирус не подключён"
        PENDING = "pending", "на проверке"
        CLEAN = "clean", "проверен"
        INFECTED = "infected", "заражён"

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
    entry = models.ForeignKey(
        Entry,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="attachments",
        verbose_name="запись хода",
    )
    uploaded_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="кто приложил"
    )
    name = models.CharField("имя файла", max_length=255)
    content_type = models.CharField("тип", max_length=100)
    size = models.PositiveIntegerField("размер, байт")
    sha256 = models.CharField("SHA-256", max_length=64)
    path = models.CharField("файл", max_length=200, unique=True, editable=False)
    added_at = models.DateTimeField("добавлен", db_default=Now())
    scan = models.CharField("проверка", max_length=10, choices=Scan, default=Scan.OFF)
    scanned_at = models.DateTimeField("проверен", null=True, blank=True)
    virus = models.CharField("что найдено", max_length=200, blank=True)

    class Meta:
        """Belongs to a draft or to a message, never to both."""

        verbose_name = "вложение"
        verbose_name_plural = "вложения"
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(draft__isnull=True) ^ Q(message__isnull=True),
                name="attachment_of_draft_or_message",
                violation_error_message="Файл приложен либо к черновику, либо к обращению.",
            ),
            models.CheckConstraint(
                condition=Q(entry__isnull=True) | Q(message__isnull=False),
                name="attachment_of_entry_is_of_message",
                violation_error_message="Файл дополнения приложен к тому же обращению.",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="attachment_pending", condition=Q(scan="pending")),
            models.Index(fields=["uploaded_by", "-added_at"], name="attachment_by_uploader"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def may_be_opened(self) -> bool:
        """Whether people may have it: checked, or no antivirus is asked."""
        return self.scan in (self.Scan.CLEAN, self.Scan.OFF)

    def read(self) -> bytes:
        """The bytes as they came."""
        with default_storage.open(self.path, "rb") as file:
            return bytes(file.read())
