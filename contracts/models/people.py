"""The retailer's branches, the people who supervise contracts, and who stands in for them."""

from __future__ import annotations

import datetime
from typing import Any, ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q

from accounts.models import User
from cabinet import ranges
from cabinet.people import Named


class Branch(models.Model):
    """A branch of the retailer (отделение)."""

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    name = models.CharField("название", max_length=200)
    city = models.CharField("населённый пункт", max_length=100)
    address = models.CharField("адрес", max_length=500)
    phone = models.CharField("телефон", max_length=40)
    email = models.EmailField("общий адрес")
    hours = models.CharField("часы работы", max_length=200, blank=True)

    class Meta:
        """By name."""

        verbose_name = "отделение"
        verbose_name_plural = "отделения"
        ordering = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class Specialist(Named, models.Model):
    """A person of the retailer who supervises contracts."""

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    branch = models.ForeignKey(
        Branch, models.PROTECT, related_name="specialists", verbose_name="отделение"
    )
    last_name = models.CharField("фамилия", max_length=150)
    first_name = models.CharField("имя", max_length=150)
    patronymic = models.CharField("отчество", max_length=150, blank=True)
    position = models.CharField("должность", max_length=200)
    phone = models.CharField("телефон", max_length=40)
    extension = models.CharField("добавочный", max_length=10, blank=True)
    email = models.EmailField("e-mail")
    office = models.CharField("кабинет", max_length=40, blank=True)
    is_active = models.BooleanField("работает", default=True)
    user = models.OneToOneField(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="specialist",
        limit_choices_to={"is_staff": True},
        verbose_name="учётная запись",
        help_text="Под ней специалист или руководитель отделения работает в портале: по ней видно,"
        " какие договоры и обращения его.",
    )
    refused_email = models.EmailField(
        "адрес, от которого отказался почтовый сервер",
        blank=True,
        editable=False,
        help_text="Пока он совпадает с e-mail, письма идут следующему по правилу.",
    )
    refused_at = models.DateTimeField("отказ", null=True, blank=True, editable=False)

    class Meta:
        """By name."""

        verbose_name = "специалист"
        verbose_name_plural = "специалисты"
        ordering = ["last_name", "first_name", "pk"]

    def __str__(self) -> str:
        return f"{self.full_name}, {self.position}"

    @property
    def has_mailbox(self) -> bool:
        """Whether letters reach this person: a mailbox that refused is dead until it changes."""
        return bool(self.email) and self.email != self.refused_email


class TermQuerySet(models.QuerySet[Any]):
    """Rows with «с» and «по» by time; both days belong to the term."""

    def on(self, day: datetime.date) -> Self:
        """Rows in force on `day`."""
        return self.filter(Q(ends_on__isnull=True) | Q(ends_on__gte=day), starts_on__lte=day)


class Leave(models.Model):
    """Days on which a specialist is away, and who answers instead."""

    external_id = models.CharField(
        "код в биллинге", max_length=64, unique=True, null=True, blank=True, editable=False
    )
    specialist = models.ForeignKey(
        Specialist, models.CASCADE, related_name="leaves", verbose_name="специалист"
    )
    deputy = models.ForeignKey(
        Specialist, models.PROTECT, related_name="deputised_leaves", verbose_name="замещает"
    )
    starts_on = models.DateField("с")
    ends_on = models.DateField("по")

    objects: ClassVar = TermQuerySet.as_manager()

    class Meta:
        """Leaves of one person do not overlap; nobody deputises himself."""

        verbose_name = "отсутствие"
        verbose_name_plural = "отсутствия и замещения"
        ordering = ["-starts_on", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")),
                name="leave_ends_after_it_starts",
                violation_error_message="Отсутствие не может закончиться раньше, чем начнётся.",
            ),
            models.CheckConstraint(
                condition=~Q(specialist=F("deputy")),
                name="leave_has_another_deputy",
                violation_error_message="Замещать должен другой человек.",
            ),
            ExclusionConstraint(
                name="one_leave_at_a_time",
                expressions=[
                    (F("specialist"), RangeOperators.EQUAL),
                    (ranges.days("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                ],
                deferrable=models.Deferrable.IMMEDIATE,
                violation_error_message="На эти дни отсутствие уже записано.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.specialist.short_name}: {self.starts_on:%d.%m.%Y}–{self.ends_on:%d.%m.%Y}"
