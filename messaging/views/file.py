"""Files of messages."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect

from contracts.access import ContractFile, File
from messaging.models import Attachment, Entry


class AttachmentFileView(ContractFile):
    """A file of a message, always as a download."""

    @cached_property
    def attachment(self) -> Attachment:
        """The row that the address names, of this contract's message; not of internal notes."""
        shown = Attachment.objects.select_related("message").filter(
            message__contract=self.contract, message__number=self.kwargs["number"]
        )
        of_client = shown.exclude(entry__kind__in=Entry.INTERNAL)
        found: Attachment = get_object_or_404(of_client, pk=self.kwargs["attachment"])
        return found

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The file; back to the message, with the reason, if the antivirus has not let it go."""
        if self.attachment.message and not self.attachment.may_be_opened:
            messages.warning(request, why_closed(self.attachment))
            return redirect(self.attachment.message.get_absolute_url())
        return super().get(request, *args, **kwargs)

    def get_file(self) -> File:
        """The file that the address names."""
        return attachment_file(self.attachment, number=self.kwargs["number"])


def why_closed(attachment: Attachment) -> str:
    """What is said instead of handing out a file that the antivirus has not let go."""
    if attachment.scan == Attachment.Scan.INFECTED:
        return f"Файл «{attachment.name}» заражён, поэтому его нельзя открыть."
    return f"Файл «{attachment.name}» на проверке антивирусом. Откройте его немного позже."


def attachment_file(attachment: Attachment, *, number: str) -> File:
    """How a file of message `number` is handed out, to the client and to the office alike."""
    return File(
        path=attachment.path,
        filename=attachment.name,
        content_type=attachment.content_type,
        title=f"Вложение «{attachment.name}» обращения {number}",
        details={"attachment": attachment.pk, "message": number, "sha256": attachment.sha256},
    )
