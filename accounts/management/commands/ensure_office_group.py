"""`manage.py ensure_office_group`: part of every deployment, after `migrate`.

Creates the group «Офис» or brings its rights back to the list in accounts/office.py. Rights of the
upper rooms exist only after all migrations have run, so a migration could not do it. Running it
again changes nothing; rights that somebody added by hand are taken away.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from accounts import office


class Command(BaseCommand):
    """Create the office's group, or bring its rights back to the list."""

    help = "Создаёт группу «Офис» или возвращает её права к списку accounts/office.py."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it and say how many rights the group has."""
        group = office.ensure_office_group()
        self.stdout.write(f"Группа «{group.name}»: прав — {group.permissions.count()}.")
