"""A folder that is watched: packages that lie in it whole are loaded, the oldest data first.

Billing writes a folder or a ZIP into `PACKAGE_FOLDER`. It is left alone while it is being written:
until a manifest is there, every file is the one that was described, and nothing was touched for a
minute. One that stays incomplete for a quarter of an hour is refused. What is done with goes to
`done/` or `refused/` beside a report; refused rows lie there as files to be mended.
"""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from exchange.incoming import loading, manifest, package, reporting
from exchange.incoming.errors import PackageError
from exchange.models import Import

logger = logging.getLogger(__name__)

DONE, REFUSED = "done", "refused"
QUIET_SECONDS = 60
GIVE_UP_SECONDS = 15 * 60
# How programs call a file that they have not finished.
_UNFINISHED = (".tmp", ".part", ".filepart", ".crdownload")


@dataclass(frozen=True, kw_only=True)
class Found:
    """A package in the folder. `waits_for`: why it is left alone; empty when it is whole."""

    path: Path
    as_of: datetime | None
    waits_for: str
    is_hopeless: bool = False


def look() -> list[Path]:
    """Load every whole package in the folder; where they went. No folder: nothing to do."""
    folder = Path(settings.PACKAGE_FOLDER) if settings.PACKAGE_FOLDER else None
    if folder is None or not folder.is_dir():
        return []
    moved = []
    for found in waiting(folder):
        if found.waits_for and not found.is_hopeless:
            logger.info("package %s is left alone: %s", found.path.name, found.waits_for)
            continue
        try:
            moved.append(_take(folder, found))
        except loading.Busy:
            break
        except Exception:  # the database is in trouble, not the package: it stays for the next time
            logger.exception("package %s could not be loaded", found.path.name)
    return moved


def waiting(folder: Path) -> list[Found]:
    """The packages in the folder, the oldest data first; those that nobody can date last."""
    found = [_found(path) for path in sorted(folder.iterdir()) if _is_package(path)]
    latest = timezone.now() + timedelta(days=36_500)
    return sorted(found, key=lambda one: (one.as_of or latest, one.path.name))


def _is_package(path: Path) -> bool:
    name = path.name.lower()
    if name.startswith(".") or name.endswith(_UNFINISHED) or name in (DONE, REFUSED):
        return False
    return path.is_dir() or name.endswith(".zip")


def _found(path: Path) -> Found:
    """What is to be said of a package before it is touched."""
    as_of = None
    try:
        age = time.time() - max(one.stat().st_mtime for one in _parts(path))
    except FileNotFoundError:  # a file has got another name meanwhile
        return Found(path=path, as_of=None, waits_for="ещё пишется")
    try:
        with package.opened(path) as opened:
            stated = manifest.read(opened).stated
            as_of = stated.as_of
            if age < QUIET_SECONDS:
                return Found(path=path, as_of=as_of, waits_for="ещё пишется")
            manifest.require_whole(opened, stated)
    except PackageError as error:
        # A folder without a manifest is one that billing has just begun, or none of ours.
        is_begun = path.is_dir() and not (path / package.NAME).exists()
        return Found(
            path=path,
            as_of=as_of,
            waits_for=str(error),
            is_hopeless=age >= GIVE_UP_SECONDS and not is_begun,
        )
    return Found(path=path, as_of=as_of, waits_for="")


def _parts(path: Path) -> Iterator[Path]:
    """The package and everything in it."""
    yield path
    if path.is_dir():
        yield from path.rglob("*")


def _take(folder: Path, found: Found) -> Path:
    """Load it, write the report, move both away."""
    try:
        loading.load(folder=found.path, source=Import.Source.FOLDER)
        target = folder / DONE
    except PackageError:
        target = folder / REFUSED
    attempt = Import.objects.filter(source=Import.Source.FOLDER).latest("pk")
    target.mkdir(exist_ok=True)
    name = _free_name(target, found.path.name)
    (target / f"{name}.report.txt").write_text(reporting.report(attempt), encoding="utf-8-sig")
    if attempt.refused_rows:
        reporting.write_refused(attempt, target / f"{name}.rows")
    return Path(shutil.move(found.path, target / name))


def _free_name(target: Path, name: str) -> str:
    """The name, with the moment before it when there is one like it already."""
    if not (target / name).exists():
        return name
    return f"{timezone.localtime():%Y%m%d-%H%M%S}-{name}"
