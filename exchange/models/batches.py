"""The rows of what leaves for billing: numbered batches, what stands in them, what came back.

A batch freezes what it says: each of its rows keeps the texts that its files are written from, so
that any of them can be had again. What belongs to a batch is a row, never a mark «everything up to
here»: a transaction that commits late is in the next batch.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from accounts.models import User
from documents.models import Document
from messaging.models import Entry, Message
from meters.models import Reading


class OutgoingBatch(models.Model):
    """What left together: a kind and a number without gaps.

    `columns`: the names of what each row states, in the order of its `content`. `answered` counts
    rows about which billing has said something; of readings a trigger counts them, for answers
    come by packages too.
    """

    class Kind(models.TextChoices):
        """What it holds."""

        READINGS = "readings", "показания"
        CASES = "cases", "обращения"
        REQUESTS = "requests", "запросы документов"

    kind = models.CharField("что", max_length=10, choices=Kind)
    number = models.PositiveIntegerField("номер")
    columns = ArrayField(models.CharField(max_length=40), verbose_name="столбцы")
    made_at = models.DateTimeField("выгружена", db_default=Now())
    made_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="кто выгрузил"
    )
    rows = models.PositiveIntegerField("строк")
    answered = models.PositiveIntegerField("с ответом", default=0, db_default=0)
    delivered_at = models.DateTimeField("положена в папку", null=True, blank=True)

    class Meta:
        """Newest first; each number of a kind once."""

        verbose_name = "партия выгрузки"
        verbose_name_plural = "партии выгрузки"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "number"],
                name="outgoing_batch_number",
                violation_error_message="Партия с таким номером уже есть.",
            ),
            models.CheckConstraint(
                condition=Q(answered__lte=F("rows")),
                name="outgoing_batch_answered_at_most_once",
                violation_error_message="Ответов не может быть больше, чем строк.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="outgoing_batch_undelivered",
                condition=Q(delivered_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{str(self.get_kind_display()).capitalize()}, партия № {self.number}"

    @property
    def stem(self) -> str:
        """The name of its files without the ending: «readings-000007»."""
        return f"{self.kind}-{self.number:06d}"


class WaitingReading(models.Model):
    """A reading handed in here that has left in no batch yet; a trigger adds it with the reading.

    So finding what is new costs as much as there is new, however many readings there are.
    """

    reading = models.OneToOneField(
        Reading, models.PROTECT, primary_key=True, related_name="waiting", verbose_name="показание"
    )

    class Meta:
        """Known by its reading alone."""

        verbose_name = "показание, ещё не выгруженное"
        verbose_name_plural = "показания, ещё не выгруженные"

    def __str__(self) -> str:
        return str(self.reading_id)


class OutgoingReading(models.Model):
    """A reading in a batch, in the words in which it left. Never changed (a trigger refuses)."""

    batch = models.ForeignKey(
        OutgoingBatch, models.PROTECT, related_name="readings", verbose_name="партия"
    )
    row = models.PositiveIntegerField("строка")
    reading = models.OneToOneField(
        Reading, models.PROTECT, related_name="outgoing", verbose_name="показание"
    )
    content = ArrayField(models.TextField(null=True), verbose_name="содержание")

    class Meta:
        """A reading leaves once; rows of a batch are numbered."""

        verbose_name = "выгруженное показание"
        verbose_name_plural = "выгруженные показания"
        ordering = ["batch", "row"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "row"],
                name="outgoing_reading_row",
                violation_error_message="Такая строка в партии уже есть.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch}, строка {self.row}"


class OutgoingCase(models.Model):
    """What a client wrote, in the words in which it left: a message, or what was added to it.

    `entry`: the addition; None: the message itself. Never changed (a trigger refuses).
    """

    batch = models.ForeignKey(
        OutgoingBatch, models.PROTECT, related_name="cases", verbose_name="партия"
    )
    row = models.PositiveIntegerField("строка")
    message = models.ForeignKey(
        Message, models.PROTECT, related_name="outgoing", verbose_name="обращение"
    )
    entry = models.ForeignKey(
        Entry,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="outgoing",
        verbose_name="дополнение",
    )
    content = ArrayField(models.TextField(null=True), verbose_name="содержание")

    class Meta:
        """What was written leaves once; rows of a batch are numbered."""

        verbose_name = "выгруженное обращение"
        verbose_name_plural = "выгруженные обращения"
        ordering = ["batch", "row"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "row"],
                name="outgoing_case_row",
                violation_error_message="Такая строка в партии уже есть.",
            ),
            models.UniqueConstraint(
                fields=["message", "entry"],
                name="outgoing_case_once",
                violation_error_message="Это обращение уже выгружено.",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch}, строка {self.row}"


class OutgoingFile(models.Model):
    """A file of a batch: written once, kept, and handed out byte for byte ever after."""

    class Format(models.TextChoices):
        """How it is written."""

        CSV = "csv", "CSV"
        XLSX = "xlsx", "XLSX"
        JSON = "json", "JSON"

    batch = models.ForeignKey(
        OutgoingBatch, models.PROTECT, related_name="files", verbose_name="партия"
    )
    format = models.CharField("формат", max_length=4, choices=Format)
    path = models.CharField("файл", max_length=200, unique=True, editable=False)
    size = models.PositiveBigIntegerField("размер, байт")
    sha256 = models.CharField("SHA-256", max_length=64)
    made_at = models.DateTimeField("записан", db_default=Now())

    class Meta:
        """One of each format."""

        verbose_name = "файл партии"
        verbose_name_plural = "файлы партий"
        ordering = ["batch", "format"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "format"],
                name="outgoing_file_once",
                violation_error_message="Файл этого вида в партии уже есть.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.batch.stem}.{self.format}"


class AnswerFile(models.Model):
    """Billing's answer to a batch, taken whole; the same file a second time changes nothing."""

    batch = models.ForeignKey(
        OutgoingBatch, models.PROTECT, related_name="answer_files", verbose_name="партия"
    )
    name = models.CharField("файл", max_length=255)
    sha256 = models.CharField("SHA-256", max_length=64)
    taken_at = models.DateTimeField("принят", db_default=Now())
    taken_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="кто загрузил"
    )
    rows = models.PositiveIntegerField("строк")
    new = models.PositiveIntegerField("новых ответов")

    class Meta:
        """Newest first; a file is taken once."""

        verbose_name = "файл ответа"
        verbose_name_plural = "файлы ответов"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "sha256"],
                name="answer_file_once",
                violation_error_message="Этот файл с ответами уже загружен.",
            ),
            models.CheckConstraint(
                condition=Q(new__lte=F("rows")),
                name="answer_file_counts",
                violation_error_message="Новых ответов не может быть больше, чем строк.",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class CaseAnswer(models.Model):
    """What billing did with what a client wrote. Rows are only added, the latest one counts.

    `entry` is the answer in the case's course, by which the client heard of it.
    """

    class State(models.TextChoices):
        """What became of it."""

        COUNTED = "counted", "учтено"
        DONE = "done", "исполнено"
        REJECTED = "rejected", "отклонено"

    outgoing = models.ForeignKey(
        OutgoingCase, models.PROTECT, related_name="answers", verbose_name="строка партии"
    )
    file = models.ForeignKey(
        AnswerFile, models.PROTECT, related_name="case_answers", verbose_name="файл ответа"
    )
    state = models.CharField("ответ", max_length=10, choices=State)
    reason = models.CharField("пояснение", max_length=1000, blank=True)
    document = models.ForeignKey(
        Document, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="документ"
    )
    entry = models.OneToOneField(
        Entry, models.PROTECT, related_name="+", verbose_name="запись хода"
    )
    answered_at = models.DateTimeField("когда", db_default=Now())

    class Meta:
        """A rejection has a reason; read by row, the latest first."""

        verbose_name = "ответ на обращение"
        verbose_name_plural = "ответы на обращения"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state="rejected") | ~Q(reason=""),
                name="case_rejection_has_a_reason",
                violation_error_message="У отказа должна быть причина.",
            ),
        ]
        indexes = [models.Index(fields=["outgoing", "-id"], name="case_answer_latest")]

    def __str__(self) -> str:
        return f"{self.outgoing}: {self.get_state_display()}"
