"""Write a made-up package: `manage.py generate_package DIR --seed 2026 --today 2026-11-23`."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from exchange.demo import SEED, package, plans


class Command(BaseCommand):
    """Writes a package for the demo and for load tests; touches no database."""

    help = "Пишет придуманный пакет биллинга для демонстрации и нагрузочных проб."
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, and the three numbers that decide every byte."""
        parser.add_argument("folder", type=Path, help="папка, в которую писать")
        parser.add_argument("--seed", type=int, default=SEED, help="число, от которого всё зависит")
        parser.add_argument(
            "--scale", type=int, default=1, help="1 — демонстрация, больше — больше"
        )
        parser.add_argument(
            "--today",
            type=datetime.date.fromisoformat,
            default=None,
            help="день, на который данные (сегодня)",
        )

    def handle(
        self,
        *,
        folder: Path,
        seed: int,
        scale: int,
        today: datetime.date | None,
        **options: Any,
    ) -> None:
        """Write it and say how many rows there are.

        Raises:
            CommandError: the day is too early for a whole past.
        """
        try:
            rows = package.generate(
                folder=folder, seed=seed, scale=scale, today=today or timezone.localdate()
            )
        except plans.TooEarly as error:
            raise CommandError(
                f"Раньше {error.first_day:%d.%m.%Y} данных не сделать: не у всех договоров "
                "есть 24 прошедших месяца."
            ) from error
        for name, count in rows.items():
            self.stdout.write(f"{name}: {count}")
