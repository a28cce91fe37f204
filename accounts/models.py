"""Who comes in: people, the companies they act for, and the paper that lets them."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.roles import RIGHTS, Right, Role
from cabinet import finding, ranges, requisites
from cabinet.mail import Text, build
from cabinet.outbox import OutboxRow, indexes
from cabinet.people import Named

if TYPE_CHECKING:
    from django.core.mail import EmailMessage


class DocumentLetters(models.TextChoices):
    """How often a person is written to about new documents."""

    AT_ONCE = "at_once", "сразу, о каждом документе"
    DAILY = "daily", "раз в день, одним письмом"
    NEVER = "never", "не присылать"


class User(Named, AbstractUser):
    """A person who logs in: somebody at a client's, or office staff (`is_staff`)."""

    class ColorScheme(models.TextChoices):
        """Light or dark pages."""

        SYSTEM = "", "как в системе"
        LIGHT = "light", "светлое"
        DARK = "dark", "тёмное"

    patronymic = models.CharField("отчество", max_length=150, blank=True)
    phone = models.CharField("телефон", max_length=40, blank=True)
    color_scheme = models.CharField(
        "оформление", max_length=5, choices=ColorScheme, default=ColorScheme.SYSTEM, blank=True
    )
    wants_reading_reminders = models.BooleanField(
        "напоминать о передаче показаний", default=True, db_default=True
    )
    document_letters = models.CharField(
        "письма о новых документах",
        max_length=10,
        choices=DocumentLetters,
        default=DocumentLetters.DAILY,
        db_default=DocumentLetters.DAILY,
    )
    has_one_time_password = models.BooleanField("пароль одноразовый", default=False)
    one_time_password_until = models.DateTimeField(
        "одноразовый пароль действует до", null=True, blank=True
    )
    password_changed_at = models.DateTimeField("пароль изменён", null=True, blank=True)

    class Meta:
        """A one-time password always has a term; letters about documents come in a known way."""

        verbose_name = "пользователь"
        verbose_name_plural = "пользователи"
        ordering = ["username"]
        constraints = [
            models.CheckConstraint(
                condition=Q(has_one_time_password=False) | Q(one_time_password_until__isnull=False),
                name="one_time_password_has_a_term",
            ),
            models.CheckConstraint(
                condition=Q(document_letters__in=DocumentLetters.values),
                name="document_letters_are_known",
            ),
        ]
        indexes = [
            finding.index(
                "user_found", "username", "last_name", "first_name", "patronymic", "email", "phone"
            )
        ]

    def __str__(self) -> str:
        return f"{self.full_name} ({self.username})" if self.full_name else self.username

    @property
    def short_name(self) -> str:
        """«Соколова Н. В.», or the login where no name is known."""
        return super().short_name or self.username


class Client(models.Model):
    """A legal entity (потребитель) that holds contracts."""

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    short_name = models.CharField("краткое наименование", max_length=255)
    full_name = models.CharField("полное наименование", max_length=500)
    inn = models.CharField("ИНН", max_length=12, unique=True, validators=[requisites.validate_inn])
    kpp = models.CharField("КПП", max_length=9, blank=True, validators=[requisites.validate_kpp])
    ogrn = models.CharField("ОГРН", max_length=15, validators=[requisites.validate_ogrn])
    legal_address = models.CharField("юридический адрес", max_length=500)
    postal_address = models.CharField("почтовый адрес", max_length=500, blank=True)
    phone = models.CharField("телефон", max_length=40, blank=True)
    email = models.EmailField("e-mail", blank=True)
    registered_on = models.DateField(
        "дата регистрации кабинета",
        null=True,
        blank=True,
        help_text="Ставится при первой выдаче логина. Документы в кабинете хранятся с этой даты.",
    )

    class Meta:
        """The ИНН has 10 or 12 digits, the ОГРН 13 or 15."""

        verbose_name = "клиент"
        verbose_name_plural = "клиенты"
        ordering = ["short_name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(inn__regex=r"^(\d{10}|\d{12})$"), name="client_inn_digits"
            ),
            models.CheckConstraint(
                condition=Q(ogrn__regex=r"^(\d{13}|\d{15})$"), name="client_ogrn_digits"
            ),
        ]
        indexes = [finding.index("client_found", "short_name", "full_name", "ogrn")]

    def __str__(self) -> str:
        return self.short_name


