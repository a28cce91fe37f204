"""Who has had which document, who was told of it, and which ZIPs were ordered."""

from __future__ import annotations

from django.contrib import admin

from accounts import finding as accounts_finding
from cabinet import formats
from cabinet.office import ReadOnlyAdmin
from contracts import finding as contracts_finding
from documents import finding
from documents.models import Announcement, Bundle, Opening


@admin.register(Opening)
class OpeningAdmin(ReadOnlyAdmin):
    """The journal of openings: read and searched, never changed (PostgreSQL refuses)."""

    contract_path = "contract"
    list_display = ("when", "user", "document", "contract", "means", "is_office")
    list_display_links = ("when",)
    list_filter = ("means", "is_office")
    list_select_related = ("user", "document", "contract")
    owners = {
        "document": finding.documents,
        "contract": contracts_finding.contracts,
        "user": accounts_finding.people,
    }
    hangs_on = {
        "documents.document": "document",
        "contracts.contract": "contract",
        "accounts.user": "user",
    }
    search_help_text = "Номер документа, договор, клиент, ИНН или логин"
    ordering = ("-pk",)
    fields = readonly_fields = ("when", "user", "document", "contract", "means", "is_office")

    @admin.display(description="когда", ordering="pk")
    def when(self, row: Opening) -> str:
        """With seconds."""
        return formats.moment_seconds(row.at)


@admin.register(Announcement)
class AnnouncementAdmin(ReadOnlyAdmin):
    """To whom a document was announced, and by which letter."""

    contract_path = "document__contract"
    list_display = ("document", "user", "created_at", "settled_at", "letter")
    list_select_related = ("user", "document", "letter")
    owners = {"document": finding.documents, "user": accounts_finding.people}
    hangs_on = {"documents.document": "document", "accounts.user": "user"}
    search_help_text = "Номер документа или логин"
    ordering = ("-pk",)
    fields = readonly_fields = ("document", "user", "created_at", "settled_at", "letter")


@admin.register(Bundle)
class BundleAdmin(ReadOnlyAdmin):
    """Ordered ZIPs and what became of them; the office does not open them."""

    list_display = (
        "title", "contract", "user", "state", "done", "total", "created_at", "expires_at",
    )  # fmt: skip
    list_filter = ("state",)
    list_select_related = ("contract", "user")
    search_fields = ("title",)
    owners = {"user": accounts_finding.people}
    hangs_on = {"accounts.user": "user"}
    search_help_text = "Логин или содержание"
    ordering = ("-pk",)
    fields = readonly_fields = (
        "title", "contract", "user", "state", "trouble", "total", "done", "missing",
        "attempts", "created_at", "ready_at", "expires_at", "size", "sha256",
    )  # fmt: skip
