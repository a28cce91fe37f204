"""What the office has ordered of a worker: a batch to be made, billing's answer to be taken."""

from __future__ import annotations

import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Now

from accounts.models import User
from exchange.models.batches import OutgoingBatch

_IN_WORK = ("waiting", "working")
# What ended badly is shown beside the batches for so long.
_SHOWN_FOR = datetime.timedelta(days=14)


class OutgoingOrderQuerySet(models.QuerySet["OutgoingOrder"]):
    """Orders by what is left to do."""

    def in_work(self) -> Self:
        """Those that a worker has in hand, or should have."""
        return self.filter(state__in=_IN_WORK)

    def outstanding(self) -> Self:
        """Those in work, and those that ended badly of late with no later one in their place."""
        same = Q(deed=OutgoingOrder.Deed.MAKE) | Q(batch=OuterRef("batch"))
        later = OutgoingOrder.objects.filter(
            same, deed=OuterRef("deed"), kind=OuterRef("kind"), pk__gt=OuterRef("pk")
        )
        ended = Q(state__in=("refused", "failed"), ordered_at__gt=Now() - _SHOWN_FOR)
        return self.filter(Q(state__in=_IN_WORK) | (ended & ~Exists(later)))


class OutgoingOrder(models.Model):
    """An order and its course: who wants what, how far it is, how it ended.

    `batch`: the one that was made, or the one that is answered. `name`, `sha256` and `path` are of
    the file with an answer; it lies in the private storage as long as it may be needed. `problems`:
    why the file was refused; `trouble`: why the work did not get done. `percent` of what `stage`
    says; None: it cannot be told.
    """

    class Deed(models.TextChoices):
        """What is to be done."""

        MAKE = "make", "выгрузить новые"
        TAKE = "take", "принять ответ"

    class State(models.TextChoices):
        """Where it is."""

        WAITING = "waiting", "ждёт очереди"
        WORKING = "working", "выполняется"
        DONE = "done", "выполнено"
        NOTHING = "nothing", "ничего нового"
        REFUSED = "refused", "файл не принят"
        FAILED = "failed", "не выполнено"

    deed = models.CharField("что сделать", max_length=10, choices=Deed)
    kind = models.CharField("вид", max_length=10, choices=OutgoingBatch.Kind)
    state = models.CharField("состояние", max_length=10, choices=State, default=State.WAITING)
    batch = models.ForeignKey(
        OutgoingBatch,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name="партия",
    )
    name = models.CharField("файл", max_length=255, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    path = models.CharField("где лежит", max_length=200, blank=True, editable=False)
    ordered_at = models.DateTimeField("когда поручено", db_default=Now())
    ordered_by = models.ForeignKey(
        User, models.PROTECT, related_name="+", verbose_name="кто поручил"
    )
    finished_at = models.DateTimeField("окончено", null=True, blank=True)
    problems = ArrayField(models.TextField(), default=list, blank=True, verbose_name="ошибки")
    trouble = models.CharField("почему не выполнено", max_length=300, blank=True)
    percent = models.PositiveSmallIntegerField("готово, %", null=True, blank=True)
    stage = models.CharField("чем занято", max_length=100, blank=True)
    attempts = models.PositiveSmallIntegerField("попыток", default=0)

    objects: ClassVar = OutgoingOrderQuerySet.as_manager()

    class Meta:
        """Newest first. Of each kind one batch at a time is made, of each batch one answer taken;
        an order makes one batch at most."""

        verbose_name = "поручение выгрузки"
        verbose_name_plural = "поручения выгрузки"
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=Q(deed="make", state__in=_IN_WORK),
                name="outgoing_order_makes_one_at_a_time",
                violation_error_message="Партия этого вида уже делается.",
            ),
            models.UniqueConstraint(
                fields=["batch"],
                condition=Q(deed="take", state__in=_IN_WORK),
                name="outgoing_order_takes_one_at_a_time",
                violation_error_message="Ответ на эту партию уже принимается.",
            ),
            models.UniqueConstraint(
                fields=["batch"], condition=Q(deed="make"), name="outgoing_order_made_the_batch",
                violation_error_message="Поручение сделать эту партию уже есть.",
            ),
            models.CheckConstraint(
                condition=Q(deed="take", batch__isnull=False)
                | Q(deed="make", state="done", batch__isnull=False)
                | (Q(deed="make", batch__isnull=True) & ~Q(state="done")),
                name="outgoing_order_has_its_batch",
                violation_error_message="Партия есть у сделанного поручения и у приёма ответа.",
            ),
            models.CheckConstraint(
                condition=Q(path="")
                | Q(deed="take", state__in=(*_IN_WORK, "failed")),
                name="outgoing_order_file_is_needed",
                violation_error_message="Файл хранится, пока ответ не принят.",
            ),
            models.CheckConstraint(
                condition=~Q(deed="take", state__in=_IN_WORK, path=""),
                name="outgoing_order_has_its_file",
                violation_error_message="Для приёма ответа нужен файл.",
            ),
            models.CheckConstraint(
                condition=Q(state__in=_IN_WORK, finished_at__isnull=True)
                | (~Q(state__in=_IN_WORK) & Q(finished_at__isnull=False)),
                name="outgoing_order_ends_at_a_moment",
                violation_error_message="У оконченного поручения должно быть время окончания.",
            ),
            models.CheckConstraint(
                condition=Q(deed="take", state="refused") ^ Q(problems=[]),
                name="outgoing_order_refused_says_why",
                violation_error_message="Причины названы только у непринятого ответа.",
            ),
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__lte=100),
                name="outgoing_order_percent",
                violation_error_message="Готовность — не больше ста процентов.",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        kind = str(self.get_kind_display()).capitalize()
        return f"{self.batch or kind}: {self.get_deed_display()}"

    @property
    def is_in_work(self) -> bool:
        """Whether a worker has it in hand, or will."""
        return self.state in _IN_WORK
