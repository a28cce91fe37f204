"""Packages of the billing system: each attempt to take one in, and what it left behind."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from accounts.models import User


class ImportQuerySet(models.QuerySet["Import"]):
    """Imports by what became of them."""

    def applied(self) -> Self:
        """Those that are applied and nobody is undoing, the latest first."""
        return self.filter(state=Import.State.APPLIED).order_by("-applied_at", "-pk")

    def standing(self) -> Self:
        """Those whose data stand in the portal, also while one is being undone; latest first."""
        states = (Import.State.APPLIED, Import.State.UNDOING)
        return self.filter(state__in=states).order_by("-applied_at", "-pk")

    def working(self) -> Self:
        """Those that a worker has in hand, or should have."""
        return self.filter(state__in=Import.WORKING)

    def troubled(self) -> Self:
        """Those that did not go in: refused, or broken off."""
        return self.filter(state__in=(Import.State.REFUSED, Import.State.FAILED))


class Import(models.Model):
    """One attempt to take a package in: what came, how far it is, what it did.

    `counts`: by the table's name how many rows were new, changed, unchanged, vanished, refused;
    `samples`: by the table's name the first new rows, some of the changed ones, before and after,
    and the codes of some that vanished. `trouble` says why it did not go in, or why it cannot be
    undone. `mends`: the refused attempt whose package this is, with some of its rows mended.
    """

    class Source(models.TextChoices):
        """How it came."""

        COMMAND = "command", "команда"
        UPLOAD = "upload", "загрузка в офисе"
        FOLDER = "folder", "папка обмена"

    class State(models.TextChoices):
        """Where it is."""

        CHECKING = "checking", "проверяется"
        CHECKED = "checked", "проверен"
        APPLYING = "applying", "загружается"
        APPLIED = "applied", "загружен"
        REFUSED = "refused", "отклонён"
        FAILED = "failed", "прерван"
        UNDOING = "undoing", "отменяется"
        UNDONE = "undone", "отменён"

    WORKING = (State.CHECKING, State.APPLYING, State.UNDOING)

    source = models.CharField("откуда", max_length=10, choices=Source)
    state = models.CharField("состояние", max_length=10, choices=State, default=State.CHECKING)
    name = models.CharField("пакет", max_length=255)
    # Of an uploaded ZIP, in the private storage, until it is applied, dropped or too old.
    path = models.CharField("файл", max_length=200, blank=True, editable=False)
    mends = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="mended_by",
        verbose_name="исправляет",
    )  # fmt: skip
    version = models.PositiveSmallIntegerField("версия формата", null=True, blank=True)
    day = models.DateField("день пакета", null=True, blank=True)
    as_of = models.DateTimeField("данные на", null=True, blank=True)
    sha256 = models.CharField("SHA-256 описи", max_length=64, blank=True)
    created_at = models.DateTimeField("получен", db_default=Now())
    created_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="кто передал"
    )
    applied_at = models.DateTimeField("загружен", null=True, blank=True)
    applied_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="кто загрузил"
    )
    undone_at = models.DateTimeField("отменён", null=True, blank=True)
    undone_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name="кто отменил"
    )
    finished_at = models.DateTimeField("окончен", null=True, blank=True)
    counts: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "строки", default=dict, blank=True
    )
    samples: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "примеры", default=dict, blank=True
    )
    has_changed = models.BooleanField("что-то изменил", default=False)
    refused_rows = models.PositiveIntegerField("отклонено строк", default=0)
    trouble = models.TextField("почему", blank=True)
    percent = models.PositiveSmallIntegerField("готово, %", default=0)
    stage = models.CharField("чем занят", max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField("попыток", default=0)
    # Until then it is in a worker's hands; afterwards another one takes it up.
    leased_until = models.DateTimeField("занят до", db_default=Now())

    objects: ClassVar = ImportQuerySet.as_manager()

    class Meta:
        """Newest first. What is applied has its moments, and only what came as a file a file."""

        verbose_name = "загрузка данных"
        verbose_name_plural = "загрузки данных"
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=("applied", "undoing", "undone"))
                | Q(applied_at__isnull=False, as_of__isnull=False, version__isnull=False),
                name="import_applied_has_its_moments",
                violation_error_message="У принятой загрузки есть версия, время данных и приёма.",
            ),
            models.CheckConstraint(
                condition=~Q(state="undone") | Q(undone_at__isnull=False),
                name="import_undone_has_its_moment",
                violation_error_message="У отменённой загрузки должно быть время отмены.",
            ),
            models.CheckConstraint(
                condition=Q(path="") | Q(source="upload"),
                name="import_file_was_uploaded",
                violation_error_message="Файл хранится только у загрузки со страницы.",
            ),
            models.CheckConstraint(
                condition=Q(percent__lte=100),
                name="import_percent",
                violation_error_message="Готовность — не больше ста процентов.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-applied_at", "-id"],
                name="import_applied",
                condition=Q(state="applied"),
            ),
            models.Index(
                fields=["leased_until"],
                name="import_working",
                condition=Q(state__in=("checking", "applying", "undoing")),
            ),
        ]

    def __str__(self) -> str:
        return f"Пакет «{self.name}»"

    @property
    def is_working(self) -> bool:
        """Whether a worker has it in hand, or will."""
        return self.state in self.WORKING


class RefusedRow(models.Model):
    """A row of a package that is refused: where, why, and as it came, to be mended.

    `row` counts from the file's header, 1; none: the file as a whole. `cells` follow the file's own
    order of columns (`columns` of the first row of each table); empty when the row is too long.
    """

    attempt = models.ForeignKey(
        Import, models.CASCADE, related_name="refusals", verbose_name="загрузка"
    )
    table = models.CharField("таблица", max_length=30)
    row = models.PositiveBigIntegerField("строка", null=True, blank=True)
    column = models.CharField("столбец", max_length=60, blank=True)
    key = models.CharField("код", max_length=100, blank=True)
    reason = models.CharField("причина", max_length=500)
    cells: models.JSONField[list[str], list[str]] = models.JSONField(
        "как пришла", default=list, blank=True
    )

    class Meta:
        """In the order of the package."""

        verbose_name = "отклонённая строка"
        verbose_name_plural = "отклонённые строки"
        ordering = ["attempt", "pk"]
        indexes = [models.Index(fields=["attempt", "table", "id"], name="refused_row_by_table")]

    def __str__(self) -> str:
        return f"{self.table}.csv, строка {self.row}"


class AddedRows(models.Model):
    """Neighbouring primary keys of rows that an import has added, so that it can be undone.

    The database itself lets readings, answers and published documents go by these alone
    (migration 0001). `digest` tells whether they still hold what the import wrote
    (`exchange.incoming.merging.digest`); None: nobody has noted that.
    """

    attempt = models.ForeignKey(Import, models.CASCADE, related_name="added")
    table = models.CharField(max_length=30)
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    digest = models.BigIntegerField(null=True)

    class Meta:
        """Found by table and key."""

        verbose_name = "добавленные строки"
        verbose_name_plural = "добавленные строки"
        ordering = ["attempt", "table", "first_id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_id__gte=models.F("first_id")),
                name="added_rows_in_order",
                violation_error_message="Последний ключ не может быть меньше первого.",
            ),
        ]
        indexes = [models.Index(fields=["table", "first_id", "last_id"], name="added_rows_by_id")]

    def __str__(self) -> str:
        return f"{self.table}: {self.first_id}–{self.last_id}"


class ChangedRow(models.Model):
    """A row that an import has changed: what it held before, and what the import wrote.

    Both have the columns of the model's table that a package may change.
    """

    attempt = models.ForeignKey(Import, models.CASCADE, related_name="changed")
    table = models.CharField(max_length=30)
    row_id = models.BigIntegerField()
    key = models.CharField(max_length=100)
    before: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()
    after: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField()

    class Meta:
        """One for each row of an import."""

        verbose_name = "изменённая строка"
        verbose_name_plural = "изменённые строки"
        ordering = ["attempt", "table", "row_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["attempt", "table", "row_id"],
                name="changed_row_once",
                violation_error_message="Эта строка в загрузке уже отмечена.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table}: {self.key}"
