"""The package's list of contents: its day and moment, its files, their rows and checksums."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from exchange.incoming.errors import PackageError
from exchange.incoming.package import NAME, Package
from exchange.incoming.tables import TABLES

VERSION = 1
# Of the manifest itself: it has a line for each of twenty tables.
_MAX_BYTES = 1024 * 1024


class File(BaseModel):
    """One file: the number of its rows without the header, and its SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: int
    sha256: str


class Manifest(BaseModel):
    """`manifest.json`: the version of the format, the day of the data, the tables by name.

    `day` is the one for which the package was made; `as_of` is the moment at which billing read
    its books, with its offset. `encoding` and `separator` are those of all files; each file is
    looked at where they are not said (exchange/incoming/dialect.py).
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    day: datetime.date
    as_of: AwareDatetime
    encoding: Literal["utf-8", "cp1251", "cp866"] | None = None
    separator: Literal[";", ",", "\t"] | None = None
    tables: dict[str, File]


@dataclass(frozen=True, kw_only=True)
class Described:
    """What a package says of itself; `sha256` is that of the manifest: the package's identity."""

    stated: Manifest
    sha256: str


def read(package: Package) -> Described:
    """What the package's manifest says; files are looked at by `require_whole`.

    Raises:
        PackageError: the manifest is absent, or of another version.
    """
    if package.size(NAME) is None:
        raise PackageError("в пакете нет описи", file=NAME)
    content = package.read(NAME, at_most=_MAX_BYTES)
    try:
        stated = Manifest.model_validate_json(content)
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
        if table.name not in stated.tables and not table.may_be_absent:
            raise PackageError(f"нет таблицы «{table.name}»", file=NAME)
    return Described(stated=stated, sha256=hashlib.sha256(content).hexdigest())


def require_whole(package: Package, stated: Manifest) -> None:
    """That every file is there and is the one that was described: nothing is half-written.

    Raises:
        PackageError: a file is missing or changed.
    """
    for name in _files(stated):
        if package.size(name) is None:
            raise PackageError("файла нет", file=name)
    for name in _files(stated):
        with package.open(name) as stream:
            found = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
        if found != stated.tables[name.removesuffix(".csv")].sha256:
            raise PackageError("контрольная сумма не совпадает с описью", file=name)


def _files(stated: Manifest) -> Iterator[str]:
    for table in TABLES:
        if table.name in stated.tables:
            yield table.file_name


def write(
    folder: Path, *, day: datetime.date, as_of: datetime.datetime, rows: dict[str, int]
) -> None:
    """Describe the files that lie in `folder`; `rows` by the name of the table."""
    tables = {
        name: File(rows=count, sha256=checksum(folder / f"{name}.csv"))
        for name, count in rows.items()
    }
    stated = Manifest(version=VERSION, day=day, as_of=as_of, tables=tables)
    text = stated.model_dump_json(indent=2, exclude_none=True)
    (folder / NAME).write_text(text + "\n", encoding="utf-8")


def checksum(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
