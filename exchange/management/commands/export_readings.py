"""Put readings that have not left into a folder: `manage.py export_readings DIR`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange.models import OutgoingBatch, OutgoingFile
from exchange.outgoing import batch_folder


class Command(BaseCommand):
    """Makes a batch of what is new, or takes an earlier one again, and writes its files."""

    help = "Выгружает новые показания партией в папку; прежнюю партию — ещё раз."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, in which formats, which batch."""
        parser.add_argument("folder", type=Path, help="папка, в которую положить файлы")
        parser.add_argument(
            "--format",
            action="append",
            choices=OutgoingFile.Format.values,
            help="csv, xlsx или json; можно несколько раз (без него csv)",
        )
        parser.add_argument(
            "--kind",
            choices=OutgoingBatch.Kind.values,
            default=OutgoingBatch.Kind.READINGS,
            help="что выгружать: показания, обращения (cases), запросы документов (requests)",
        )
        parser.add_argument("--again", type=int, metavar="N", help="партия с этим номером ещё раз")

    def handle(
        self,
        *,
        folder: Path,
        format: list[str] | None,
        kind: str,
        again: int | None,
        **options: Any,
    ) -> None:
        """Write, and say what was written.

        Raises:
            CommandError: there is no such batch, or the folder cannot be written to.
        """
        try:
            put = batch_folder.put(kind=kind, folder=folder, formats=format or ["csv"], again=again)
        except OutgoingBatch.DoesNotExist as error:
            raise CommandError(f"Партии № {again} нет.") from error
        except OSError as error:
            raise CommandError(f"В папку не записать: {error}") from error
        if put is None:
            self.stdout.write("Новых нет: всё уже выгружено.")
            return
        batch, paths = put
        self.stdout.write(f"{batch}, строк {batch.rows}")
        for path in paths:
            self.stdout.write(str(path))
