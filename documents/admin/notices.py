"""Restriction notices: how they were sent, who has read them, when they ended."""

from __future__ import annotations

from django.contrib import admin

from cabinet import formats
from cabinet.office import ReadOnlyAdmin
from contracts import finding as contracts_finding
from documents import finding
from documents.models import Acknowledgement, NoticeDispatch, NoticeWithdrawal

_OWNERS = {"document": finding.documents, "document__contract": contracts_finding.contracts}
_HANGS_ON = {"documents.document": "document", "contracts.contract": "document__contract"}


@admin.register(NoticeDispatch)
class NoticeDispatchAdmin(ReadOnlyAdmin):
    """The log of sending, as billing states it."""

    contract_path = "document__contract"
    list_display = ("when", "document", "channel", "address")
    list_display_links = ("when",)
    list_filter = ("channel",)
    list_select_related = ("document",)
    search_fields = ("address",)
    owners = _OWNERS
    hangs_on = _HANGS_ON
    search_help_text = "Номер уведомления, договор, клиент, ИНН или адрес"
    ordering = ("-pk",)
    fields = readonly_fields = (
        "when", "document", "channel", "address", "text_sha256", "external_id",
    )  # fmt: skip

    @admin.display(description="отправлено", ordering="sent_at")
    def when(self, row: NoticeDispatch) -> str:
        """With seconds: e-mail and SMS count from this moment."""
        return formats.moment_seconds(row.sent_at)


@admin.register(NoticeWithdrawal)
class NoticeWithdrawalAdmin(ReadOnlyAdmin):
    """Which notices are of no force any more."""

    contract_path = "document__contract"
    list_display = ("document", "reason", "withdrawn_at")
    list_filter = ("reason",)
    list_select_related = ("document",)
    search_fields = ("=external_id",)
    owners = _OWNERS
    hangs_on = _HANGS_ON
    search_help_text = "Номер уведомления, договор, клиент или ИНН"
    ordering = ("-pk",)
    fields = readonly_fields = ("document", "reason", "withdrawn_at", "external_id")


@admin.register(Acknowledgement)
class AcknowledgementAdmin(ReadOnlyAdmin):
    """Who has pressed «Ознакомлен»; never changed (PostgreSQL refuses)."""

    contract_path = "document__contract"
    list_display = ("when", "name", "document")
    list_display_links = ("when",)
    list_select_related = ("document",)
    search_fields = ("name",)
    owners = _OWNERS
    hangs_on = _HANGS_ON
    search_help_text = "Номер уведомления, договор, клиент, ИНН или имя"
    ordering = ("-pk",)
    fields = readonly_fields = ("when", "name", "user", "document", "ip")

    @admin.display(description="когда", ordering="pk")
    def when(self, row: Acknowledgement) -> str:
        """With seconds."""
        return formats.moment_seconds(row.at)
