"""`manage.py receive_mail`: takes one letter from standard input, for a mail server's pipe.

Exit codes are those of sysexits.h, which mail servers know: 0 the letter is kept, 64 wrong
arguments, 65 not a letter or too large, 75 try again later (the database is down, the disk is full,
anything unforeseen). docs/incoming-mail.md shows how to connect Postfix and fetchmail.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from cabinet import formats
from messaging.incoming import reading, taking

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """Take one letter."""

    help = "Принимает одно письмо со стандартного ввода: ответ, дополнение, отказ, автоответ."
    # A mail server waits for each letter.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """The recipient of the envelope."""
        parser.add_argument(
            "--recipient",
            default="",
            metavar="АДРЕС",
            help="кому письмо по конверту; без него адрес ищется в заголовках письма",
        )

    def run_from_argv(self, argv: list[str]) -> None:
        """As Django does, but wrong arguments are 64, not 2."""
        try:
            super().run_from_argv(argv)
        except SystemExit as end:
            if end.code == 2:
                sys.exit(os.EX_USAGE)
            raise

    def handle(self, *args: Any, **options: Any) -> None:
        """Take the letter, or end with the code that says why not."""
        try:
            raw = _standard_input()
            taking.take(raw, recipient=options["recipient"])
        except reading.NotMail as error:
            self.stderr.write(str(error))
            sys.exit(os.EX_DATAERR)
        except Exception:
            # Nothing may be lost: the mail server keeps the letter and brings it again.
            logger.exception("a letter was not taken, the mail server will bring it again")
            sys.exit(os.EX_TEMPFAIL)


def _standard_input() -> bytes:
    """All of it.

    Raises:
        NotMail: it is larger than any letter whose files the portal could take.
    """
    limit = settings.UPLOAD_MAX_BYTES * 2
    raw = sys.stdin.buffer.read(limit + 1)
    if len(raw) > limit:
        size = formats.file_size(limit)
        raise reading.NotMail(f"Письмо больше {size}, портал таких не принимает.")
    return raw
