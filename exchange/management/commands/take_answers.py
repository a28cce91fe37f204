"""Take billing's answer to a batch: `manage.py take_answers readings 7 answers.csv`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from exchange.models import OutgoingBatch
from exchange.outgoing import answering


class Command(BaseCommand):
    """Takes all of a file or nothing, and says how many answers were new."""

    help = "Принимает ответ биллинга на партию: целиком или никак."

    def add_arguments(self, parser: CommandParser) -> None:
        """The batch and the file."""
        parser.add_argument("kind", choices=OutgoingBatch.Kind.values, help="вид партии")
        parser.add_argument("number", type=int, help="номер партии")
        parser.add_argument("file", type=Path, help="CSV или XLSX с ответом на её строки")

    def handle(self, *, kind: str, number: int, file: Path, **options: Any) -> None:
        """Take it.

        Raises:
            CommandError: there is no such batch or file, or something in the file is wrong.
        """
        batch = OutgoingBatch.objects.filter(kind=kind, number=number).first()
        if batch is None:
            raise CommandError(f"Партии № {number} нет.")
        try:
            with file.open("rb") as stream:
                taken, is_new = answering.take(batch=batch, stream=stream, name=file.name)
        except answering.AnswerRefused as refusal:
            lines = "\n".join(map(str, refusal.problems))
            raise CommandError(f"Ответ не принят, ничего не изменилось.\n{lines}") from refusal
        except OSError as error:
            raise CommandError(f"Файл не прочитать: {error}") from error
        if not is_new:
            self.stdout.write("Этот файл уже принят, ничего не изменилось.")
            return
        self.stdout.write(f"{batch}: строк в ответе {taken.rows}, новых ответов {taken.new}")
