"""What happened: the journal of access, the chains that keep it as it was, papers made of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models.access import Client, User


class JournalEntry(models.Model):
    """One fact: who did what, when, from where. Never changed (a trigger refuses).

    `user` did it; `person` is whom it concerns, where that is somebody else: whose login was
    issued, with whose eyes the office looked. Each entry is a link of a chain: `JournalLink`.
    """

    class Action(models.TextChoices):
        """What happened."""

        LOGIN = "login", "вход"
        LOGIN_REFUSED = "login_refused", "отказ во входе"
        LOGOUT = "logout", "выход"
        LOGIN_ISSUED = "login_issued", "выдан логин"
        ACCESS_GRANTED = "access_granted", "дан доступ по имеющемуся логину"
        PASSWORD_ISSUED = "password_issued", "выдан одноразовый пароль"
        PASSWORD_CHANGED = "password_changed", "изменён пароль"
        PASSWORD_RESET = "password_reset", "пароль восстановлен по ссылке"
        EMAIL_CHANGED = "email_changed", "изменён e-mail"
        ACCESS_REVOKED = "access_revoked", "отозван доступ"
        SESSION_ENDED = "session_ended", "сеанс завершён"
        FILE_OPENED = "file_opened", "открыт файл"
        SECOND_FACTOR_SET = "second_factor_set", "включён код при входе"
        SECOND_FACTOR_REFUSED = "second_factor_refused", "отказ: неверный код при входе"
        SECOND_FACTOR_REMOVED = "second_factor_removed", "отключён код при входе"
        SECOND_FACTOR_RESET = "second_factor_reset", "сброшен код при входе"
        RECOVERY_CODES_MADE = "recovery_codes_made", "созданы резервные коды"
        RECOVERY_CODE_USED = "recovery_code_used", "использован резервный код"
        ACCESS_NARROWED = "access_narrowed", "сужен доступ"
        ACCESS_REQUESTED = "access_requested", "запрошен доступ"
        REQUEST_CLOSED = "request_closed", "закрыт запрос доступа"
        # Issuing at the office, step by step.
        ENROLMENT_STARTED = "enrolment_started", "начато оформление доступа"
        AGREEMENT_PRINTED = "agreement_printed", "напечатано соглашение"
        AGREEMENT_SIGNED = "agreement_signed", "соглашение подписано"
        ENROLMENT_ABANDONED = "enrolment_abandoned", "оформление доступа отменено"
        SLIP_PRINTED = "slip_printed", "напечатан листок с паролем"
        LIST_UPLOADED = "list_uploaded", "загружен список на выдачу доступа"
        REFUSED = "refused", "отказ в доступе"
        VIEWING_STARTED = "viewing_started", "начат просмотр глазами клиента"
        VIEWING_ENDED = "viewing_ended", "просмотр глазами клиента завершён"
        VIEWING_REFUSED = "viewing_refused", "отказ при просмотре глазами клиента"
        PAGE_VIEWED = "page_viewed", "страница открыта глазами клиента"
        OFFICE_VIEWED = "office_viewed", "просмотр в рабочем месте"
        OFFICE_DID = "office_did", "действие в рабочем месте"
        EXPORTED = "exported", "выгрузка"
        ROW_ADDED = "row_added", "добавлена запись"
        ROW_CHANGED = "row_changed", "изменена запись"
        ROW_DELETED = "row_deleted", "удалена запись"

    at = models.DateTimeField("когда", db_default=Now())
    action = models.CharField("что", max_length=30, choices=Action)
    # Each has an index below that begins with it.
    user = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name="кто",
    )
    login = models.CharField("логин", max_length=150, blank=True)
    person = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name="кого касается",
    )
    client = models.ForeignKey(
        Client,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="journal",
        verbose_name="клиент",
    )
    subject = models.CharField("о чём", max_length=500, blank=True)
    request_id = models.CharField("номер запроса", max_length=32, blank=True, db_default="")
    ip = models.GenericIPAddressField("IP-адрес", null=True, blank=True)
    user_agent = models.CharField("программа", max_length=300, blank=True)
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "подробности", default=dict, blank=True
    )

    class Meta:
        """Read by client, person, action and address, newest first: each its walk of an index."""

        verbose_name = "запись журнала"
        verbose_name_plural = "журнал"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="journal_by_time"),
            models.Index(fields=["client", "-at", "-id"], name="journal_by_client"),
            models.Index(fields=["user", "-at", "-id"], name="journal_by_user"),
            models.Index(
                fields=["person", "-at", "-id"],
                name="journal_by_person",
                condition=Q(person__isnull=False),
            ),
            models.Index(fields=["action", "-at", "-id"], name="journal_by_action"),
            models.Index(
                fields=["ip", "-at", "-id"], name="journal_by_ip", condition=Q(ip__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        moment = timezone.localtime(self.at)
        return f"{moment:%d.%m.%Y %H:%M:%S} {self.get_action_display()} {self.login}"


class JournalLink(models.Model):
    """A link of a chain: an entry's fingerprint together with the link before it.

    Written by a trigger at COMMIT (migration 0008), one after the other in each of sixteen chains,
    so that a changed, removed or slipped-in entry breaks its chain; `accounts/chain.py` looks.
    """

    entry = models.OneToOneField(
        JournalEntry,
        models.PROTECT,
        primary_key=True,
        related_name="link",
        verbose_name="запись",
    )
    chain = models.SmallIntegerField("цепочка")
    position = models.BigIntegerField("место в цепочке")
    sha256 = models.CharField("SHA-256", max_length=64)

    class Meta:
        """In the order of COMMIT within a chain; a chain never forks."""

        verbose_name = "звено цепочки журнала"
        verbose_name_plural = "цепочки журнала"
        ordering = ["chain", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["chain", "position"],
                name="one_link_at_a_position",
                violation_error_message="На этом месте цепочки запись уже есть.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.chain}:{self.position}:{self.sha256}"


class Dossier(models.Model):
    """A paper for a dispute: what a client saw and sent on some days, as it was made and stored.

    What stands in it: `exchange/dossier.py`. Rows are only added; `sha256` is of the file.
    """

    FOLDER: ClassVar = "dossiers"

    client = models.ForeignKey(
        Client, models.PROTECT, related_name="dossiers", verbose_name="клиент"
    )
    first_day = models.DateField("с")
    last_day = models.DateField("по")
    purpose = models.CharField("для чего", max_length=200)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name="кто составил")
    made_at = models.DateTimeField("составлено", db_default=Now())
    path = models.CharField("файл", max_length=200, unique=True, editable=False)
    size = models.PositiveIntegerField("размер, байт")
    sha256 = models.CharField("SHA-256", max_length=64)

    class Meta:
        """Newest first."""

        verbose_name = "справка о действиях клиента"
        verbose_name_plural = "справки о действиях клиентов"
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="dossier_days_in_order",
                violation_error_message="Последний день не может быть раньше первого.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.client}: {self.days}"

    @property
    def days(self) -> str:
        """«01.11.2026», «01.11.2026–03.11.2026»."""
        first, last = f"{self.first_day:%d.%m.%Y}", f"{self.last_day:%d.%m.%Y}"
        return first if first == last else f"{first}–{last}"

    @property
    def filename(self) -> str:
        """How the browser saves it."""
        return f"Справка {self.client.inn} {self.days}.pdf"
