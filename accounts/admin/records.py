"""What happened: the journal, and letters about access."""

from __future__ import annotations

import ipaddress
import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts import finding, tasks
from accounts.admin import links
from accounts.models import JournalEntry, Letter
from cabinet import formats, outbox
from cabinet.office import ReadOnlyAdmin


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    """Read, filtered and searched; nobody changes it (PostgreSQL refuses)."""

    list_display = ("when", "action", "login", "client", "subject", "ip")
    list_filter = ("action", "at")
    list_select_related = ("user", "client")
    owners = {"client": finding.clients, "user": finding.people}
    hangs_on = {"accounts.client": "client", "accounts.user": "user"}
    search_help_text = "Логин, человек, клиент, ИНН или IP-адрес"
    list_display_links = ("when",)
    fields = (
        "when",
        "action",
        "login",
        "user_link",
        "client_link",
        "subject",
        "ip",
        "user_agent",
        "particulars",
    )
    readonly_fields = fields

    def meant_by(self, term: str) -> Q:
        """An IP-address is nothing else."""
        try:
            return Q(ip=str(ipaddress.ip_address(term)))
        except ValueError:
            return super().meant_by(term)

    @admin.display(description="когда", ordering="at")
    def when(self, entry: JournalEntry) -> str:
        """With seconds: entries are compared with each other."""
        return formats.moment_seconds(entry.at)

    @admin.display(description="кто")
    def user_link(self, entry: JournalEntry) -> SafeString | str:
        """To the person's page."""
        return links.to(entry.user)

    @admin.display(description="клиент")
    def client_link(self, entry: JournalEntry) -> SafeString | str:
        """To the client's page."""
        return links.to(entry.client)

    @admin.display(description="подробности")
    def particulars(self, entry: JournalEntry) -> SafeString | str:
        """As they were written."""
        if not entry.details:
            return formats.ABSENT
        return format_html("<pre>{}</pre>", json.dumps(entry.details, ensure_ascii=False, indent=2))


@admin.register(Letter)
class LetterAdmin(ReadOnlyAdmin):
    """Whether letters left. Their words are not shown: they hold links that open an account."""

    list_display = ("created_at", "to", "subject", "state_label", "attempts", "sent_at")
    list_filter = ("state", "created_at")
    search_fields = ("to", "subject", "mail_id")
    search_help_text = "Адрес, тема или Message-ID"
    fields = (
        "to", "subject", "state", "attempts", "created_at", "next_try_at", "sent_at",
        "last_error", "mail_id",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("send_again",)

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """No filter by the words: a link could be read out letter by letter."""
        is_body = lookup.partition("__")[0] in {"plain", "html"}
        return not is_body and super().lookup_allowed(lookup, value, request)

    @admin.display(description="состояние", ordering="state")
    def state_label(self, letter: Letter) -> SafeString:
        """In the colour of the state."""
        modifiers: dict[str, str] = {Letter.State.SENT: "ok", Letter.State.FAILED: "bad"}
        return links.status(modifiers.get(letter.state, "info"), letter.get_state_display())

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether this person sends letters again."""
        return request.user.has_perm("accounts.change_letter")

    @admin.action(description="Отправить ещё раз недоставленные", permissions=["retry"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Letter]) -> None:
        """Back into the queue; what was delivered is left alone."""
        count = outbox.retry_now(queryset, tasks.send_due_letters)
        words = formats.counted(count, "письмо", "письма", "писем")
        messages.success(request, f"В очередь возвращено: {words}.")
