"""Does mail flow? `manage.py mail_flow`: exit code 0 it does, 1 it is slow, 2 it stands still."""

from __future__ import annotations

import datetime
import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils.text import capfirst

from cabinet import mailflow
from cabinet.mailflow import Flow, Outbox


class Command(BaseCommand):
    """The page «Почта» of the office, for a terminal and for monitoring."""

    help = "Показывает, идёт ли почта: очередь, повторы, отказы, последний успех."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--json` for machines."""
        parser.add_argument("--json", action="store_true", help="для программы наблюдения")

    def handle(self, **options: Any) -> None:
        """Print how it stands, and end with the verdict."""
        flow = mailflow.look()
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(flow), ensure_ascii=False, indent=2))
        else:
            self.stdout.write(_as_text(flow))
        if flow.verdict:
            sys.exit(int(flow.verdict))


def _as_text(flow: Flow) -> str:
    lines = [capfirst(flow.verdict.words), ""]
    for box in flow.outboxes:
        lines += [box.name, *(f"  {label:<26}{value}" for label, value in box.lines), ""]
    lines.append(f"Не удалось разбудить обработчика сегодня: {flow.failed_wakes}")
    return "\n".join(lines)


def _as_json(flow: Flow) -> dict[str, Any]:
    return {
        "verdict": flow.verdict.name.lower(),
        "failed_wakes_today": flow.failed_wakes,
        "outboxes": {box.model._meta.label: _box_as_json(box) for box in flow.outboxes},
    }


def _box_as_json(box: Outbox) -> dict[str, Any]:
    names = (
        "due", "queued", "retrying", "held", "given_up", "given_up_today", "sent_in_hour",
        "sent_in_day", "last_error",
    )  # fmt: skip
    return {
        "verdict": box.verdict.name.lower(),
        "oldest_due_seconds": int(box.waits.total_seconds()),
        "last_sent_at": _iso(box.last_sent_at),
        **{name: getattr(box, name) for name in names},
    }


def _iso(moment: datetime.datetime | None) -> str | None:
    return moment.isoformat(timespec="seconds") if moment else None
