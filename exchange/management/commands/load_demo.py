"""Fill a fresh database with the demo: `manage.py load_demo`, with DEMO on only."""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts.models import Client
from exchange.demo import SEED, cases, logins, package, reading, submissions
from exchange.incoming import loading
from exchange.models import OutgoingBatch
from exchange.outgoing import batching


class Command(BaseCommand):
    """Makes the data as of today, the logins and what they did; does nothing the second time."""

    help = "Загружает демонстрационные данные в пустую базу (только при DEMO)."

    def handle(self, **options: Any) -> None:
        """Fill what is empty.

        Raises:
            CommandError: this installation is not a demo, or the made package does not load.
        """
        if not settings.DEMO:
            raise CommandError(
                "Это не демонстрация: load_demo работает только с переменной DEMO=true."
            )
        today = timezone.localdate()
        if Client.objects.exists():
            self.stdout.write("Клиенты уже есть: данные не трогаем.")
        else:
            with tempfile.TemporaryDirectory(prefix="demo-package-") as name:
                folder = Path(name) / f"demo-{today.isoformat()}"
                with self._step("Данные за 24 месяца"):
                    package.generate(folder=folder, seed=SEED, scale=1, today=today)
                with self._step("Загрузка в базу"):
                    self._load(folder)
        with self._step("Логины"):
            try:
                logins.create(today=today)
            except Client.DoesNotExist as error:
                raise CommandError(
                    "В базе есть клиенты, но не из демонстрации: логины создать не для кого."
                ) from error
        with self._step("Обращения"):
            cases.create(today=today)
        with self._step("Прочитанное"):
            reading.create(today=today)
        with self._step("Переданные показания"):
            submissions.create(today=today)
        with self._step("Партия показаний для биллинга"), contextlib.suppress(batching.NothingNew):
            batching.make(kind=OutgoingBatch.Kind.READINGS)

    def _load(self, folder: Path) -> None:
        try:
            loading.load(folder=folder)
        except loading.PackageError as error:
            raise CommandError(f"Пакет не загружен. {error}") from error

    @contextlib.contextmanager
    def _step(self, words: str) -> Iterator[None]:
        """Say what was done and how long it took."""
        started = time.monotonic()
        yield
        self.stdout.write(f"{words}: {time.monotonic() - started:.1f} с")
