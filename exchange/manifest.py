"""The package's list of contents: its day and moment, its files, their rows and checksums."""

from __future__ import annotations

import datetime
import hashlib
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from exchange.errors import PackageError
from exchange.tables import TABLES

NAME = "manifest.json"
VERSION = 1


class File(BaseModel):
    """One file: the number of its rows without the header, and its SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int
    sha256: str


class Manifest(BaseModel):
    """`manifest.json`: the version of the format, the day of the data, the tables by name.

    `day` is the one for which the package was made; `as_of` is the moment at which billing read
    its books, with its offset.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    day: datetime.date
    as_of: AwareDatetime
    tables: dict[str, File]


def read(folder: Path) -> Manifest:
    """The manifest of a package whose files are all there and are what it says.

    Raises:
        PackageError: the manifest is absent or of another version; a file is missing or changed.
    """
    try:
        stated = Manifest.model_validate_json((folder / NAME).read_bytes())
    except FileNotFoundError as error:
        raise PackageError("в папке нет описи пакета", file=NAME) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise PackageError(
            f"{place}: {first['msg']}" if place else first["msg"], file=NAME
        ) from error
    if stated.version != VERSION:
        raise PackageError(f"версия формата {stated.version}, нужна {VERSION}", file=NAME)
    known = {table.name for table in TABLES}
    if unknown := sorted(set(stated.tables) - known):
        raise PackageError(f"неизвестная таблица «{unknown[0]}»", file=NAME)
    for table in TABLES:
        if table.name not in stated.tables:
            if table.may_be_absent:
                continue
            raise PackageError(f"нет таблицы «{table.name}»", file=NAME)
        path = folder / table.file_name
        if not path.is_file():
            raise PackageError("файла нет", file=path.name)
        if checksum(path) != stated.tables[table.name].sha256:
            raise PackageError("контрольная сумма не совпадает с описью", file=path.name)
    return stated


def write(
    folder: Path, *, day: datetime.date, as_of: datetime.datetime, rows: dict[str, int]
) -> None:
    """Describe the files that lie in `folder`; `rows` by the name of the table."""
    tables = {
        name: File(rows=count, sha256=checksum(folder / f"{name}.csv"))
        for name, count in rows.items()
    }
    stated = Manifest(version=VERSION, day=day, as_of=as_of, tables=tables)
    (folder / NAME).write_text(stated.model_dump_json(indent=2) + "\n", encoding="utf-8")


def checksum(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
