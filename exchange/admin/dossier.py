"""«Что видел и отправил»: made from the client's page, listed, handed out."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts import journal
from accounts.models import Client, Dossier
from accounts.visitor import user_of
from cabinet import files, formats
from cabinet.office import ReadOnlyAdmin
from exchange import dossier
from exchange.dossier_facts import Days

# What a refused form answers with: it was understood and could not be done.
REFUSED = 422


def _day(label: str, **values: Any) -> forms.DateField:
    return forms.DateField(
        label=label,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        input_formats=["%Y-%m-%d", "%d.%m.%Y"],
        error_messages={
            "required": "Укажите день.",
            "invalid": "День введён с ошибкой. Пример: 31.12.2026",
        },
        **values,
    )


class DossierForm(forms.Form):
    """Which days, and for what the paper is made."""

    first_day = _day("С какого дня", initial=timezone.localdate)
    last_day = _day("По какой день", initial=timezone.localdate)
    purpose = forms.CharField(
        label="Для чего",
        max_length=200,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="Печатается в справке. Например: «Претензия № 12 от 02.11.2026».",
        error_messages={"required": "Напишите, для чего нужна справка."},
    )


@admin.register(Dossier)
class DossierAdmin(ReadOnlyAdmin):
    """Papers that were made; a stored paper never changes."""

    list_display = ("made_at", "client", "days", "purpose", "made_by")
    list_select_related = ("client", "made_by")
    list_display_links = ("made_at",)
    list_filter = ("made_at",)
    search_fields = ("=client__inn",)
    search_help_text = "ИНН клиента целиком"
    fields = ("client", "days", "purpose", "made_by", "made_at", "file", "sha256")
    readonly_fields = fields

    def confine(self, rows: QuerySet[Any], contracts: QuerySet[Any]) -> QuerySet[Any]:
        """Papers about whoever holds one of the contracts."""
        return rows.filter(client__in=contracts.values("client"))

    @admin.display(description="дни")
    def days(self, row: Dossier) -> str:
        """«01.11.2026–03.11.2026»."""
        return row.days

    @admin.display(description="файл")
    def file(self, row: Dossier) -> SafeString:
        """The PDF."""
        address = reverse("admin:accounts_dossier_file", args=[row.pk])
        return format_html(
            '<a href="{}">Скачать PDF</a> ({})', address, formats.file_size(row.size)
        )

    def get_urls(self) -> list[URLPattern]:
        """Adds the form and the file."""
        view = self.admin_site.admin_view
        return [
            path("new/<int:client>/", view(self.new), name="accounts_dossier_new"),
            path("<int:pk>/file/", view(self.file_view), name="accounts_dossier_file"),
            *super().get_urls(),
        ]

    def new(self, request: HttpRequest, client: int) -> HttpResponse:
        """Asks for the days; then makes the paper and shows its row.

        Raises:
            PermissionDenied: no right to make one.
        """
        if not request.user.has_perm("accounts.add_dossier"):
            raise PermissionDenied("У вас нет права составлять справки о действиях клиента.")
        clients = self.admin_site.get_model_admin(Client).get_queryset(request)
        found = get_object_or_404(clients, pk=client)
        form = DossierForm(request.POST or None)
        if form.is_valid():
            data = form.cleaned_data
            try:
                made = dossier.make(
                    client=found,
                    days=Days(first=data["first_day"], last=data["last_day"]),
                    purpose=data["purpose"],
                    by=user_of(request),
                    request=request,
                )
            except dossier.Refused as error:
                form.add_error("last_day", str(error))
            else:
                messages.success(request, f"Справка за {made.days} составлена.")
                return redirect("admin:accounts_dossier_change", made.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Что клиент видел и отправил",
            "subtitle": found.short_name,
            "client": found,
            "form": form,
        }
        status = REFUSED if form.errors else 200
        return TemplateResponse(request, "admin/accounts/dossier/new.html", context, status=status)

    @method_decorator(require_safe)
    def file_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The PDF, with a line in the journal; it is of a client, not of one contract.

        Raises:
            PermissionDenied: no right to see dossiers.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = get_object_or_404(self.get_queryset(request).select_related("client"), pk=pk)
        if request.method == "GET":
            journal.record(
                journal.Action.FILE_OPENED,
                request=request,
                client=row.client,
                subject=f"Справка «что клиент видел и отправил» за {row.days}",
                details={"dossier": row.pk, "sha256": row.sha256},
            )
        return files.hand_out(
            storage=default_storage,
            path=row.path,
            filename=row.filename,
            content_type="application/pdf",
        )
