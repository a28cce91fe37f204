"""What an office document may not hold, by its own list of parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException, ElementTree

from cabinet.opening.unfit import Unfit, damaged

CONTENT_TYPES = "[content_types].xml"
MIME_TYPE = "mimetype"
MANIFEST = "meta-inf/manifest.xml"
# The parts that say what the document is; they are small.
NOTES = frozenset({CONTENT_TYPES, MIME_TYPE, MANIFEST})

_ODF = "application/vnd.oasis.opendocument."
_ODF_KINDS = {"ODS": f"{_ODF}spreadsheet", "ODT": f"{_ODF}text"}
_OOXML = "application/vnd.openxmlformats-officedocument."
_OOXML_KINDS = {
    "XLSX": f"{_OOXML}spreadsheetml.sheet.main+xml",
    "DOCX": f"{_OOXML}wordprocessingml.document.main+xml",
}

_MACRO_NAMES = frozenset({"vbaproject.bin", "vbadata.xml", "vbaprojectsignature.bin"})
_MACRO_FOLDERS = frozenset({"macrosheets", "activex"})
_MACRO_TYPES = ("macroenabled", "vbaproject", "vbadata", "macrosheet", "activex")
_ODF_MACRO_FOLDERS = ("basic/", "scripts/")


def macros(reason: str = "в нём есть макросы") -> Unfit:
    """What is said of macros."""
    return Unfit(reason, "Сохраните документ без макросов и приложите ещё раз.")


def check(kind: str, names: Iterable[str], notes: Mapping[str, bytes]) -> None:
    """Look at the parts of an opened archive; `names` and the keys of `notes` in lower case.

    A document that lies inside an archive is looked at too, whatever its ending.

    Raises:
        Unfit: macros, a password, or not the kind of document that the ending says.
    """
    names = set(names)
    if any(name.rpartition("/")[2] in _MACRO_NAMES for name in names):
        raise macros()
    if CONTENT_TYPES in notes:
        _check_ooxml(kind, names, notes[CONTENT_TYPES])
    elif kind in _OOXML_KINDS:
        raise _other_kind(kind)
    odf = notes.get(MIME_TYPE, b"").decode("ascii", "replace").strip()
    if kind in _ODF_KINDS and odf != _ODF_KINDS[kind]:
        raise _other_kind(kind)
    if odf.startswith(_ODF):
        _check_odf(kind, names, notes.get(MANIFEST))


def _check_ooxml(kind: str, names: set[str], content: bytes) -> None:
    types = _attributes(kind, content)
    said = " ".join(value for element in types for value in element.values()).lower()
    in_folders = any(_MACRO_FOLDERS.intersection(name.split("/")[:-1]) for name in names)
    if in_folders or any(word in said for word in _MACRO_TYPES):
        raise macros()
    if main := _OOXML_KINDS.get(kind):
        parts = {one.get("PartName", "") for one in types if one.get("ContentType") == main}
        if not any(part.lstrip("/").lower() in names for part in parts):
            raise _other_kind(kind)


def _check_odf(kind: str, names: set[str], manifest: bytes | None) -> None:
    if any(name.startswith(_ODF_MACRO_FOLDERS) for name in names):
        raise macros()
    if manifest is not None and b"encryption-data" in manifest:
        raise Unfit("он защищён паролем", "Снимите защиту и приложите файл ещё раз.")
    if kind in _ODF_KINDS and "content.xml" not in names:
        raise damaged(kind)


def _attributes(kind: str, content: bytes) -> list[dict[str, str]]:
    """The attributes of every element of a part."""
    try:
        root = ElementTree.fromstring(content, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise damaged(kind) from error
    return [element.attrib for element in root.iter()]


def _other_kind(kind: str) -> Unfit:
    return Unfit(
        f"это не документ {kind}, хотя имя говорит, что это он",
        f"Сохраните документ в {kind} и приложите ещё раз.",
    )
