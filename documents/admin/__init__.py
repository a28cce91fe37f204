"""The office's side of the room: documents, who has had them, notices and their course."""

from documents.admin import notices, papers, reading

__all__ = ["notices", "papers", "reading"]
