"""The office's side of the exchange: loads, batches, orders, and papers for a dispute."""

from exchange.admin import batches, dossier, imports, orders

__all__ = ["batches", "dossier", "imports", "orders"]
