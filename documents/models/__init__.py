"""The archive, and what is done with it."""

from documents.models.batch import Batch
from documents.models.document import Document, DocumentQuerySet, Kind

__all__ = [
    "Batch",
    "Document",
    "DocumentQuerySet",
    "Kind",
]
