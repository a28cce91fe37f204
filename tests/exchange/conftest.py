"""The demo's package, made once; and a copy of it that a test may spoil."""

from __future__ import annotations

import csv
import datetime
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from exchange.demo import SEED
from exchange.demo import package as demo_package
from exchange.incoming import loading, manifest, package
from exchange.incoming.tables import TABLES

TODAY = datetime.date(2026, 11, 23)

Spoil = Callable[[str, Callable[[list[dict[str, Any]]], None]], None]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package of 23 November 2026; read it only."""
    folder = tmp_path_factory.mktemp("package") / "made"
    demo_package.generate(folder=folder, seed=SEED, scale=1, today=TODAY)
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    """The same package, this test's own."""
    return Path(shutil.copytree(made, tmp_path / "copied"))


@pytest.fixture
def loaded(db: None, made: Path) -> dict[str, loading.Counts]:
    """The package in the database."""
    return loading.load(folder=made)


@pytest.fixture
def spoil(copied: Path) -> Spoil:
    """`spoil("clients", change)`: rows of a table changed in place, the manifest made to agree."""

    def change(name: str, edit: Callable[[list[dict[str, Any]]], None]) -> None:
        path = copied / f"{name}.csv"
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter=";"))
        edit(rows)
        columns = next(table.columns for table in TABLES if table.name == name)
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, columns, delimiter=";", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        describe(copied)

    return change


def describe(folder: Path) -> None:
    """Write the manifest anew by what lies in the folder."""
    rows = {
        table.name: (folder / table.file_name).read_text(encoding="utf-8").count("\n") - 1
        for table in TABLES
    }
    manifest.write(folder, day=TODAY, as_of=demo_package.moment(TODAY), rows=rows)


def stated(folder: Path) -> manifest.Manifest:
    """What the manifest of a package says."""
    with package.opened(folder) as opened:
        return manifest.read(opened).stated