class Basis(models.TextChoices):
    """The paper on which a person acts for a company."""

    CHARTER = "charter", "устав, паспорт руководителя"
    POWER_OF_ATTORNEY = "power_of_attorney", "доверенность"


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships by whether they let somebody in."""

    def active(self) -> Self:
        """Memberships that give access today, in the retailer's time zone."""
        today = timezone.localdate()
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=today),
            revoked_at__isnull=True,
            starts_on__lte=today,
            user__is_active=True,
        )

    def expired(self) -> Self:
        """Memberships whose last day has passed; revoked ones are not among them."""
        return self.filter(revoked_at__isnull=True, ends_on__lt=timezone.localdate())

    def revoked(self) -> Self:
        """Memberships that the office ended."""
        return self.filter(revoked_at__isnull=False)

    def ending(self, first_day: datetime.date, last_day: datetime.date) -> Self:
        """Memberships in force whose last day lies between the two, both included."""
        return self.active().filter(ends_on__range=(first_day, last_day))

    def overlapping(self, first_day: datetime.date, last_day: datetime.date | None) -> Self:
        """Memberships, revoked ones aside, that hold on some day of the span; None has no end."""
        own = self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=first_day), revoked_at__isnull=True
        )
        return own if last_day is None else own.filter(starts_on__lte=last_day)

    def colleagues_of(self, user: User) -> Self:
        """Memberships in force at the clients of which `user` may see who has access.

        A membership limited to some contracts does not show who has which of the others.
        """
        roles = [role for role, rights in RIGHTS.items() if Right.SEE_COLLEAGUES in rights]
        led = Membership.objects.active().filter(user=user, all_contracts=True, role__in=roles)
        return self.active().filter(client__in=led.values("client"))


class Membership(models.Model):
    """That a person acts for a client, as whom, on what paper, and until when.

    `all_contracts` off means: only the contracts listed in `contracts.ContractLimit`.
    """

    user = models.ForeignKey(
        User, models.PROTECT, related_name="memberships", verbose_name="пользователь"
    )
    client = models.ForeignKey(
        Client, models.PROTECT, related_name="memberships", verbose_name="клиент"
    )
    role = models.CharField("роль", max_length=20, choices=Role)
    position = models.CharField("должность", max_length=150, blank=True)
    basis = models.CharField("основание", max_length=20, choices=Basis, default=Basis.CHARTER)
    basis_number = models.CharField("номер доверенности", max_length=60, blank=True)
    agreement_number = models.CharField("номер соглашения", max_length=40, blank=True)
    signed_on = models.DateField("соглашение подписано")
    starts_on = models.DateField("доступ с")
    ends_on = models.DateField(
        "доступ по",
        null=True,
        blank=True,
        help_text="Последний день доступа. Для доверенности — последний день её срока.",
    )
    all_contracts = models.BooleanField("все договоры клиента", default=True)
    issued_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="issued_memberships",
        verbose_name="выдал",
    )
    created_at = models.DateTimeField("создано", db_default=Now())
    revoked_at = models.DateTimeField("отозвано", null=True, blank=True)
    revoked_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="revoked_memberships",
        verbose_name="отозвал",
    )
    revoked_reason = models.CharField("причина отзыва", max_length=255, blank=True)
    form_key = models.UUIDField(
        "ключ формы",
        null=True,
        unique=True,
        editable=False,
        help_text="Повтор той же формы не выдаёт второй доступ.",
    )

    objects: ClassVar = MembershipQuerySet.as_manager()

    class Meta:
        """One membership of a person at a client at a time; no access before the signature."""

        verbose_name = "доступ"
        verbose_name_plural = "доступы"
        ordering = ["client__short_name", "user__last_name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="membership_ends_after_it_starts",
                violation_error_message="Доступ не может закончиться раньше, чем начнётся.",
            ),
            models.CheckConstraint(
                condition=Q(starts_on__gte=F("signed_on")),
                name="membership_starts_after_signature",
                violation_error_message="Доступ открывается не раньше дня подписания соглашения.",
            ),
            models.CheckConstraint(
                condition=~Q(basis=Basis.POWER_OF_ATTORNEY)
                | (Q(ends_on__isnull=False) & ~Q(basis_number="")),
                name="power_of_attorney_has_number_and_term",
                violation_error_message="У доверенности нужны номер и срок.",
            ),
            ExclusionConstraint(
                name="one_membership_at_a_time",
                expressions=[
                    (F("user"), RangeOperators.EQUAL),
                    (F("client"), RangeOperators.EQUAL),
                    (ranges.days("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
                condition=Q(revoked_at__isnull=True),
                violation_error_message="У этого человека уже есть доступ к клиенту в эти дни.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user.short_name} — {self.client}, {self.get_role_display()}"

    @property
    def title(self) -> str:
        """What the person is at the company: the position, or the role where none is known."""
        return self.position or self.get_role_display()

    @property
    def is_active(self) -> bool:
        """Whether this membership gives access today."""
        today = timezone.localdate()
        return (
            self.revoked_at is None
            and self.user.is_active
            and self.starts_on <= today
            and (self.ends_on is None or today <= self.ends_on)
        )


class JournalEntry(models.Model):
    """One fact about access: who did what, when, from where. Never changed (a trigger refuses)."""

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

    at = models.DateTimeField("когда", db_default=Now(), db_index=True)
    action = models.CharField("что", max_length=30, choices=Action)
    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="кто"
    )
    login = models.CharField("логин", max_length=150, blank=True)
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="journal", verbose_name="клиент"
    )
    subject = models.CharField("о чём", max_length=500, blank=True)
    ip = models.GenericIPAddressField("IP-адрес", null=True, blank=True)
    user_agent = models.CharField("программа", max_length=300, blank=True)
    details: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField(
        "подробности", default=dict, blank=True
    )

    class Meta:
        """Read by client and by person, newest first."""

        verbose_name = "запись журнала"
        verbose_name_plural = "журнал"
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["client", "-at", "-id"], name="journal_by_client"),
            models.Index(fields=["user", "-at", "-id"], name="journal_by_user"),
        ]

    def __str__(self) -> str:
        moment = timezone.localtime(self.at)
        return f"{moment:%d.%m.%Y %H:%M:%S} {self.get_action_display()} {self.login}"


