"""Load a package of the billing system: `manage.py load_package DIR`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange import loading
from exchange.tables import Table


class Command(BaseCommand):
    """Loads all of a package or nothing, and says what each table did."""

    help = "Загружает пакет биллинга: целиком или никак."

    def add_arguments(self, parser: CommandParser) -> None:
        """The folder."""
        parser.add_argument("folder", type=Path, help="папка с manifest.json и таблицами CSV")

    def handle(self, *, folder: Path, **options: Any) -> None:
        """Load, one line for each table."""
        try:
            loading.load(folder=folder, progress=self._say)
        except loading.PackageError as error:
            raise CommandError(f"Пакет не загружен. {error}") from error

    def _say(self, table: Table, counts: loading.Counts) -> None:
        self.stdout.write(
            f"{table.name}: новых {counts.new}, изменено {counts.changed}, "
            f"без изменений {counts.unchanged}"
        )
