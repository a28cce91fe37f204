"""Refused rows that were mended: a package may carry them beside its files.

They lie in the package's folder `mended/` as the portal wrote them (`exchange.reporting`): the
table's own columns and «причина», which begins with the number of the row in the package. Such a
row takes the place of that one; a later round (`mended/1/`, `mended/2/`, …) that of an earlier one.
"""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from exchange.incoming import dialect
from exchange.incoming.declaration import Table
from exchange.incoming.dialect import REASON, Dialect
from exchange.incoming.errors import PackageError
from exchange.incoming.package import Package, root_of

FOLDER = "mended"
# Who needs more of them had better make a new package.
MAX_ROUNDS = 20
_NUMBER = re.compile(r"\s*строка\s+(\d+)")


def rows_of(package: Package, table: Table, how: Dialect) -> dict[int, list[str]]:
    """The mended rows by their numbers, in the order of the file's own columns.

    Raises:
        PackageError: a file of mended rows is not one, or a row of it has no number.
    """
    found: dict[int, list[str]] = {}
    for name in _names(table):
        if package.size(name) is not None:
            found.update(_read(package, name, table, how))
    return found


def _names(table: Table) -> Iterator[str]:
    yield f"{FOLDER}/{table.file_name}"
    for number in range(1, MAX_ROUNDS + 1):
        yield f"{FOLDER}/{number}/{table.file_name}"


def _read(
    package: Package, name: str, table: Table, how: Dialect
) -> Iterator[tuple[int, list[str]]]:
    # A spreadsheet may have saved it anew: how it is written is looked at, not taken for granted.
    own = dialect.of(package, name, table)
    with dialect.text(package, name, own.encoding) as stream:
        reader = dialect.rows(stream, own.separator)
        next(reader)
        for place, row in enumerate(reader, 2):
            if not row:
                continue
            cells = dict(zip(own.header, row, strict=False))
            number = _NUMBER.match(cells.get(REASON, ""))
            if number is None:
                words = f"в столбце «{REASON}» нет номера строки («строка 12: …»)"
                raise PackageError(words, file=name, row=place)
            yield int(number[1]), [cells.get(column, "") for column in how.header]


def add(source: Path, target: Path, files: Mapping[str, bytes]) -> None:
    """Copy the ZIP at `source` to `target` with one more round of mended rows, by table.

    Raises:
        PackageError: there were too many rounds already.
    """
    with zipfile.ZipFile(source) as archive:
        names = archive.namelist()
    root = root_of(names)
    rounds = range(1, MAX_ROUNDS + 1)
    free = (n for n in rounds if not any(one.startswith(f"{root}{FOLDER}/{n}/") for one in names))
    number = next(free, None)
    if number is None:
        raise PackageError(f"строки исправляли уже {MAX_ROUNDS} раз, сделайте новый пакет")
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        for table, content in files.items():
            archive.writestr(f"{root}{FOLDER}/{number}/{table}.csv", content)
