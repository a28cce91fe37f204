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
        """Heads to look for."""
        parser.add_argument(
            "--head",
            nargs="*",
            default=[],
            help="записанные раньше звенья, ЦЕПОЧКА:МЕСТО:SHA-256: есть ли они сейчас",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was found."""
        verdict = chain.check()
        self.stdout.write(f"Проверено звеньев: {verdict.checked}. Последние звенья цепочек:")
        for head in verdict.heads:
            self.stdout.write(f"  {head}")
        if verdict.broken_at:
            self.stderr.write(f"Цепочка нарушена: {', '.join(verdict.broken_at)}.")
        if verdict.outside:
            self.stderr.write(f"Записей вне цепочек: {verdict.outside}.")
        lost = [head for head in options["head"] if not chain.has_head(head)]
        for head in lost:
            self.stderr.write(f"Звена {head} больше нет: журнал переписан.")
        if lost or not verdict.is_whole:
            sys.exit(1)
        self.stdout.write("Журнал цел.")
