"""The office's pages about the exchange with billing."""

from exchange import admin_batches  # noqa: F401 - registers «Партии выгрузки»
