"""`manage.py ensure_office_groups`: part of every deployment, after `migrate`.

Creates the office's groups or brings their rights back to the table in accounts/office.py. Rights
of the upper rooms exist only after all migrations have run, so a migration could not do it. Running
it again changes nothing; rights that somebody added by hand are taken away.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts import office


class Command(BaseCommand):
    """Create the office's groups, or bring their rights back to the table."""

    help = "Создаёт группы офиса или возвращает их права к таблице accounts/office.py."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say how many rights each group has."""
        for group in office.ensure_office_groups():
            self.stdout.write(f"Группа «{group.name}»: прав — {group.permissions.count()}.")
