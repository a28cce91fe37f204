"""Metering points, meters and readings."""

from django.apps import AppConfig


class MetersConfig(AppConfig):
    """Metering points, meters and readings."""

    name = "meters"
    verbose_name = "Приборы учёта и показания"
