"""The office's side of the room: documents, and the making of their PDFs."""

from documents.admin import batches, papers

__all__ = ["batches", "papers"]
