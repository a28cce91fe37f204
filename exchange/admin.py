"""The office's pages about the exchange with billing, and what is put together for a dispute."""

from exchange import admin_batches, admin_dossier

__all__ = ["admin_batches", "admin_dossier"]
