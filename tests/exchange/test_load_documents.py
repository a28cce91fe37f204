"""Documents of a package: contents by their schemas, corrections, PDFs of billing's own."""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import timezone

from documents import given, tasks
from documents.models import Document, Kind
from exchange.demo import papers
from exchange.incoming import loading
from tests.exchange.conftest import Spoil, describe

pytestmark = pytest.mark.django_db

Rows = list[dict[str, Any]]


def refusal(folder: Path) -> str:
    with pytest.raises(loading.PackageError) as caught:
        loading.load(folder=folder)
    assert not Document.objects.exists()
    assert not stored_files()
    return str(caught.value)


def stored_files() -> list[Path]:
    return [file for file in Path(settings.MEDIA_ROOT).rglob("*") if file.is_file()]


def change(spoil: Spoil, kind: Kind, edit: Callable[[dict[str, Any]], None]) -> int:
    """Edit the content of the first document of a kind; its row in the file."""
    at: list[int] = []

    def in_rows(rows: Rows) -> None:
        at.append(next(n for n, row in enumerate(rows) if row["kind"] == kind))
        said = json.loads(rows[at[0]]["content"])
        edit(said)
        rows[at[0]]["content"] = json.dumps(said, ensure_ascii=False)

    spoil("documents", in_rows)
    return at[0] + 2


def set_line(name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    return lambda said: said["lines"][0].update({name: value})


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (
            lambda said: said["supplier"].pop("inn"),
            "поле «поставщик → ИНН» (supplier.inn): не заполнено",
        ),
        (set_line("colour", 1), "«строки → строка 1 → colour» (lines.0.colour): такого поля в"),
        (set_line("vat", "сто"), "«строки → строка 1 → сумма НДС» (lines.0.vat): не число"),
        (set_line("net", "1.234"), "(lines.0.net): больше 2 знаков после запятой"),
        (set_line("quantity", "NaN"), "(lines.0.quantity): не число"),
        (set_line("vat_rate", "двадцать"), "«строки → строка 1 → ставка НДС, %» (lines.0.vat_rate"),
        (lambda said: said.update(lines=[]), "поле «строки» (lines): список пуст"),
        (lambda said: said.update(lines=7), "поле «строки» (lines): не список"),
        (lambda said: said.update(total="1.00"), "«итого с НДС» не равно сумме строк"),
        (
            lambda said: said["shipment"].update(date="31.10.2026"),
            "«документ об отгрузке → дата» (shipment.date): не дата вида 2026-10-31",
        ),
    ],
)
def test_a_content_that_is_not_of_its_kind_is_named(
    edit: Callable[[dict[str, Any]], None], words: str, copied: Path, spoil: Spoil
) -> None:
    row = change(spoil, Kind.VAT_INVOICE, edit)
    message = refusal(copied)
    assert message.startswith(f"documents.csv, строка {row}: столбец «content»: ")
    assert words in message
    assert "код «vega-1-vat_invoice-" in message


def test_the_rate_of_last_year_is_noticed(copied: Path, spoil: Spoil) -> None:
    """VAT of 20 % under the name of 22 %: the mistake of January 2026."""

    def edit(said: dict[str, Any]) -> None:
        said["lines"][0]["vat_rate"] += 2

    change(spoil, Kind.FINAL_BILL, edit)
    assert "сумма НДС не по ставке" in refusal(copied)


def test_the_sum_of_the_list_is_that_of_the_content(copied: Path, spoil: Spoil) -> None:
    spoil("documents", lambda rows: rows[0].update(amount="1.00"))
    assert "сумма (amount) 1.00 не равна сумме в содержании" in refusal(copied)


def test_a_document_of_another_kind_is_refused(copied: Path, spoil: Spoil) -> None:
    spoil("documents", lambda rows: rows[0].update(kind="restriction_notice"))
    assert refusal(copied).startswith("documents.csv, строка 2: столбец «content»: поле «")


def test_long_contents_pass_through(copied: Path, spoil: Spoil) -> None:
    """A value longer than Python's reader takes by itself."""

    def edit(said: dict[str, Any]) -> None:
        said["paragraphs"] = ["Слово " * 50_000]

    change(spoil, Kind.OTHER, edit)
    loading.load(folder=copied)
    longest = Document.objects.filter(kind=Kind.OTHER).order_by("pk").first()
    assert len(longest.content["paragraphs"][0]) == 300_000


