"""Where electricity is measured, with what, and what the meters showed."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from cabinet import ranges
from contracts.models import Contract
from contracts.periods import PeriodField, period_constraint

CLOSED_TOO_EARLY = "Точка не может быть закрыта раньше, чем начала действовать."
REMOVED_TOO_EARLY = "Прибор не может быть снят раньше, чем установлен."


class MeteringPointQuerySet(models.QuerySet["MeteringPoint"]):
    """Points by time."""

    def on(self, day: datetime.date) -> Self:
        """Points in force on `day`; the day of closing is no longer one of them."""
        return self.filter(Q(closed_on__isnull=True) | Q(closed_on__gt=day), opened_on__lte=day)

    def active(self) -> Self:
        """Points in force today."""
        return self.on(timezone.localdate())


class MeteringPoint(models.Model):
    """A metering point (точка учёта) of a contract."""

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="points", verbose_name="договор"
    )
    number = models.PositiveIntegerField("№ по порядку")
    name = models.CharField("название", max_length=200)
    place = models.CharField("где стоит", max_length=200, blank=True)
    site = models.CharField(
        "объект", max_length=300, help_text="Здание или площадка: по ней строки собраны в таблице."
    )
    max_power_kw = models.DecimalField(
        "максимальная мощность, кВт", max_digits=12, decimal_places=3, null=True, blank=True
    )
    opened_on = models.DateField("действует с")
    closed_on = models.DateField("закрыта", null=True, blank=True)

    objects: ClassVar = MeteringPointQuerySet.as_manager()

    class Meta:
        """In the order of the contract's list of points."""

        verbose_name = "точка учёта"
        verbose_name_plural = "точки учёта"
        ordering = ["contract", "number", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "number"], name="point_number_in_contract"),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                name="point_closed_after_opened",
                violation_error_message=CLOSED_TOO_EARLY,
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Meter(models.Model):
    """A meter (прибор учёта)."""

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    make = models.CharField("марка", max_length=100)
    model = models.CharField("тип", max_length=100, blank=True)
    serial = models.CharField("заводской номер", max_length=40, db_index=True)
    year = models.PositiveSmallIntegerField("год выпуска", null=True, blank=True)
    verified_until = models.DateField("поверен до", null=True, blank=True)
    is_automatic = models.BooleanField(
        "в системе автоматического учёта",
        default=False,
        help_text="Показания такого прибора приходят сами: клиент их видит, но не вводит.",
    )

    class Meta:
        """By serial number."""

        verbose_name = "прибор учёта"
        verbose_name_plural = "приборы учёта"
        ordering = ["serial", "pk"]

    def __str__(self) -> str:
        return f"{self.title} № {self.serial}"

    @property
    def title(self) -> str:
        """Make and type: «Меркурий 234 ART-03»."""
        return f"{self.make} {self.model}".strip()


class InstallationQuerySet(models.QuerySet["Installation"]):
    """Installations by time."""

    def on(self, day: datetime.date) -> Self:
        """Meters that hang on `day`; on the day of removal it is already the next one."""
        return self.filter(
            Q(removed_on__isnull=True) | Q(removed_on__gt=day), installed_on__lte=day
        )


