"""The archive, what is done with it, and what people did with it."""

from documents.models.batch import Batch
from documents.models.bundle import Bundle
from documents.models.document import Document, DocumentQuerySet, Kind
from documents.models.notice import Acknowledgement, NoticeDispatch, NoticeWithdrawal
from documents.models.reading import Announcement, Opening

__all__ = [
    "Acknowledgement",
    "Announcement",
    "Batch",
    "Bundle",
    "Document",
    "DocumentQuerySet",
    "Kind",
    "NoticeDispatch",
    "NoticeWithdrawal",
    "Opening",
]
