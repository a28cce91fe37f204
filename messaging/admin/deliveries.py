"""Letters on their way out: whether they left, why not, and once more."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from accounts.admin import links
from cabinet import formats, outbox
from cabinet.office import ReadOnlyAdmin
from messaging import finding, tasks, timeline
from messaging.admin import course
from messaging.models import Delivery


def state_of(delivery: Delivery) -> SafeString:
    """The state of a letter in its colour."""
    status = timeline.status(delivery)
    return links.status(status.modifier, delivery.get_state_display())


def _messages(term: str) -> list[int]:
    return [*finding.messages(term), *finding.messages_of_contracts(term)]


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Whether letters left, and why not."""

    list_display = (
        "created_at", "number", "purpose", "to", "rule", "state_label", "instead", "attempts",
        "next_try_at", "sent_at", "error",
    )  # fmt: skip
    list_filter = ("state", "purpose", "rule", "created_at")
    list_select_related = ("message", "redirected_to")
    search_fields = ("to", "=mail_id")
    owners = {"message": _messages}
    hangs_on = {"messaging.message": "message"}
    search_help_text = "Номер обращения, адрес, Message-ID или договор"
    fields = readonly_fields = (
        "number", "purpose", "to", "addressee", "rule", "state_label", "instead", "has_links",
        "attempts", "created_at", "next_try_at", "sent_at", "last_error", "tries", "mail_id",
    )  # fmt: skip
    actions = ("send_again",)
    contract_path = "message__contract"

    @admin.display(description="обращение", ordering="message__number")
    def number(self, delivery: Delivery) -> SafeString | str:
        """The message, a link to it."""
        return links.to(delivery.message, delivery.message.number)

    @admin.display(description="кому")
    def addressee(self, delivery: Delivery) -> str:
        """The specialist, and for whom he stands in."""
        return delivery.addressee_words

    @admin.display(description="состояние", ordering="state")
    def state_label(self, delivery: Delivery) -> SafeString:
        """In the colour of the state."""
        return state_of(delivery)

    @admin.display(description="что вместо")
    def instead(self, delivery: Delivery) -> SafeString | str:
        """The letter that went to another address when this one was refused."""
        other = getattr(delivery, "redirected_to", None)
        return links.to(other, other.to) if other else ""

    @admin.display(description="ход")
    def tries(self, delivery: Delivery) -> SafeString | str:
        """Each try with the server's answer."""
        lines = ((line,) for line in course.trail_of(delivery))
        return format_html_join("", "{}<br>", lines) or formats.ABSENT

    @admin.display(description="последняя ошибка")
    def error(self, delivery: Delivery) -> str:
        """Its beginning."""
        return delivery.last_error[:120]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        """Whether this person sends letters again."""
        return request.user.has_perm("messaging.change_delivery")

    @admin.action(description="Повторить отправку", permissions=["retry"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Put undelivered letters back into the queue; those that left are not sent twice."""
        # What went another way already has a reader there.
        count = outbox.retry_now(queryset.filter(redirected_to=None), tasks.send_due_deliveries)
        words = formats.counted(count, "письмо", "письма", "писем")
        messages.success(request, f"В очередь возвращено: {words}.")
