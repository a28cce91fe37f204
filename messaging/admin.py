"""The office looks at messages and their letters; what was said is never changed here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from accounts.admin import links, rows
from cabinet import formats, outbox
from cabinet.office import ReadOnlyAdmin
from contracts import access
from messaging import admin_tray, board_page, tasks, timeline, views
from messaging.models import Attachment, Delivery, Message

__all__ = ["admin_tray"]


def _state(delivery: Delivery) -> SafeString:
    status = timeline.status(delivery)
    return links.status(status.modifier, delivery.get_state_display())


class AttachmentInline(rows.ReadOnlyRows):
    """The files, to be downloaded."""

    model = Attachment
    fields = readonly_fields = ("file", "weight", "sha256")

    @admin.display(description="файл")
    def file(self, attachment: Attachment) -> SafeString:
        """Its name, a link to the file."""
        address = reverse(
            "admin:messaging_message_file", args=[attachment.message_id, attachment.pk]
        )
        return format_html('<a href="{}">{}</a>', address, attachment.name)

    @admin.display(description="размер")
    def weight(self, attachment: Attachment) -> str:
        """«412 КБ»."""
        return formats.file_size(attachment.size)


class DeliveryInline(rows.ReadOnlyRows):
    """The letters that carry the message."""

    model = Delivery
    fields = readonly_fields = (
        "to", "addressee", "rule", "state_label", "attempts", "next_try_at", "sent_at",
        "last_error",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        """With the people that are named."""
        found: QuerySet[Delivery] = super().get_queryset(request)
        return found.select_related("specialist", "deputy_for")

    @admin.display(description="кому")
    def addressee(self, delivery: Delivery) -> str:
        """The specialist, and for whom he stands in."""
        return delivery.addressee_words

    @admin.display(description="состояние")
    def state_label(self, delivery: Delivery) -> SafeString:
        """In the colour of the state."""
        return _state(delivery)


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """What clients wrote, by number, contract and client."""

    list_display = ("number", "sent_at", "client", "contract", "topic", "author", "state_label")
    list_filter = ("deliveries__state", "topic", "sent_at")
    list_select_related = ("contract__client", "topic", "author")
    search_fields = (
        "number", "contract__number", "contract__client__short_name", "contract__client__inn",
        "email",
    )  # fmt: skip
    search_help_text = "Номер обращения, договор, клиент, ИНН или e-mail"
    fields = readonly_fields = (
        "number", "sent_at", "client", "contract", "topic", "author", "email", "phone", "text",
    )  # fmt: skip
    inlines = (AttachmentInline, DeliveryInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """With the letters, for the column of their state."""
        found: QuerySet[Message] = super().get_queryset(request)
        return found.prefetch_related("deliveries")

    @admin.display(description="клиент", ordering="contract__client__short_name")
    def client(self, message: Message) -> str:
        """Whose contract it is."""
        return str(message.contract.client)

    @admin.display(description="доставка")
    def state_label(self, message: Message) -> SafeString | str:
        """The state of the latest letter."""
        deliveries = list(message.deliveries.all())
        return _state(deliveries[0]) if deliveries else formats.ABSENT

    def get_urls(self) -> list[URLPattern]:
        """Adds the address of a file."""
        address = path(
            "<int:message>/files/<int:attachment>/",
            self.admin_site.admin_view(self.file_view),
            name="messaging_message_file",
        )
        return [address, *board_page.urls(self), *super().get_urls()]

    def file_view(self, request: HttpRequest, message: int, attachment: int) -> HttpResponseBase:
        """Hand a file out to the office, with a line in the journal.

        Raises:
            PermissionDenied: no right to look at messages or at their files.
        """
        may_see_files = request.user.has_perm("messaging.view_attachment")
        if not (self.has_view_permission(request) and may_see_files):
            raise PermissionDenied
        sent = Attachment.objects.select_related("message__contract__client")
        file = get_object_or_404(sent, pk=attachment, message=message)
        assert file.message is not None  # noqa: S101 — looked up by it
        if not file.may_be_opened:
            messages.warning(request, views.why_closed(file))
            return redirect("admin:messaging_message_change", message)
        return access.hand_out_journalled(
            request,
            contract=file.message.contract,
            file=views.attachment_file(file, number=file.message.number),
        )


@admin.register(Delivery)
class DeliveryAdmin(ReadOnlyAdmin):
    """Whether letters left, and why not."""

    list_display = (
        "created_at", "number", "to", "rule", "state_label", "attempts", "next_try_at", "sent_at",
        "error",
    )  # fmt: skip
    list_filter = ("state", "rule", "created_at")
    list_select_related = ("message",)
    search_fields = ("message__number", "to", "mail_id", "message__contract__number")
    search_help_text = "Номер обращения, адрес, Message-ID или договор"
    fields = readonly_fields = (
        "number", "to", "addressee", "rule", "state", "attempts", "created_at", "next_try_at",
        "sent_at", "last_error", "mail_id",
    )  # fmt: skip
    actions = ("send_again",)

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
        return _state(delivery)

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
        count = outbox.retry_now(queryset, tasks.send_due_deliveries)
        words = formats.counted(count, "письмо", "письма", "писем")
        messages.success(request, f"В очередь возвращено: {words}.")
