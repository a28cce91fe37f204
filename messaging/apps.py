"""Messages to the specialists."""

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    """Messages to the specialists."""

    name = "messaging"
    verbose_name = "Обращения"