class Letter(OutboxRow):
    """A letter about access (address confirmed, password changed, …), kept word for word."""

    to = models.EmailField("кому")
    subject = models.CharField("тема", max_length=255)
    plain = models.TextField("текст")
    html = models.TextField("HTML")

    class Meta:
        """The sweeper's index."""

        verbose_name = "письмо о доступе"
        verbose_name_plural = "письма о доступе"
        ordering = ["-created_at", "-pk"]
        indexes = [*indexes("letter"), finding.index("letter_found", "to", "subject")]

    def __str__(self) -> str:
        return f"{self.subject} → {self.to}"

    def build_letter(self) -> EmailMessage:
        """The stored words under the stored Message-ID."""
        return build(
            Text(subject=self.subject, plain=self.plain, html=self.html),
            to=self.to,
            message_id=self.mail_id,
        )


class SiteNoticeQuerySet(models.QuerySet["SiteNotice"]):
    """Notices by time."""

    def current(self) -> Self:
        """Those that every page shows now, planned stops first."""
        shown = self.filter(is_on=True, shown_from__lte=Now(), shown_until__gt=Now())
        return shown.order_by(F("stops_at").asc(nulls_last=True), "pk")


class SiteNotice(models.Model):
    """What every page of the portal says for a while; with `stops_at`, a planned stop of it."""

    text = models.CharField(
        "текст",
        max_length=500,
        help_text="Что случилось и что делать клиенту: одно-два предложения.",
    )
    is_on = models.BooleanField("показывать", default=True)
    shown_from = models.DateTimeField("показывать с", default=timezone.now)
    shown_until = models.DateTimeField("показывать до")
    stops_at = models.DateTimeField(
        "остановка с", null=True, blank=True, help_text="Заполните оба времени для плановых работ."
    )
    resumes_at = models.DateTimeField("остановка до", null=True, blank=True)

    objects: ClassVar = SiteNoticeQuerySet.as_manager()

    class Meta:
        """Whatever begins also ends, later; a stop has both its moments."""

        verbose_name = "объявление на всех страницах"
        verbose_name_plural = "объявления и плановые остановки"
        ordering = ["-shown_from", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(shown_until__gt=F("shown_from")),
                name="site_notice_ends_after_it_begins",
                violation_error_message="«Показывать до» должно быть позже, чем «показывать с».",
            ),
            models.CheckConstraint(
                condition=Q(stops_at__isnull=True, resumes_at__isnull=True)
                | Q(
                    stops_at__isnull=False,
                    resumes_at__isnull=False,
                    resumes_at__gt=F("stops_at"),
                ),
                name="site_notice_stop_has_both_moments",
                violation_error_message="У остановки нужны оба времени, и «до» — позже, чем «с».",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
