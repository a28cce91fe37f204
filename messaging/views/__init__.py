"""Pages about messages: «Отправить сообщение», a message's page, lists, and their files."""

from messaging.views.case import MessageAddView, MessageCloseView, MessageView
from messaging.views.file import AttachmentFileView, attachment_file, why_closed
from messaging.views.list import ContractMessageListView, MessageListView
from messaging.views.new import MessageNewView

__all__ = [
    "AttachmentFileView", "ContractMessageListView", "MessageAddView", "MessageCloseView",
    "MessageListView", "MessageNewView", "MessageView", "attachment_file",
    "why_closed",
]  # fmt: skip
