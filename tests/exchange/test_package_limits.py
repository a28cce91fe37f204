"""What a package may not do to the memory, and mended rows that belong to no row of it."""

from __future__ import annotations

import csv
import io
import zipfile
from pathlib import Path
from typing import Any

import pytest

from exchange.incoming import dialect, judging, loading, manifest, mending
from exchange.models import Import
from tests.exchange.conftest import Spoil

pytestmark = pytest.mark.django_db

Rows = list[dict[str, Any]]


def test_a_manifest_is_small(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (copied / "manifest.json").open("ab") as stream:
        stream.write(b" " * manifest._MAX_BYTES)
    with pytest.raises(loading.PackageError, match=r"manifest\.json: файл больше 1"):
        loading.load(folder=copied)


def test_a_file_without_an_end_of_line_is_no_table(copied: Path) -> None:
    (copied / "clients.csv").write_bytes(b"x" * (1 << 17))
    said = (copied / "manifest.json").read_text()
    checksum = manifest.checksum(copied / "clients.csv")
    old = next(one for one in said.split('"clients": {')[1].split('"') if len(one) == 64)
    (copied / "manifest.json").write_text(said.replace(old, checksum))
    with pytest.raises(loading.PackageError, match=r"clients\.csv.*нет конца первой строки"):
        loading.load(folder=copied)


def test_a_line_without_an_end_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect, "LONGEST_VALUE", 100)
    stream = io.TextIOWrapper(io.BytesIO(b"a;b\n" + b"x" * 1000), encoding="utf-8", newline="")
    read = dialect.rows(stream, ";")
    assert next(read) == ["a", "b"]
    with pytest.raises(csv.Error, match="нет конца строки"):
        next(read)


def test_every_wrong_document_is_counted_though_few_are_held(
    copied: Path, spoil: Spoil, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "_REFUSED_AT_ONCE", 3)

    def empty(rows: Rows) -> None:
        for row in rows[:10]:
            row.update(content="{}", file="", file_sha256="")

    spoil("documents", empty)
    with pytest.raises(loading.PackageError, match=r"documents\.csv, строка 2"):
        loading.load(folder=copied)
    attempt = Import.objects.get()
    assert attempt.counts["documents"]["refused"] >= 10
    refused = attempt.refusals.filter(table="documents").values_list("row", flat=True)
    assert set(range(2, 12)) <= set(refused)


def test_a_mended_row_is_one_of_the_file(copied: Path) -> None:
    header, first = (copied / "clients.csv").read_text(encoding="utf-8").splitlines()[:2]
    (copied / "mended").mkdir()
    text = f"{header};причина\n{first};строка 5000: пусто\n"
    (copied / "mended" / "clients.csv").write_text(text, encoding="utf-8")
    with pytest.raises(loading.PackageError, match="исправлена строка 5000, а такой в файле нет"):
        loading.load(folder=copied)


def test_mended_rows_lie_beside_the_manifest_of_the_package(tmp_path: Path) -> None:
    source, target = tmp_path / "source.zip", tmp_path / "target.zip"
    with zipfile.ZipFile(source, "w") as archive:
        archive.writestr("november/manifest.json", "{}")
        archive.writestr("my-manifest.json", "{}")
    mending.add(source, target, {"clients": b"x"})
    with zipfile.ZipFile(target) as archive:
        assert "november/mended/1/clients.csv" in archive.namelist()
