"""Load a package of the billing system: `manage.py load_package PACKAGE`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange.incoming import loading, reporting
from exchange.incoming.declaration import Table
from exchange.models import Import

_BAR = 30


class Command(BaseCommand):
    """Loads all of a package or nothing, and says what each table did."""

    help = "Загружает пакет биллинга: целиком или никак."

    def add_arguments(self, parser: CommandParser) -> None:
        """The package, and whether it is only checked."""
        parser.add_argument("package", type=Path, help="папка с manifest.json или архив ZIP")
        parser.add_argument(
            "--check", action="store_true", help="только проверить: что изменилось бы и что не так"
        )
        parser.add_argument(
            "--refused",
            type=Path,
            default=None,
            metavar="ПАПКА",
            help="куда записать отклонённые строки с причинами",
        )

    def handle(self, *, package: Path, check: bool, refused: Path | None, **options: Any) -> None:
        """Load, one line for each table.

        Raises:
            CommandError: the package is refused, or another load is at work.
        """
        attempt = loading.begin(folder=package, is_final=not check)
        try:
            loading.finish(attempt, package, progress=self._say, tell=self._bar)
        except loading.Busy as error:
            raise CommandError("Идёт другая загрузка. Повторите, когда она кончится.") from error
        except loading.PackageError as error:
            self._wipe()
            raise CommandError(self._refusal(attempt, error, refused)) from error
        self._wipe()
        attempt.refresh_from_db()
        self.stdout.write(reporting.summary(attempt))

    def _refusal(self, attempt: Import, error: loading.PackageError, folder: Path | None) -> str:
        """What is wrong: the first mistake, how many there are, and where they were written."""
        attempt.refresh_from_db()
        words = [f"Пакет не загружен. {error}"]
        if attempt.refused_rows > 1:
            words.append(f"Всего отклонено строк: {attempt.refused_rows}.")
        if folder is not None:
            names = reporting.write_refused(attempt, folder)
            words.append(f"Записаны: {', '.join(names)}." if names else "")
        elif attempt.refused_rows > 1:
            words.append("Все строки с причинами: --refused ПАПКА.")
        return " ".join(filter(None, words))

    def _say(self, table: Table, counts: loading.Counts) -> None:
        self._wipe()
        vanished = f", нет в пакете {counts.vanished}" if counts.vanished else ""
        self.stdout.write(
            f"{table.name}: новых {counts.new}, изменено {counts.changed}, "
            f"без изменений {counts.unchanged}{vanished}"
        )

    def _bar(self, percent: int, stage: str) -> None:
        """The bar, on a terminal alone."""
        if self.stderr.isatty():
            full = percent * _BAR // 100
            bar = "█" * full + "·" * (_BAR - full)
            self.stderr.write(f"\r\033[K{bar} {percent:3} %  {stage}", ending="")

    def _wipe(self) -> None:
        if self.stderr.isatty():
            self.stderr.write("\r\033[K", ending="")
