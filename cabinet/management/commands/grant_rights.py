"""`manage.py grant_rights ROLE`: run by the owner of the tables after each `migrate`.

Where the application logs in to PostgreSQL under a role of its own, this gives that role what it
needs and no more: rows of append-only tables can be read and added, never changed or removed, and
no table can be emptied or altered (docs/configuration.md).
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import ProgrammingError, connection, transaction

from cabinet import append_only


class Command(BaseCommand):
    """Give the application's role its rights on tables and sequences."""

    help = "Даёт роли приложения права на таблицы; строки журналов она может только добавлять."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whom."""
        parser.add_argument("role", help="роль PostgreSQL, под которой работает приложение")

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant, and say which tables only grow.

        Raises:
            CommandError: no such role, or the tables are not ours to grant.
        """
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                tables = append_only.grant_rights(cursor, options["role"])
        except ProgrammingError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Права выданы. Только добавляются строки: {', '.join(tables)}.")