def test_other_needs_a_title(copied: Path, spoil: Spoil) -> None:
    def edit(rows: Rows) -> None:
        next(row for row in rows if row["kind"] == Kind.OTHER).update(title="")

    spoil("documents", edit)
    assert "нет названия (title), код «vega-1-other-" in refusal(copied)


# Published once ----------------------------------------------------------------------------------


def test_a_published_document_is_never_changed(loaded: object, copied: Path, spoil: Spoil) -> None:
    spoil("documents", lambda rows: rows[0].update(number="другой"))
    with pytest.raises(loading.PackageError, match=r"documents.csv, строка 2: эта запись уже"):
        loading.load(folder=copied)
    assert not Document.objects.filter(number="другой").exists()


def test_one_that_is_still_to_be_published_may_be_stated_anew(copied: Path, spoil: Spoil) -> None:
    tomorrow = (timezone.now() + datetime.timedelta(days=1)).isoformat()
    spoil("documents", lambda rows: rows[0].update(published_at=tomorrow))
    loading.load(folder=copied)
    spoil("documents", lambda rows: rows[0].update(number="другой"))
    assert loading.load(folder=copied)["documents"].changed == 1
    assert Document.objects.filter(number="другой").count() == 1


# Corrections -------------------------------------------------------------------------------------


def corrected_row(rows: Rows) -> dict[str, Any]:
    return next(row for row in rows if row["corrects"])


def test_a_correction_may_stand_before_what_it_corrects(copied: Path, spoil: Spoil) -> None:
    spoil("documents", lambda rows: rows.reverse())
    counts = loading.load(folder=copied)["documents"]
    assert counts.unchanged == counts.changed == 0
    correction = Document.objects.get(corrects__isnull=False)
    assert correction.corrects.external_id == "vega-1-transfer_act-2026-08"
    assert loading.load(folder=copied)["documents"].unchanged == counts.new


def test_a_chain_of_corrections(copied: Path, spoil: Spoil) -> None:
    def edit(rows: Rows) -> None:
        first = corrected_row(rows)
        rows.insert(0, {**first, "external_id": "second", "corrects": first["external_id"]})

    spoil("documents", edit)
    loading.load(folder=copied)
    second = Document.objects.get(external_id="second")
    assert second.corrects.corrects.corrects is None


@pytest.mark.parametrize(
    ("corrects", "words"),
    [
        ("нет такого", "столбец «corrects»: нет такого кода «нет такого»"),
        ("vega-1-transfer_act-2026-08-1", "столбец «corrects»: нет такого кода"),
        ("vega-2-transfer_act-2026-08", "исправляет документ другого договора, код «vega-1-"),
    ],
    ids=["unknown", "itself", "foreign"],
)
def test_a_wrong_correction_is_named(corrects: str, words: str, copied: Path, spoil: Spoil) -> None:
    spoil("documents", lambda rows: corrected_row(rows).update(corrects=corrects))
    message = refusal(copied)
    assert message.startswith("documents.csv, строка ")
    assert words in message


def test_a_foreign_document_of_an_earlier_package(
    loaded: object, copied: Path, spoil: Spoil
) -> None:
    def edit(rows: Rows) -> None:
        row = corrected_row(rows)
        row.update(external_id="new", corrects="orion-1-transfer_act-2026-08")

    spoil("documents", edit)
    with pytest.raises(loading.PackageError, match="исправляет документ другого договора"):
        loading.load(folder=copied)


# Files -------------------------------------------------------------------------------------------


def given_row(rows: Rows) -> dict[str, Any]:
    return next(row for row in rows if row["file"])


