"""A package may be a ZIP, in another encoding, with another separator, commas and Russian dates."""

from __future__ import annotations

import csv
import datetime
import io
import json
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import Settings

from accounts.models import Client
from billing.models import Balance, LedgerEntry
from contracts.models import Branch
from documents.models import Document
from exchange.incoming import dialect, loading, manifest, package
from exchange.incoming.tables import TABLES
from meters.models import Reading
from tests.exchange.conftest import TODAY, stated

pytestmark = pytest.mark.django_db


def rewritten(
    folder: Path,
    *,
    encoding: str = "utf-8",
    separator: str = ";",
    cell: Callable[[str, str], str] = lambda column, text: text,
) -> Path:
    """The package in `folder`, each file written anew; the manifest made to agree."""
    counts = {}
    for table in TABLES:
        path = folder / table.file_name
        with path.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.reader(stream, delimiter=";"))
        header, *body = rows
        counts[table.name] = len(body)
        buffer = io.StringIO()
        writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n")
        writer.writerow(header)
        for row in body:
            writer.writerow([cell(name, text) for name, text in zip(header, row, strict=True)])
        # cp866 has neither «₽» nor the quotation marks: they become question marks.
        path.write_bytes(buffer.getvalue().encode(encoding, "replace"))
    said = stated(folder)
    manifest.write(folder, day=TODAY, as_of=said.as_of, rows=counts)
    return folder


def in_russian(column: str, text: str) -> str:
    """Sums with a comma and days as 23.11.2026."""
    if column in ("amount", "value", "max_power_kw", "base_amount", "share_percent"):
        return text.replace(".", ",")
    if (column.endswith("_on") or column == "period") and text:
        year, month, day = text.split("-")
        return f"{day}.{month}.{year}"
    return text


@pytest.mark.parametrize(
    ("encoding", "separator"), [("utf-8-sig", "\t"), ("cp1251", ","), ("cp866", "\t")]
)
def test_encodings_and_separators(copied: Path, encoding: str, separator: str) -> None:
    rewritten(copied, encoding=encoding, separator=separator)
    loading.load(folder=copied)
    assert Branch.objects.get(external_id="brod").city == "пгт Северный Брод"
    assert LedgerEntry.objects.count() == stated(copied).tables["ledger"].rows
    with package.opened(copied) as opened:
        table = next(table for table in TABLES if table.name == "branches")
        how = dialect.of_file(opened, table, stated(copied))
    assert (how.encoding, how.separator) == (encoding.removesuffix("-sig"), separator)


def test_commas_and_russian_days(loaded: dict[str, loading.Counts], copied: Path) -> None:
    counts = loading.load(folder=rewritten(copied, cell=in_russian))
    for name, count in counts.items():
        assert (count.new, count.changed, count.unchanged) == (0, 0, loaded[name].new), name


def test_a_comma_far_down_is_found_as_well(copied: Path) -> None:
    path = copied / "ledger.csv"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert len(lines) > dialect._LOOKED_AT_ROWS + 10
    header = lines[0].rstrip("\n").split(";")
    cells = lines[-1].rstrip("\n").split(";")
    at = header.index("amount")
    cells[at] = cells[at].replace(".", ",")
    path.write_text("".join(lines[:-1]) + ";".join(cells) + "\n", encoding="utf-8")
    counts = {table.name: stated(copied).tables[table.name].rows for table in TABLES}
    manifest.write(copied, day=TODAY, as_of=stated(copied).as_of, rows=counts)
    loading.load(folder=copied)
    assert LedgerEntry.objects.count() == counts["ledger"]


def test_a_declared_encoding_is_believed(copied: Path) -> None:
    """Three capital letters would be told from no other three."""
    rewritten(copied, encoding="cp866")
    path = copied / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "encoding": "cp866"}))
    loading.load(folder=copied)
    assert Branch.objects.get(external_id="brod").city == "пгт Северный Брод"


def test_an_encoding_that_nobody_knows(copied: Path) -> None:
    path = copied / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "encoding": "koi8-r"}))
    with pytest.raises(loading.PackageError, match="encoding"):
        loading.load(folder=copied)


# ZIP ---------------------------------------------------------------------------------------------


def zipped(folder: Path, *, inside: str = "") -> Path:
    path = folder.parent / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in folder.iterdir():
            archive.write(file, f"{inside}{file.name}")
    return path


@pytest.mark.parametrize("inside", ["", "november/"])
def test_a_zip_is_read_as_it_is(copied: Path, inside: str) -> None:
    counts = loading.load(folder=zipped(copied, inside=inside))
    assert counts["clients"].new == 3
    assert Document.objects.exclude(file_sha256="").get().path
    assert [one.name for one in copied.parent.iterdir() if one.is_dir()] == ["copied", "media"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("../manifest.json", "ведёт наружу"),
        ("/etc/manifest.json", "ведёт наружу"),
        ("a\\..\\b.csv", "ведёт наружу"),
    ],
)
def test_a_name_that_leads_out(tmp_path: Path, name: str, words: str) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(name, "{}")
    with pytest.raises(loading.PackageError, match=words):
        loading.load(folder=path)


def test_a_link_inside(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("manifest.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(loading.PackageError, match="ссылка, а не файл"):
        loading.load(folder=path)


def test_a_bomb(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ledger.csv", b"0" * 20_000_000)
    with pytest.raises(loading.PackageError, match="подозрительно сжат"):
        loading.load(folder=path)


def test_no_archive_at_all(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    path.write_bytes(b"not a zip")
    with pytest.raises(loading.PackageError, match="не архив ZIP"):
        loading.load(folder=path)


def test_a_damaged_member(copied: Path) -> None:
    path = zipped(copied)
    with zipfile.ZipFile(path) as archive:
        at = archive.getinfo("ledger.csv").header_offset + 2_000
    content = bytearray(path.read_bytes())
    content[at : at + 50] = b"\0" * 50
    path.write_bytes(content)
    with pytest.raises(loading.PackageError, match=r"повреждён|контрольная сумма"):
        loading.load(folder=path)


def test_both_kinds_give_the_same(copied: Path) -> None:
    with package.opened(copied) as folder, package.opened(zipped(copied)) as archive:
        for table in TABLES:
            read = [one.read(table.file_name, at_most=1 << 30) for one in (folder, archive)]
            assert read[0] == read[1]
            assert folder.size(table.file_name) == archive.size(table.file_name)


def test_the_example_of_the_format_loads_as_it_is(settings: Settings) -> None:
    folder = settings.BASE_DIR / "docs" / "example-package"
    counts = loading.load(folder=folder)
    assert counts["ledger"].new == 2
    assert Client.objects.get().short_name == "ООО «Пример»"
    assert Reading.objects.get(external_id="RD-1").value == Decimal("12345.6")
    assert Balance.objects.get().amount == Decimal("3040.00")
    as_of = datetime.datetime(2026, 11, 23, 3, tzinfo=datetime.UTC)
    assert Balance.objects.get().as_of == as_of, "a moment without an offset is the retailer's"
