"""The production calendar in the office's hands: looking, correcting, loading from a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin import links
from cabinet import formats
from cabinet.office import OfficeAdmin
from contracts import calendar_file, working_days
from contracts.models import CalendarDay

REFUSED = 422


class CalendarForm(forms.Form):
    """One file of the calendar, loaded when it is right."""

    file = forms.FileField(
        label="Файл календаря",
        help_text="CSV «дата;рабочий или выходной;примечание» или XML производственного"
        " календаря. Годы, которые есть в файле, заменяются целиком.",
        error_messages={"required": "Выберите файл.", "empty": "Файл пустой."},
    )

    def clean_file(self) -> tuple[str, bytes]:
        """Its name and content; what is wrong with them is said at the field."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > calendar_file.MAX_BYTES:
            limit = formats.file_size(calendar_file.MAX_BYTES)
            raise forms.ValidationError(f"Файл больше {limit}, это не календарь.")
        name, content = str(file.name), file.read()
        try:
            calendar_file.read_years(name, content)
        except calendar_file.CalendarError as error:
            raise forms.ValidationError(str(error)) from error
        return name, content


class YearFilter(admin.SimpleListFilter):
    """By year; Django's own hierarchy of dates would need a DateField that is not the key."""

    title = "год"
    parameter_name = "year"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The years that have days."""
        years = CalendarDay.objects.dates("date", "year", order="DESC")
        return [(str(day.year), str(day.year)) for day in years]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        """The days of that year."""
        year = self.value()
        return queryset.filter(date__year=int(year)) if year and year.isdecimal() else queryset


@admin.register(CalendarDay)
class CalendarDayAdmin(OfficeAdmin):
    """Days that are unlike their weekday; deadlines of answers are counted by them."""

    list_display = ("day", "weekday", "kind", "note")
    list_filter = (YearFilter, "is_working")
    search_fields = ("note",)
    search_help_text = "Примечание"
    ordering = ("-date",)
    fields = ("date", "is_working", "note")
    change_list_template = "admin/contracts/list.html"

    @admin.display(description="день", ordering="date")
    def day(self, row: CalendarDay) -> str:
        """«31.12.2026»."""
        return formats.day(row.date)

    @admin.display(description="день недели")
    def weekday(self, row: CalendarDay) -> str:
        """«четверг»."""
        return formats.weekday(row.date)

    @admin.display(description="какой", ordering="is_working")
    def kind(self, row: CalendarDay) -> SafeString:
        """Day off or working."""
        return links.status(*(("ok", "рабочий") if row.is_working else ("plain", "выходной")))

    def get_readonly_fields(
        self, request: HttpRequest, obj: CalendarDay | None = None
    ) -> tuple[str, ...]:
        """The day is the row's key."""
        return ("date",) if obj else ()

    def has_load_permission(self, request: HttpRequest) -> bool:
        """Whether this person loads calendars: loading adds, changes and removes days."""
        rights = ("add", "change", "delete")
        return request.user.has_perms([f"contracts.{right}_calendarday" for right in rights])

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Adds which years are missing."""
        load = (reverse("admin:contracts_calendarday_load"), "Загрузить календарь")
        extra = {
            "tools": [load] if self.has_load_permission(request) else [],
            "warnings": [
                f"{words}: сроки ответа считаются без переносов выходных."
                for words in working_days.warnings(on=timezone.localdate())
            ],
        }
        return super().changelist_view(request, {**(extra_context or {}), **extra})

    def get_urls(self) -> list[URLPattern]:
        """Adds «Загрузить календарь»."""
        view = self.admin_site.admin_view(self.load_view)
        return [path("load/", view, name="contracts_calendarday_load"), *super().get_urls()]

    def load_view(self, request: HttpRequest) -> HttpResponse:
        """«Загрузить календарь»: a file, then what it changed."""
        if not self.has_load_permission(request):
            raise PermissionDenied("Загружать календарь могут администраторы.")
        is_sent = request.method == "POST"
        form = CalendarForm(request.POST, request.FILES) if is_sent else CalendarForm()
        if is_sent and form.is_valid():
            for change in calendar_file.load([form.cleaned_data["file"]]):
                messages.success(request, f"Календарь загружен. {change.words}.")
            return redirect("admin:contracts_calendarday_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Загрузить календарь",
            "form": form,
        }
        return TemplateResponse(
            request,
            "admin/contracts/calendarday/load.html",
            context,
            status=REFUSED if form.errors else 200,
        )
