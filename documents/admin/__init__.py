"""The office's side of the room: documents, their PDFs, who has had them, notices."""

from documents.admin import batches, notices, papers, reading

__all__ = ["batches", "notices", "papers", "reading"]
