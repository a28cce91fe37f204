"""Print who may try the demo: `manage.py demo_logins`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from exchange.demo import logins


class Command(BaseCommand):
    """Prints the table of logins."""

    help = "Печатает логины демонстрации."

    def handle(self, **options: Any) -> None:
        """One line for each person."""
        self.stdout.write(logins.table())
