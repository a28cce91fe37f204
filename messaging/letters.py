"""The letter that carries a message to whoever answers it."""

from __future__ import annotations

from django.core.mail import EmailMessage

from accounts.models import Membership
from cabinet import mail
from messaging.models import Delivery, Message


def to_specialist(delivery: Delivery) -> EmailMessage:
    """Everything the specialist needs: who asks, about what, how to answer, the files themselves.

    An answer goes straight to the client: Reply-To is the address from the form.
    """
    message = Message.objects.select_related(
        "contract__client", "contract__branch", "topic", "author"
    ).get(pk=delivery.message_id)
    files = list(message.attachments.all())
    text = mail.compose(
        "messaging/letters/to_specialist",
        {
            "message": message,
            "contract": message.contract,
            "client": message.contract.client,
            "position": _position(message),
            "addressee": delivery.addressee_words,
            "files": files,
        },
    )
    letter = mail.build(
        text,
        to=delivery.to,
        message_id=delivery.mail_id,
        reply_to=[message.email],
        is_automatic=False,
    )
    for file in files:
        mail.attach(letter, name=file.name, content=file.read(), content_type=file.content_type)
    return letter


def _position(message: Message) -> str:
    """The author's position at the client's."""
    membership = Membership.objects.filter(
        user=message.author_id, client=message.contract.client_id
    )
    return membership.order_by("-starts_on", "-pk").values_list("position", flat=True).first() or ""
