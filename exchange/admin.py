"""The office's side of the room."""

from exchange import admin_dossier

__all__ = ["admin_dossier"]