def test_a_given_pdf_is_kept_as_it_came(copied: Path) -> None:
    loading.load(folder=copied)
    document = Document.objects.exclude(file_sha256="").get()
    content = default_storage.open(document.path).read()
    assert content == papers.PROTOCOL.read_bytes()
    assert document.size == len(content)
    assert document.sha256 == document.file_sha256 == hashlib.sha256(content).hexdigest()
    assert not Document.objects.unrendered().filter(pk=document.pk).exists()
    assert [str(file.relative_to(settings.MEDIA_ROOT)) for file in stored_files()] == [
        document.path
    ]
    loading.load(folder=copied)
    assert len(stored_files()) == 1, "the same package again copies nothing"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "SHA-256 не совпадает с указанной"),
        (b"<html>%PDF-1.7</html>", "это не PDF"),
        (b"%PDF-1.7\nnothing more", "PDF повреждён и не открывается"),
        (None, "такого файла в пакете нет"),
    ],
)
def test_a_file_that_is_no_pdf_is_named(
    content: bytes | None, words: str, copied: Path, spoil: Spoil
) -> None:
    path = copied / papers.PROTOCOL.name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    if content:
        sha256 = hashlib.sha256(content).hexdigest()
        spoil("documents", lambda rows: given_row(rows).update(file_sha256=sha256))
    message = refusal(copied)
    assert message.startswith("documents.csv, строка ")
    assert message.endswith(f": файл «protocol.pdf»: {words}")


def test_a_file_that_is_too_large(copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given, "MAX_BYTES", 1000)
    assert "байт, можно не больше 1000" in refusal(copied)


@pytest.mark.parametrize("name", ["../protocol.pdf", "/etc/passwd", ".", "x" * 5000, "link.pdf"])
def test_nothing_outside_the_package_is_read(name: str, copied: Path, spoil: Spoil) -> None:
    outside = copied.parent / "protocol.pdf"
    outside.write_bytes(papers.PROTOCOL.read_bytes())
    (copied / "link.pdf").symlink_to(outside)
    spoil("documents", lambda rows: given_row(rows).update(file=name))
    assert "такого файла в пакете нет" in refusal(copied)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"file": ""}, "имя файла (file) и его SHA-256 (file_sha256) даются вместе"),
        ({"file_sha256": ""}, "имя файла (file) и его SHA-256 (file_sha256) даются вместе"),
        ({"file_sha256": "F" * 64}, "file_sha256 — не 64 шестнадцатеричные цифры"),
    ],
)
def test_a_file_comes_with_its_checksum(
    changed: dict[str, str], words: str, copied: Path, spoil: Spoil
) -> None:
    spoil("documents", lambda rows: given_row(rows).update(changed))
    assert words in refusal(copied)


def test_a_document_with_a_file_needs_no_content(copied: Path, spoil: Spoil) -> None:
    spoil("documents", lambda rows: given_row(rows).update(content="{}"))
    loading.load(folder=copied)
    assert Document.objects.exclude(path="").get().content == {}


def test_a_notice_needs_its_content_also_beside_a_file(copied: Path, spoil: Spoil) -> None:
    def empty(rows: Rows) -> None:
        row = next(row for row in rows if row["kind"] == Kind.RESTRICTION_NOTICE)
        given = given_row(rows)
        row.update(content="{}", file=given["file"], file_sha256=given["file_sha256"])

    spoil("documents", empty)
    assert "столбец «content»" in refusal(copied)


def test_files_of_a_refused_package_go_again(copied: Path, spoil: Spoil) -> None:
    """The next table is wrong: what was copied before must not stay."""
    spoil("balances", lambda rows: rows[0].update(contract="нет"))
    assert refusal(copied).startswith("balances.csv, строка 2")


def test_a_package_without_the_new_columns_is_taken(copied: Path, spoil: Spoil) -> None:
    def edit(rows: Rows) -> None:
        rows[:] = [row for row in rows if not row["file"]]

    spoil("documents", edit)
    path = copied / "documents.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    header = lines[0].split(";")
    assert header[-2:] == ["file_sha256", "file"]
    text = "".join(line.removesuffix(";;") + "\n" for line in lines[1:])
    path.write_text(";".join(header[:-2]) + "\n" + text, encoding="utf-8")
    describe(copied)
    loading.load(folder=copied)
    assert set(Document.objects.values_list("file_sha256", flat=True)) == {""}


def test_given_files_of_no_document_are_swept_after_a_day(copied: Path) -> None:
    loading.load(folder=copied)
    (owned,) = stored_files()
    lost = owned.with_name("lost.pdf")
    lost.write_bytes(b"%PDF")
    two_days_ago = time.time() - 2 * 86_400
    for path in (owned, lost):
        os.utime(path, (two_days_ago, two_days_ago))
    tasks.sweep_orphans()
    assert stored_files() == [owned]
