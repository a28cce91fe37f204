"""What clients may write about, and who answers it where."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from cabinet import ranges
from contracts.models.people import Branch, Leave, Specialist, TermQuerySet


class Topic(models.Model):
    """What a client may write about; each topic finds its specialist."""

    code = models.SlugField("код", max_length=40, unique=True)
    name = models.CharField("название", max_length=150)
    hint = models.CharField("что сюда писать", max_length=300, blank=True)
    group_name = models.CharField(
        "группа", max_length=150, blank=True, help_text="Кто отвечает, если специалиста нет."
    )
    email = models.EmailField(
        "адрес группы", blank=True, help_text="Сюда уходит письмо, если специалиста нет."
    )
    fallback_email = models.EmailField(
        "запасной адрес",
        blank=True,
        help_text="Сюда уходит письмо, от которого отказался почтовый сервер адресата,"
        " и напоминание о просроченном ответе. Пусто: дежурный адрес.",
    )
    answer_days = models.PositiveSmallIntegerField(
        "срок ответа, рабочих дней", default=5, validators=[MinValueValidator(1)]
    )
    required_file = models.CharField(
        "обязательный файл",
        max_length=150,
        blank=True,
        help_text="Что клиент должен приложить, в винительном падеже: «платёжное поручение»."
        " Пусто: обращение можно отправить без файлов.",
    )
    order = models.PositiveSmallIntegerField("порядок", default=100)
    is_active = models.BooleanField("показывать клиентам", default=True)

    class Meta:
        """In the order that the office chose."""

        verbose_name = "тема"
        verbose_name_plural = "темы"
        ordering = ["order", "name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer_days__gte=1),
                name="topic_is_answered_in_days",
                violation_error_message="Срок ответа — хотя бы один рабочий день.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def group_label(self) -> str:
        """Who answers where no specialist does: «отдел расчётов»."""
        return self.group_name or f"группа темы «{self.name}»"


class AssignmentQuerySet(TermQuerySet):
    """Assignments by who answers for them."""

    def held_by(self, person: Specialist, day: datetime.date) -> Self:
        """What `person` answers for on `day`, also as the deputy of somebody on leave."""
        away = Leave.objects.on(day).filter(deputy=person)
        return self.on(day).filter(
            Q(specialist=person) | Q(specialist__in=away.values("specialist"))
        )


class Assignment(models.Model):
    """That a specialist holds a topic: for one contract, or for a whole branch."""

    external_id = models.CharField(
        "код в биллинге", max_length=64, unique=True, null=True, blank=True, editable=False
    )
    topic = models.ForeignKey(
        Topic, models.PROTECT, related_name="assignments", verbose_name="тема"
    )
    specialist = models.ForeignKey(
        Specialist, models.PROTECT, related_name="assignments", verbose_name="специалист"
    )
    contract = models.ForeignKey(
        "Contract",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="assignments",
        verbose_name="договор",
    )
    branch = models.ForeignKey(
        Branch,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="assignments",
        verbose_name="отделение",
    )
    starts_on = models.DateField("с", default=timezone.localdate)
    ends_on = models.DateField("по", null=True, blank=True)

    objects: ClassVar = AssignmentQuerySet.as_manager()

    class Meta:
        """One holder of a topic at a time, for a contract and for a branch."""

        verbose_name = "закрепление"
        verbose_name_plural = "закрепления"
        ordering = ["topic__order", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(contract__isnull=True) ^ Q(branch__isnull=True),
                name="assignment_of_contract_or_branch",
                violation_error_message="Укажите либо договор, либо отделение.",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")),
                name="assignment_ends_after_it_starts",
                violation_error_message="Закрепление не может закончиться раньше, чем начнётся.",
            ),
            *(
                ExclusionConstraint(
                    name=f"one_holder_of_a_topic_of_a_{owner}",
                    expressions=[
                        (F(owner), RangeOperators.EQUAL),
                        (F("topic"), RangeOperators.EQUAL),
                        (ranges.days("starts_on", "ends_on"), RangeOperators.OVERLAPS),
                    ],
                    condition=Q(**{f"{owner}__isnull": False}),
                    deferrable=models.Deferrable.IMMEDIATE,
                    violation_error_message="В эти дни тема уже закреплена за другим специалистом.",
                )
                for owner in ("contract", "branch")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic}: {self.specialist.short_name}"
