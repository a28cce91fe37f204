"""The office's side of the exchange: loads, batches, and what is put together for a dispute."""

from exchange.admin import batches, dossier, imports

__all__ = ["batches", "dossier", "imports"]
