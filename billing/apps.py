"""Debt, charges and payments."""

from django.apps import AppConfig


class BillingConfig(AppConfig):
    """Debt, charges and payments."""

    name = "billing"
    verbose_name = "Расчёты"
