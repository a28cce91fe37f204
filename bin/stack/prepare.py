"""The demo's Django commands, in one process: starting Django once instead of five times.

    python -m bin.stack.prepare DEMO_DIR

Says on standard output what it does; the commands' own words go to standard error.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

from bin.stack import console
from bin.stack.processes import ROOT

LOGINS = "logins.txt"


def main(folder: Path) -> None:
    """Bring the database, the static files and the demo data up to date."""
    with console.step("Таблицы базы данных"):
        django.setup()
        call_command("migrate", interactive=False, stdout=sys.stderr)
        call_command("createcachetable", stdout=sys.stderr)
    stamp = folder / "static.stamp"
    fingerprint = _static_fingerprint()
    if not stamp.exists() or stamp.read_text() != fingerprint:
        with console.step("Стили, шрифты, значки"):
            call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(fingerprint)
    with console.step("Демонстрационные данные"):
        call_command(
            "load_calendar",
            *sorted((ROOT / "contracts" / "calendars").glob("*.csv")),
            stdout=sys.stderr,
        )
        call_command("load_demo", stdout=sys.stderr)
    with (folder / LOGINS).open("w", encoding="utf-8") as logins:
        call_command("demo_logins", stdout=logins)


def _static_fingerprint() -> str:
    """Changes with every file that collectstatic could pick up, and with where it puts them."""
    seen = hashlib.sha256(os.environ["STATIC_ROOT"].encode())
    for requirements in sorted((ROOT / "requirements").glob("*.txt")):
        seen.update(requirements.read_bytes())
    sources = [
        *(ROOT / "static").rglob("*"),
        *ROOT.glob("*/static/**/*"),
        *ROOT.glob("cabinet/**/*.py"),
    ]
    for source in sorted(sources):
        status = source.stat()
        seen.update(f"{source} {status.st_size} {status.st_mtime_ns}\n".encode())
    return seen.hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
