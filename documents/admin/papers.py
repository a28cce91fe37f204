"""The office looks at documents; billing alone states them, and a PDF is made once."""

from __future__ import annotations

import json
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from pydantic import ValidationError

from accounts.admin import links
from cabinet import formats
from cabinet.office import ReadOnlyAdmin, money
from contracts import access
from contracts import finding as contracts_finding
from contracts.periods import Month
from documents import content, finding, opening, rendering, stated
from documents.models import Document


class StateFilter(admin.SimpleListFilter):
    """Whether the PDF is there."""

    title = "PDF"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """As the column names them."""
        return [("made", "есть"), ("waiting", "ждёт"), ("failed", "не получился")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Document]
    ) -> QuerySet[Document] | None:
        """By the stored file."""
        match self.value():
            case "made":
                return queryset.exclude(path="")
            case "waiting":
                return queryset.filter(path="", failure="")
            case "failed":
                return queryset.filter(path="").exclude(failure="")
        return None


class PeriodFilter(admin.SimpleListFilter):
    """The months of the last two years, named without asking the table."""

    title = "период"
    parameter_name = "period"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Newest first."""
        months = [Month.current().shifted(-back) for back in range(-1, 25)]
        return [(month.first_day.isoformat(), str(month)) for month in months]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Document]
    ) -> QuerySet[Document] | None:
        """One month; anything that is not offered is no filter."""
        month = self.value()
        is_offered = month is not None and month in dict(self.lookup_choices)
        return queryset.filter(period=str(month)) if is_offered else None


def _when(document: Document) -> str:
    return formats.moment(document.published_at)


@admin.register(Document)
class DocumentAdmin(ReadOnlyAdmin):
    """Documents by number, contract and client, with their PDFs."""

    list_display = (
        "number", "kind", "issued_on", "month", money("amount"), "client", "contract",
        "state_label",
    )  # fmt: skip
    list_filter = ("kind", PeriodFilter, StateFilter)
    list_select_related = ("contract__client",)
    search_fields = finding.DOCUMENT_COLUMNS
    owners = {"contract": contracts_finding.contracts}
    hangs_on = {"contracts.contract": "contract", "accounts.client": "contract__client"}
    is_found_by_all = True
    search_help_text = "Номер документа, договор, клиент или ИНН"
    change_list_template = "admin/contracts/list.html"
    contract_path = "contract"
    # The archive's own, by document_newest: the portal's keys follow the order of packages.
    ordering = ("-period", "-issued_on", "-pk")
    readonly_fields = (
        "kind", "title", "number", "issued_on", "month", "client", "contract_link", "amount",
        "corrects_link", "corrected_by_links", "published_at", "external_id", "pdf", "origin",
        "sha256", "rendered_at", "content_tables",
    )  # fmt: skip
    fieldsets = (
        (None, {"fields": readonly_fields[:-1]}),
        ("Содержание", {"fields": ("content_tables",)}),
    )

    def note_of(self, row: Document) -> str:
        """Whose it is."""
        return f"{row.contract.client.short_name}, договор {row.contract}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Document]:
        """The list without the contents, which may be long."""
        rows: QuerySet[Document] = super().get_queryset(request)
        return rows.defer("content")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the way to the making of PDFs, for whoever may see it."""
        may_see = request.user.has_perm("documents.view_batch")
        address = reverse("admin:documents_batch_progress")
        tools = [(address, "Создание PDF")] if may_see else []
        return super().changelist_view(request, {"tools": tools, **(extra_context or {})})

    @admin.display(description="период", ordering="period")
    def month(self, document: Document) -> str:
        """«октябрь 2026»."""
        return formats.month(document.period)

    @admin.display(description="клиент", ordering="contract__client__short_name")
    def client(self, document: Document) -> str:
        """Whose contract it is."""
        return str(document.contract.client)

    @admin.display(description="договор")
    def contract_link(self, document: Document) -> SafeString | str:
        """To the contract's page."""
        return links.to(document.contract)

    @admin.display(description="PDF", ordering="rendered_at")
    def state_label(self, document: Document) -> SafeString:
        """«сделан», «прислан», «не получился» or «ждёт»."""
        if document.path:
            return links.status("ok", "прислан" if document.file_sha256 else "сделан")
        if document.failure:
            return links.status("bad", "не получился")
        return links.status("info", "ждёт")

    @admin.display(description="исправляет")
    def corrects_link(self, document: Document) -> SafeString | str:
        """The document that it corrects."""
        return links.to(document.corrects)

    @admin.display(description="исправлен документом")
    def corrected_by_links(self, document: Document) -> SafeString | str:
        """Those that correct it, published or not."""
        found = document.corrected_by.order_by("pk").defer("content")
        return format_html_join(", ", "{}", ((links.to(row),) for row in found)) or formats.ABSENT

    @admin.display(description="откуда PDF")
    def origin(self, document: Document) -> str:
        """Made by the portal of the content, or sent by billing."""
        return "прислан биллингом" if document.file_sha256 else "сделан по содержанию"

    @admin.display(description="PDF")
    def pdf(self, document: Document) -> SafeString:
        """A link that opens it; one that waits is made then, one that failed says why."""
        if document.failure and not document.path:
            page = reverse("admin:documents_batch_progress")
            words = '<span class="status status--bad">не получился</span> {} <a href="{}">{}</a>'
            return format_html(words, document.failure, page, "Создание PDF")
        if not document.path and not document.is_published:
            return format_html("будет после публикации, {}", _when(document))
        address = reverse("admin:documents_document_file", args=[document.pk])
        size = document.size
        note = "ждёт, будет сделан при открытии" if size is None else formats.file_size(size)
        return format_html(
            '<a href="{}" target="_blank" rel="noopener">Открыть PDF</a> ({})', address, note
        )

    @admin.display(description="содержание")
    def content_tables(self, document: Document) -> SafeString:
        """As billing stated it: tables, or JSON where it is not of the kind's schema."""
        try:
            said = content.read(document.kind, document.content)
        except ValidationError:
            shown: dict[str, Any] = {
                "raw": json.dumps(document.content, ensure_ascii=False, indent=2)
            }
        else:
            shown = {"blocks": stated.blocks(said)}
        return render_to_string("admin/documents/document/_stated.html", shown)

    def get_urls(self) -> list[URLPattern]:
        """Adds the address of the PDF."""
        address = path(
            "<int:document>/file/",
            self.admin_site.admin_view(self.file_view),
            name="documents_document_file",
        )
        return [address, *super().get_urls()]

    def file_view(self, request: HttpRequest, document: int) -> HttpResponseBase:
        """Show the PDF to the office, with a line in the journal.

        Raises:
            PermissionDenied: no right to look at documents.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).select_related("contract__client")
        row = get_object_or_404(found, pk=document)
        if not row.path and not row.is_published:
            self.message_user(request, f"PDF будет после публикации, {_when(row)}.", messages.ERROR)
            return redirect("admin:documents_document_change", row.pk)
        try:
            opened = rendering.open_document(document=row)
            file = opening.document_file(opened, means=opening.Means.OPENED, is_office=True)
        except rendering.NotRendered:
            words = "PDF сейчас не открыть: он создаётся или не получился."
            self.message_user(request, words, messages.ERROR)
            return redirect("admin:documents_document_change", row.pk)
        return access.hand_out_journalled(request, contract=row.contract, file=file, inline=True)
