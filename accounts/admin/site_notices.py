"""Notices on every page, and planned stops: the office switches them on and off, with dates."""

from __future__ import annotations

from django.contrib import admin
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin import links
from accounts.models import SiteNotice
from cabinet.office import OfficeAdmin


@admin.register(SiteNotice)
class SiteNoticeAdmin(OfficeAdmin):
    """Those to come, those that are shown, those that were."""

    list_display = ("text", "state", "shown_from", "shown_until", "stops_at", "resumes_at")
    list_filter = ("is_on",)
    search_fields = ("text",)
    fieldsets = (
        (None, {"fields": ("text", "is_on", "shown_from", "shown_until")}),
        (
            "Плановая остановка",
            {
                "fields": ("stops_at", "resumes_at"),
                "description": "Её часы клиент увидит перед текстом. Сам портал от этого не"
                " останавливается.",
            },
        ),
    )

    @admin.display(description="сейчас")
    def state(self, notice: SiteNotice) -> SafeString:
        """«показывается», «будет показано», «закончилось», «выключено»."""
        now = timezone.now()
        if not notice.is_on:
            return links.status("plain", "выключено")
        if notice.shown_until <= now:
            return links.status("plain", "закончилось")
        if notice.shown_from > now:
            return links.status("info", "будет показано")
        return links.status("ok", "показывается")
