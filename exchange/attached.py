"""Files of a package: PDFs of billing's own, taken into the private storage with their rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db.backends.utils import CursorWrapper

from cabinet import files
from documents import given
from exchange.errors import PackageError
from exchange.tables import Table

_STAGED = """
    SELECT staged.row, staged.file, staged.file_sha256, stored.id
    FROM staging_documents staged JOIN documents_document stored USING (external_id)
    WHERE staged.file <> '' AND stored.path = '' ORDER BY staged.row
"""
_ATTACH = """
    UPDATE documents_document stored
    SET path = given.path, size = given.size, sha256 = stored.file_sha256, rendered_at = now()
    FROM unnest(%s::bigint[], %s::text[], %s::int[]) AS given (id, path, size)
    WHERE given.id = stored.id
"""


@contextmanager
def kept_on_success() -> Iterator[list[str]]:
    """The paths of files that were taken; they go again when what is inside fails.

    A COMMIT that fails leaves them behind: `documents.given.sweep_orphans` finds them.
    """
    kept: list[str] = []
    try:
        yield kept
    except BaseException:
        files.forget(kept)
        raise


def take(cursor: CursorWrapper, table: Table, folder: Path) -> Iterator[str]:
    """Take the file of each staged document that has none yet; their paths, one by one.

    Raises:
        PackageError: a file is not there, lies outside the package, is not the one whose SHA-256
            billing gave, or is no PDF.
    """
    cursor.execute(_STAGED)
    paths: dict[int, tuple[str, int]] = {}
    for row, name, sha256, pk in cursor.fetchall():
        try:
            content = given.read(_inside(folder, name), sha256=sha256)
        except given.Refused as refusal:
            reason = f"файл «{name}»: {refusal}"
            raise PackageError(reason, file=table.file_name, row=row) from refusal
        path = given.keep(content)
        paths[pk] = path, len(content)
        yield path
    if paths:
        kept, sizes = zip(*paths.values(), strict=True)
        cursor.execute(_ATTACH, [list(paths), list(kept), list(sizes)])


def _inside(folder: Path, name: str) -> Path:
    """The file of that name in the package's folder, wherever links may lead."""
    try:
        path = (folder / name).resolve()
        is_there = path.is_relative_to(folder.resolve()) and path.is_file()
    except (ValueError, OSError):  # no name of a file at all
        is_there = False
    if not is_there:
        raise given.Refused("такого файла в папке пакета нет")
    return path
