"""What every page says for a while: an announcement, or a planned stop."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone


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
            models.CheckConstraint(
                condition=Q(stops_at__isnull=True) | Q(shown_until__gte=F("stops_at")),
                name="site_notice_lasts_until_its_stop",
                violation_error_message="«Показывать до» — раньше начала остановки: о ней никто не"
                " узнает.",
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]
