"""Where electricity is measured and with what."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from cabinet import finding, ranges
from contracts.models import Contract

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
    losses_percent = models.DecimalField(
        "потери, %",
        max_digits=6,
        decimal_places=3,
        null=True,
        blank=True,
        help_text="Если счётчик стоит не на границе: сколько добавить к показанному, меньше нуля —"
        " вычесть. Либо в процентах, либо в кВт·ч за месяц.",
    )
    losses_kwh = models.DecimalField(
        "потери, кВт·ч в месяц", max_digits=12, decimal_places=3, null=True, blank=True
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
            models.UniqueConstraint(
                fields=["contract", "number"],
                name="point_number_in_contract",
                violation_error_message="Точка с таким номером в договоре уже есть.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            models.CheckConstraint(
                condition=Q(closed_on__isnull=True) | Q(closed_on__gte=F("opened_on")),
                name="point_closed_after_opened",
                violation_error_message=CLOSED_TOO_EARLY,
            ),
            models.CheckConstraint(
                condition=Q(losses_percent__isnull=True) | Q(losses_kwh__isnull=True),
                name="point_losses_in_one_way",
                violation_error_message="Потери заданы либо в процентах, либо в кВт·ч.",
            ),
        ]
        indexes = [finding.index("point_found", "name", "site", "place")]

    def __str__(self) -> str:
        return self.name


class Meter(models.Model):
    """A meter (прибор учёта)."""

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    make = models.CharField("марка", max_length=100)
    model = models.CharField("тип", max_length=100, blank=True)
    serial = models.CharField("заводской номер", max_length=40, db_index=True)
    year = models.PositiveSmallIntegerField("год выпуска", null=True, blank=True)
    verified_on = models.DateField("поверен", null=True, blank=True)
    verified_until = models.DateField("поверен до", null=True, blank=True, db_index=True)
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
        indexes = [finding.index("meter_found", "serial", "make", "model")]

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
    current_transformers_verified_until = models.DateField(
        "ТТ поверены до", null=True, blank=True, db_index=True
    )
    voltage_transformers_verified_until = models.DateField(
        "ТН поверены до", null=True, blank=True, db_index=True
    )

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
                violation_error_message="Коэффициенты трансформации — не меньше единицы.",
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
                    deferrable=models.Deferrable.IMMEDIATE,
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
            models.UniqueConstraint(
                fields=["meter", "energy", "zone"],
                name="register_once",
                violation_error_message="Такая шкала у прибора уже есть.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
            models.CheckConstraint(
                condition=Q(integer_digits__range=(3, 9), fraction_digits__range=(0, 3)),
                name="register_digits",
                violation_error_message="До запятой от 3 до 9 цифр, после неё не больше трёх.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meter}, {self.get_zone_display()}"


class ActReading(models.Model):
    """What a register showed on the act of installation or of removal of its meter.

    With it a month in which a meter was replaced is counted without loss: the old meter up to the
    act of removal, the new one from the act of installation, each by its own ratio.
    """

    class Moment(models.TextChoices):
        """Which act."""

        INSTALLED = "installed", "при установке"
        REMOVED = "removed", "при снятии"

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    installation = models.ForeignKey(
        Installation, models.PROTECT, related_name="act_readings", verbose_name="установка"
    )
    register = models.ForeignKey(
        Register, models.PROTECT, related_name="act_readings", verbose_name="шкала"
    )
    moment = models.CharField("когда", max_length=10, choices=Moment)
    value = models.DecimalField("показание", max_digits=12, decimal_places=3)

    class Meta:
        """One value for each register and act."""

        verbose_name = "показание по акту"
        verbose_name_plural = "показания по актам"
        ordering = ["installation", "register", "moment"]
        constraints = [
            models.UniqueConstraint(
                fields=["installation", "register", "moment"],
                name="act_reading_once",
                violation_error_message="Показание этой шкалы в акте уже есть.",
            ),
            models.CheckConstraint(
                condition=Q(value__gte=0),
                name="act_reading_not_negative",
                violation_error_message="Показание не может быть меньше нуля.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.register}, {self.get_moment_display()}: {self.value}"
