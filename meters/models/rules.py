"""When readings of a contract are taken, and what is asked about a value: the office's rules."""

from __future__ import annotations

from decimal import Decimal

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from contracts.models import Contract

_DAY = [MinValueValidator(1), MaxValueValidator(31)]


class ReadingRule(models.Model):
    """The rules of one contract, or (without a contract) those of all others.

    An empty value of a contract's row means: as for all. By default readings stand for 00:00 of the
    1st day after the month and are reported by the end of that day (ПП РФ № 442, section X), «если
    иное не установлено договором».
    """

    class TimeZone(models.TextChoices):
        """The clocks of Russia, one name for each."""

        KALININGRAD = "Europe/Kaliningrad", "МСК−1, калининградское"
        MOSCOW = "Europe/Moscow", "МСК, московское"
        SAMARA = "Europe/Samara", "МСК+1, самарское"
        YEKATERINBURG = "Asia/Yekaterinburg", "МСК+2, екатеринбургское"
        OMSK = "Asia/Omsk", "МСК+3, омское"
        KRASNOYARSK = "Asia/Krasnoyarsk", "МСК+4, красноярское"
        IRKUTSK = "Asia/Irkutsk", "МСК+5, иркутское"
        YAKUTSK = "Asia/Yakutsk", "МСК+6, якутское"
        VLADIVOSTOK = "Asia/Vladivostok", "МСК+7, владивостокское"
        MAGADAN = "Asia/Magadan", "МСК+8, магаданское"
        KAMCHATKA = "Asia/Kamchatka", "МСК+9, камчатское"

    contract = models.ForeignKey(
        Contract,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="reading_rules",
        verbose_name="договор",
        help_text="Пусто: правило для всех договоров без собственного.",
    )
    opens_day = models.PositiveSmallIntegerField(
        "принимаются с числа расчётного месяца", null=True, blank=True, validators=_DAY
    )
    closes_day = models.PositiveSmallIntegerField(
        "по число включительно", null=True, blank=True, validators=_DAY
    )
    closes_next_month = models.BooleanField(
        "последний день — в следующем месяце", null=True, blank=True
    )
    is_moved_by_holidays = models.BooleanField(
        "нерабочий последний день переносится вперёд", null=True, blank=True
    )
    time_zone = models.CharField(
        "часовой пояс",
        max_length=40,
        blank=True,
        choices=TimeZone,
        help_text="Пусто: часы поставщика.",
    )
    late_text = models.TextField(
        "чем грозит опоздание",
        blank=True,
        help_text="Клиент видит это, когда срок прошёл: например, как посчитают расход.",
    )
    times_more = models.DecimalField(
        "спросить, если расход больше обычного, раз",
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("1.01"))],
    )
    times_less = models.DecimalField(
        "спросить, если расход меньше обычного, раз",
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal("1.01"))],
    )
    asks_about_zero = models.BooleanField(
        "спросить, если расхода нет, а раньше был", null=True, blank=True
    )
    asks_about_power = models.BooleanField(
        "спросить, если расход больше максимальной мощности × часы", null=True, blank=True
    )
    zones_tolerance = models.DecimalField(
        "сумма зон может отличаться от Σ, единиц последнего разряда табло",
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )

    # What a contract's row may leave to the rule of all.
    INHERITED = (
        "opens_day", "closes_day", "closes_next_month", "is_moved_by_holidays", "time_zone",
        "late_text", "times_more", "times_less", "asks_about_zero", "asks_about_power",
        "zones_tolerance",
    )  # fmt: skip

    class Meta:
        """One rule for all, and it is complete."""

        verbose_name = "правило приёма показаний"
        verbose_name_plural = "правила приёма показаний"
        ordering = [models.F("contract").asc(nulls_first=True), "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contract"],
                nulls_distinct=False,
                name="one_reading_rule_of_a_contract",
                violation_error_message="Такое правило уже есть: измените его.",
            ),
            models.CheckConstraint(
                condition=Q(contract__isnull=False)
                | Q(
                    opens_day__isnull=False,
                    closes_day__isnull=False,
                    closes_next_month__isnull=False,
                    is_moved_by_holidays__isnull=False,
                    times_more__isnull=False,
                    times_less__isnull=False,
                    asks_about_zero__isnull=False,
                    asks_about_power__isnull=False,
                    zones_tolerance__isnull=False,
                ),
                name="reading_rule_for_all_is_complete",
                violation_error_message="В правиле для всех заполните каждое поле.",
            ),
            models.CheckConstraint(
                condition=(Q(opens_day__isnull=True) | Q(opens_day__range=(1, 31)))
                & (Q(closes_day__isnull=True) | Q(closes_day__range=(1, 31))),
                name="reading_rule_days",
                violation_error_message="Дни приёма — от 1 до 31.",
            ),
            models.CheckConstraint(
                condition=(Q(times_more__isnull=True) | Q(times_more__gt=1))
                & (Q(times_less__isnull=True) | Q(times_less__gt=1))
                & (Q(zones_tolerance__isnull=True) | Q(zones_tolerance__gte=0)),
                name="reading_rule_thresholds",
                violation_error_message="Разы — больше единицы, отличие зон — не меньше нуля.",
            ),
        ]

    def __str__(self) -> str:
        return f"договор {self.contract}" if self.contract_id else "для всех договоров"
