"""`manage.py check_journal`: is the journal as it was written? Exit code 1 if it is not."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from accounts import chain


class Command(BaseCommand):
    """Check the chain of fingerprints, and a head that was noted earlier."""

    help = "Проверяет цепочку контрольных сумм журнала; код выхода 1, если она нарушена."

    def add_arguments(self, parser: CommandParser) -> None:
        """A head to look for."""
        parser.add_argument(
            "--head", default="", help="записанное раньше звено, МЕСТО:SHA-256: есть ли оно сейчас"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was found."""
        verdict = chain.check()
        self.stdout.write(f"Проверено звеньев: {verdict.checked}. Последнее: {verdict.head}")
        if verdict.broken_at is not None:
            self.stderr.write(f"Цепочка нарушена на месте {verdict.broken_at}.")
        if verdict.outside:
            self.stderr.write(f"Записей вне цепочки: {verdict.outside}.")
        is_found = not options["head"] or chain.has_head(options["head"])
        if not is_found:
            self.stderr.write(f"Звена {options['head']} в цепочке нет: журнал переписан.")
        if not (verdict.is_whole and is_found):
            sys.exit(1)
        self.stdout.write("Журнал цел.")
