"""The billing system's data in and out."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """The billing system's data in and out."""

    name = "exchange"
    verbose_name = "Обмен данными"