class Installation(models.Model):
    """A meter at a point, from–to, with the ratio that counts there.

    `ratio` (расчётный коэффициент) is Ктт × Ктн; it belongs to the installation, not to the meter.
    """

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    point = models.ForeignKey(
        MeteringPoint, models.PROTECT, related_name="installations", verbose_name="точка учёта"
    )
    meter = models.ForeignKey(
        Meter, models.PROTECT, related_name="installations", verbose_name="прибор учёта"
    )
    current_ratio = models.PositiveIntegerField("Ктт", default=1, validators=[MinValueValidator(1)])
    voltage_ratio = models.PositiveIntegerField("Ктн", default=1, validators=[MinValueValidator(1)])
    ratio = models.GeneratedField(
        expression=F("current_ratio") * F("voltage_ratio"),
        output_field=models.PositiveIntegerField("расчётный коэффициент"),
        db_persist=True,
    )
    installed_on = models.DateField("установлен")
    removed_on = models.DateField("снят", null=True, blank=True)

    objects: ClassVar = InstallationQuerySet.as_manager()

    class Meta:
        """One meter at a place at a time, and a meter at one place at a time."""

        verbose_name = "установка прибора"
        verbose_name_plural = "установки приборов"
        ordering = ["point", "installed_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(current_ratio__gte=1, voltage_ratio__gte=1),
                name="installation_ratio_at_least_one",
            ),
            models.CheckConstraint(
                condition=Q(removed_on__isnull=True) | Q(removed_on__gte=F("installed_on")),
                name="installation_removed_after_installed",
                violation_error_message=REMOVED_TOO_EARLY,
            ),
            *(
                ExclusionConstraint(
                    name=f"one_installation_of_a_{what}",
                    expressions=[
                        (F(what), RangeOperators.EQUAL),
                        (
                            ranges.days("installed_on", "removed_on", bounds="[)"),
                            RangeOperators.OVERLAPS,
                        ),
                    ],
                    violation_error_message=message,
                )
                for what, message in (
                    ("point", "На точке в эти дни уже стоит прибор."),
                    ("meter", "Этот прибор в эти дни стоит на другой точке."),
                )
            ),
        ]

    def __str__(self) -> str:
        return f"{self.point}: {self.meter}"


class Register(models.Model):
    """One register (шкала) of a meter: an energy and a tariff zone."""

    class Energy(models.TextChoices):
        """What is counted."""

        ACTIVE_IN = "A+", "активная, приём"
        ACTIVE_OUT = "A-", "активная, отдача"
        REACTIVE_IN = "R+", "реактивная, приём"
        REACTIVE_OUT = "R-", "реактивная, отдача"

    class Zone(models.TextChoices):
        """The zone of the day; `total` is one register for all hours."""

        TOTAL = "total", "сутки"
        PEAK = "peak", "пик"
        HALF_PEAK = "half_peak", "полупик"
        DAY = "day", "день"
        NIGHT = "night", "ночь"

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    meter = models.ForeignKey(
        Meter, models.PROTECT, related_name="registers", verbose_name="прибор учёта"
    )
    energy = models.CharField("энергия", max_length=2, choices=Energy, default=Energy.ACTIVE_IN)
    zone = models.CharField("зона", max_length=10, choices=Zone, default=Zone.TOTAL)
    order = models.PositiveSmallIntegerField("порядок на табло", default=1)
    integer_digits = models.PositiveSmallIntegerField(
        "цифр до запятой", validators=[MinValueValidator(3), MaxValueValidator(9)]
    )
    fraction_digits = models.PositiveSmallIntegerField(
        "цифр после запятой", validators=[MaxValueValidator(3)]
    )

    class Meta:
        """In the order of the display; each energy and zone once."""

        verbose_name = "шкала"
        verbose_name_plural = "шкалы"
        ordering = ["meter", "order", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["meter", "energy", "zone"], name="register_once"),
            models.CheckConstraint(
                condition=Q(integer_digits__range=(3, 9), fraction_digits__range=(0, 3)),
                name="register_digits",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meter}, {self.get_zone_display()}"

    @property
    def unit(self) -> str:
        """What the register counts in."""
        is_active = self.energy in (self.Energy.ACTIVE_IN, self.Energy.ACTIVE_OUT)
        return "кВт·ч" if is_active else "кВАр·ч"

    @property
    def capacity(self) -> Decimal:
        """10ⁿ: the first value that the display cannot show."""
        return Decimal(10) ** self.integer_digits


