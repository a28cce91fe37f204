"""A folder that is watched: packages that lie in it whole are loaded, the oldest data first.

Billing writes a folder or a ZIP into `PACKAGE_FOLDER`. It is left alone while it is being written:
until a manifest is there, every file is the one that was described, and nothing was touched for a
minute. One that stays incomplete for a quarter of an hour is refused, and so is one whose loading
broke off ten times in a row. What is done with goes to `done/` or `refused/` beside a report;
refused rows lie there as files to be mended.
"""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from cabinet import alone
from exchange.incoming import loading, manifest, package, reporting
from exchange.incoming.errors import PackageError
from exchange.models import Import

logger = logging.getLogger(__name__)

DONE, REFUSED = "done", "refused"
QUIET_SECONDS = 60
GIVE_UP_SECONDS = 15 * 60
# A package that breaks off so often in a row is put aside: the next ones are waiting.
TRIES = 10
_LOCK = 0x666F6C64
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
    """Load every whole package in the folder; where they went. No folder: nothing to do.

    One that breaks off (the database is in trouble, not the package) stays for the next time, and
    newer ones wait for it: after them it would be too old. Who looks already is not disturbed.
    """
    with alone.at(_LOCK) as is_alone:
        folder = Path(settings.PACKAGE_FOLDER) if settings.PACKAGE_FOLDER and is_alone else None
        if folder is None or not folder.is_dir():
            return []
        if not os.access(folder, os.W_OK):
            logger.error("packages are not loaded: nothing can be moved in %s", folder)
            return []
        return list(_taken(folder))


def _taken(folder: Path) -> Iterator[Path]:
    for found in waiting(folder):
        if found.waits_for and not found.is_hopeless:
            logger.info("package %s is left alone: %s", found.path.name, found.waits_for)
            continue
        try:
            yield _take(folder, found)
        except loading.Busy:
            break
        except Exception:
            logger.exception("package %s broke off", found.path.name)
            break


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
    except OSError as error:
        words = f"не читается: {error.strerror}"
        return Found(path=path, as_of=None, waits_for=words, is_hopeless=True)
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
    """Load it, write the report, move both away; where it went."""
    attempt = loading.begin(folder=found.path, source=Import.Source.FOLDER)
    target = folder / DONE
    try:
        loading.finish(attempt, found.path)
    except PackageError:
        target = folder / REFUSED
    except loading.Busy:
        raise
    except Exception:
        if not _was_tried_enough(found.path.name):
            raise
        logger.exception("package %s broke off for the last time", found.path.name)
        target = folder / REFUSED
    attempt.refresh_from_db()
    try:
        return _put_away(found.path, target, attempt)
    except OSError:  # it is dealt with; those behind it need not wait
        logger.exception("package %s could not be moved away", found.path.name)
        return found.path


def _was_tried_enough(name: str) -> bool:
    """Whether the latest attempts at a package of this name have broken off `TRIES` times."""
    tried = Import.objects.filter(source=Import.Source.FOLDER, name=name[:255])
    other = tried.exclude(state=Import.State.FAILED).order_by("-pk").first()
    count = tried.filter(pk__gt=other.pk if other else 0).count()
    return count > 0 and count % TRIES == 0


def _put_away(path: Path, target: Path, attempt: Import) -> Path:
    target.mkdir(exist_ok=True)
    name = _free_name(target, path.name)
    (target / f"{name}.report.txt").write_text(reporting.report(attempt), encoding="utf-8-sig")
    if attempt.refused_rows:
        reporting.write_refused(attempt, target / f"{name}.rows")
    return Path(shutil.move(path, target / name))


def _free_name(target: Path, name: str) -> str:
    """The name, with the moment before it when there is one like it already."""
    if not (target / name).exists():
        return name
    return f"{timezone.localtime():%Y%m%d-%H%M%S}-{name}"
