"""Files of a package: PDFs of billing's own, taken into the private storage with their rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db.backends.utils import CursorWrapper

from cabinet import files
from documents import given
from exchange.incoming.declaration import Table
from exchange.incoming.package import Package
from exchange.incoming.refusals import Refusal, Refusals

_STAGED = """
    SELECT staged.row, staged.external_id, staged.file, staged.file_sha256, stored.id
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


def forget(kept: list[str]) -> None:
    """Throw the files away again: the rows they belong to are undone."""
    files.forget(kept)
    kept.clear()


def take(
    cursor: CursorWrapper,
    table: Table,
    package: Package,
    refusals: Refusals,
    kept: list[str] | None,
) -> None:
    """Take the file of each staged document that has none yet; their paths go to `kept`.

    Without `kept` they are only looked at. A row is refused whose file is not in the package, is
    not the one whose SHA-256 billing gave, or is no PDF.
    """
    cursor.execute(_STAGED)
    taken: list[tuple[int, str, int]] = []
    for row, key, name, sha256, pk in cursor.fetchall():
        try:
            content = _read(package, name, sha256)
        except given.Refused as refused:
            reason = f"файл «{name[:100]}»: {refused}"
            refusal = Refusal(table=table.name, row=row, column="file", key=key, reason=reason)
            refusals.add(table.name, [refusal])
            continue
        if kept is not None:
            kept.append(given.keep(content))  # one by one: the next may fail
            taken.append((pk, kept[-1], len(content)))
    if taken:
        cursor.execute(_ATTACH, [list(column) for column in zip(*taken, strict=True)])


def _read(package: Package, name: str, sha256: str) -> bytes:
    size = package.size(name)
    if size is None:
        raise given.Refused("такого файла в пакете нет")
    if size > given.MAX_BYTES:
        raise given.Refused(f"{size} байт, можно не больше {given.MAX_BYTES}")
    return given.checked(package.read(name, at_most=given.MAX_BYTES), sha256=sha256)