class Submission(models.Model):
    """One handing-in of readings: numbered, dated by the database, never changed."""

    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="submissions", verbose_name="договор"
    )
    period = PeriodField("период")
    number = models.CharField("номер", max_length=40, unique=True)
    submitted_by = models.ForeignKey(
        User, models.PROTECT, related_name="submissions", verbose_name="передал"
    )
    received_at = models.DateTimeField("принято", db_default=Now())
    form_key = models.UUIDField(
        "ключ формы", help_text="Повтор той же формы получает ту же квитанцию."
    )
    is_late = models.BooleanField("после срока", default=False)
    sha256 = models.CharField("контрольная сумма", max_length=64)

    class Meta:
        """A form is taken once; the history reads by contract and time."""

        verbose_name = "передача показаний"
        verbose_name_plural = "передачи показаний"
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["submitted_by", "form_key"], name="submission_form_once"
            ),
            period_constraint("period", "submission_period_is_a_month"),
        ]
        indexes = [
            models.Index(fields=["contract", "-received_at", "-id"], name="submission_history")
        ]

    def __str__(self) -> str:
        return self.number


class ReadingQuerySet(models.QuerySet["Reading"]):
    """Readings by which of them counts."""

    def standing(self, contract: Contract, first: datetime.date, last: datetime.date) -> Self:
        """Of each register the latest reading of each period from `first` to `last`.

        The order is that of the index `reading_latest`: one scan, nothing is sorted.
        """
        return (
            self.filter(contract=contract, period__range=(first, last))
            .order_by("-period", "point_id", "register_id", "-received_at", "-pk")
            .distinct("period", "point_id", "register_id")
        )


class Reading(models.Model):
    """What a register showed at the end of a period, as somebody stated it.

    Rows are only added (a trigger refuses anything else): a correction is a new row, and the one
    with the latest `received_at` counts: the database's clock for what is handed in or entered
    here, billing's statement, never a future one, for what a package brings.
    """

    class Source(models.TextChoices):
        """Who stated it."""

        CLIENT = "client", "передано клиентом"
        OFFICE = "office", "введено офисом"
        NETWORK = "network", "сетевая организация"
        AUTOMATIC = "automatic", "автоматический учёт"
        CALCULATED = "calculated", "расчётное"

    external_id = models.CharField(
        "код в биллинге", max_length=64, unique=True, null=True, blank=True
    )
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="readings", verbose_name="договор"
    )
    point = models.ForeignKey(
        MeteringPoint, models.PROTECT, related_name="readings", verbose_name="точка учёта"
    )
    register = models.ForeignKey(
        Register, models.PROTECT, related_name="readings", verbose_name="шкала"
    )
    period = PeriodField("период")
    value = models.DecimalField("показание", max_digits=12, decimal_places=3)
    source = models.CharField("источник", max_length=10, choices=Source)
    submission = models.ForeignKey(
        Submission,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="readings",
        verbose_name="передача",
    )
    is_confirmed = models.BooleanField(
        "подтверждено клиентом",
        default=False,
        db_default=False,
        help_text="О значении переспросили (меньше предыдущего), клиент ответил, что оно верное.",
    )
    received_at = models.DateTimeField("принято", db_default=Now())

    objects: ClassVar = ReadingQuerySet.as_manager()

    class Meta:
        """The key of the last month's values begins with the contract: a page reads neighbours."""

        verbose_name = "показание"
        verbose_name_plural = "показания"
        ordering = ["-period", "point", "register", "-received_at", "-pk"]
        constraints = [
            period_constraint("period", "reading_period_is_a_month"),
            models.CheckConstraint(condition=Q(value__gte=0), name="reading_not_negative"),
            models.CheckConstraint(
                condition=Q(submission__isnull=False) | ~Q(source="client"),
                name="client_reading_has_a_submission",
            ),
        ]
        indexes = [
            models.Index(
                fields=["contract", "-period", "point", "register", "-received_at", "-id"],
                name="reading_latest",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.register}: {self.value}"
