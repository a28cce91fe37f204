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

from accounts.roles import Right, Role, allowing
from cabinet import finding, ranges, requisites
from cabinet.mail import Text, build
from cabinet.outbox import OutboxRow, indexes
from cabinet.people import Named

if TYPE_CHECKING:
    from django.core.mail import EmailMessage


class DocumentLetters(models.TextChoices):
    """How often a person is written to about new documents."""

    AT_ONCE = "at_once", "сразу; что пришло вместе — одним письмом"
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
    position = models.CharField(
        "должность в офисе",
        max_length=150,
        blank=True,
        db_default="",
        help_text="Её видит клиент в «Истории доступа». У людей клиента должность стоит в доступе.",
    )
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
    slip_printed_at = models.DateTimeField(
        "листок напечатан",
        null=True,
        blank=True,
        help_text="Листок с одноразовым паролем печатается один раз; новый — с новым паролем.",
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
                violation_error_message="У одноразового пароля должен быть срок.",
            ),
            models.CheckConstraint(
                condition=Q(document_letters__in=DocumentLetters.values),
                name="document_letters_are_known",
                violation_error_message="Выберите из списка, когда писать о документах.",
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
    inn = models.CharField("ИНН", max_length=12, validators=[requisites.validate_inn])
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
        """An ИНН is one client's and has 10 or 12 digits, the ОГРН 13 or 15."""

        verbose_name = "клиент"
        verbose_name_plural = "клиенты"
        ordering = ["short_name", "pk"]
        permissions = [("view_as_client", "Может смотреть кабинет глазами клиента")]
        constraints = [
            models.UniqueConstraint(
                fields=["inn"],
                name="client_inn_once",
                deferrable=models.Deferrable.IMMEDIATE,
                violation_error_message="Клиент с таким ИНН уже есть.",
            ),
            models.CheckConstraint(
                condition=Q(inn__regex=r"^(\d{10}|\d{12})$"),
                name="client_inn_digits",
                violation_error_message="В ИНН 10 или 12 цифр.",
            ),
            models.CheckConstraint(
                condition=Q(ogrn__regex=r"^(\d{13}|\d{15})$"),
                name="client_ogrn_digits",
                violation_error_message="В ОГРН 13 или 15 цифр.",
            ),
        ]
        indexes = [
            finding.index("client_found", "short_name", "full_name", "ogrn"),
            # The office finds by the beginning of an ИНН.
            models.Index(
                fields=["inn"], opclasses=["varchar_pattern_ops"], name="client_inn_begins"
            ),
        ]

    def __str__(self) -> str:
        return self.short_name


class Basis(models.TextChoices):
    """The paper on which a person acts for a company."""

    CHARTER = "charter", "устав, паспорт руководителя"
    POWER_OF_ATTORNEY = "power_of_attorney", "доверенность"
    ORDER = "order", "приказ"


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

    def held(self, *, at: Any, day: Any) -> Self:
        """Memberships that let somebody in at a moment: expressions of it and of its day.

        The day is that of the retailer's clock. One that began on that day did so when it was made.
        """
        return self.filter(
            Q(ends_on__isnull=True) | Q(ends_on__gte=day),
            Q(revoked_at__isnull=True) | Q(revoked_at__gte=at),
            Q(starts_on__lt=day) | Q(starts_on=day, created_at__lte=at),
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

    def leading(self, right: Right) -> Self:
        """Memberships in force that allow `right` at every contract of their client.

        A membership limited to some contracts, or with a lesser role at one of them, does not show
        who has which of the others, and does not decide about it.
        """
        roles = allowing(right)
        whole = self.active().filter(all_contracts=True, role__in=roles)
        # The room above is reached by the name of its relation, never by import.
        limits: Any = Membership.limits.rel.related_model
        lesser = limits.objects.exclude(role__in=["", *roles])
        return whole.exclude(pk__in=lesser.values("membership"))


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
    basis_number = models.CharField(
        "номер документа", max_length=60, blank=True, help_text="Номер доверенности или приказа."
    )
    basis_on = models.DateField("дата документа", null=True, blank=True)
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
        indexes = [
            models.Index(
                fields=["ends_on", "client"],
                condition=Q(revoked_at__isnull=True, ends_on__isnull=False),
                name="membership_with_a_term",
            )
        ]
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
            models.CheckConstraint(
                condition=~Q(basis=Basis.ORDER) | (Q(basis_on__isnull=False) & ~Q(basis_number="")),
                name="order_has_number_and_date",
                violation_error_message="У приказа нужны номер и дата.",
            ),
            models.UniqueConstraint(
                fields=["agreement_number"],
                condition=~Q(agreement_number=""),
                name="membership_agreement_number",
                violation_error_message="Соглашение с таким номером уже есть.",
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


class Letter(OutboxRow):
    """A letter about access (address confirmed, password changed, …), kept word for word."""

    to = models.EmailField("кому")
    client = models.ForeignKey(
        Client,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="letters",
        verbose_name="о каком клиенте",
        help_text="Пусто: письмо о самом человеке или о нескольких его компаниях.",
    )
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
