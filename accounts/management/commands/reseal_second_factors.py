"""`manage.py reseal_second_factors`: after a change of `SECRET_KEY`, before forgetting the old one.

The keys of second factors lie encrypted under `SECRET_KEY`. While a former one stands in
`SECRET_KEY_FALLBACKS` they can be read; this command encrypts them with the present one.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.second_factor import sealing


class Command(BaseCommand):
    """Encrypt the keys of second factors with the present `SECRET_KEY`."""

    help = "Перешифровывает ключи второго фактора нынешним SECRET_KEY."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say for how many people."""
        try:
            count = sealing.reseal_all()
        except sealing.Unreadable as error:
            raise CommandError(
                "Один из ключей не читается: добавьте прежний SECRET_KEY в SECRET_KEY_FALLBACKS."
            ) from error
        self.stdout.write(f"Ключи второго фактора перешифрованы: {count}.")
