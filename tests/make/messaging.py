"""What clients wrote."""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from accounts.models import (
    User,
)
from cabinet import files, numbers
from contracts import supervision
from contracts.models import Contract, Topic
from messaging import deadlines
from messaging.models import Attachment, Message
from tests.make import counting


def message(contract: Contract, author: User, topic: Topic, **values: Any) -> Message:
    """A message that was sent to whoever answers it, without its letter."""
    promise = deadlines.promise(topic)
    return Message.objects.create(
        **{
            "due_on": promise.due_on,
            "remind_on": promise.remind_on,
            **Message.fields_of(supervision.supervisor(contract, topic)),
            "contract": contract,
            "author": author,
            "topic": topic,
            "number": numbers.with_check_digit(f"ОБ-2026-{counting.following():06d}"),
            "text": "Прошу объяснить начисление.",
            "email": author.email,
            "phone": author.phone,
            "form_key": uuid.uuid4(),
            **values,
        }
    )


def attachment(
    message: Message, name: str = "Акт.pdf", content: bytes = b"%PDF-1.4\n"
) -> Attachment:
    """A file of a message, stored."""
    path = default_storage.save(files.unguessable_path("attachments", ".pdf"), ContentFile(content))
    return Attachment.objects.create(
        message=message,
        name=name,
        content_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        path=path,
    )
