"""The archive of a contract's documents."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    """The archive of a contract's documents."""

    name = "documents"
    verbose_name = "Документы"
