"""Who comes in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, clients and the access between them."""

    name = "accounts"
    verbose_name = "Клиенты и доступ"
