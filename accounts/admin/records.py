"""Letters about access: whether they left."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from accounts import tasks
from accounts.admin import links
from accounts.models import Letter
from cabinet import formats, outbox
from cabinet.office import ReadOnlyAdmin


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
