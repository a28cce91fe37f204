"""Load years of the production calendar: `manage.py load_calendar FILE…`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from contracts import calendar_file


class Command(BaseCommand):
    """Replaces the years that the files cover, all of them or none."""

    help = "Загружает производственный календарь (CSV или XML): годы файлов заменяются целиком."

    def add_arguments(self, parser: CommandParser) -> None:
        """The files."""
        parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="CSV или XML")

    def handle(self, *, files: list[Path], **options: Any) -> None:
        """Load, and say what changed in each year."""
        try:
            changes = calendar_file.load([(path.name, _bytes_of(path)) for path in files])
        except calendar_file.CalendarError as error:
            raise CommandError(f"Календарь не загружен. {error}") from error
        for change in changes:
            self.stdout.write(change.words)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CommandError(f"Календарь не загружен. Файл не читается: {path.name}.") from error
