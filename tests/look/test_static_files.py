"""What the portal serves itself: Bootstrap's stylesheet, the typeface, the icons."""

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders, storage
from django.core.management import call_command
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

from cabinet import icons
from cabinet.staticfiles import FILES, BootstrapFinder

ROOT = Path(__file__).resolve().parents[2]
FONTS = sorted((ROOT / "static" / "fonts").glob("*.woff2"))


@pytest.mark.parametrize("name", FILES)
def test_bootstrap_is_found(name):
    found = finders.find(f"vendor/{name}")
    assert found is not None
    assert Path(found).stat().st_size > 100_000


@pytest.mark.parametrize(
    "path",
    [
        "vendor/bootstrap.css",
        "bootstrap.min.css",
        "vendor/../bootstrap.min.css",
        "vendor/",
        "",
        "bootstrap/js/bootstrap.min.js",
    ],
)
def test_nothing_else_of_the_package_is_found(path):
    assert BootstrapFinder().find(path) == []


def test_find_all_gives_a_list():
    assert len(BootstrapFinder().find("vendor/bootstrap.min.css", find_all=True)) == 1


def test_collecting_with_hashed_names_works(settings, tmp_path):
    """Every file that a stylesheet names exists, or collecting stops."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"},
    }
    call_command("collectstatic", interactive=False, verbosity=0)
    hashed = storage.ManifestStaticFilesStorage().stored_name("css/fonts.css")
    assert re.search(r"kabinet-sans-400\.[0-9a-f]{12}\.woff2", (tmp_path / hashed).read_text())
    assert (tmp_path / "vendor" / "bootstrap.min.css").is_file()


def test_licences_stand_beside_what_they_license():
    static = ROOT / "static"
    assert "SIL OPEN FONT LICENSE" in (static / "fonts" / "OFL.txt").read_text()
    for name in ("bootstrap", "bootstrap-icons"):
        assert "MIT License" in (static / "vendor" / f"LICENSE-{name}.txt").read_text()


@pytest.mark.parametrize("path", FONTS, ids=lambda path: path.stem)
def test_the_typeface_has_every_sign_of_the_pages(path):
    font = TTFont(path)
    has = font.getBestCmap()
    wanted = "AZaz09АЯаяЁё«»„“—–−·№₽%→←…\u00a0\u2009\u202f"
    assert [sign for sign in wanted if ord(sign) not in has] == []
    assert font["OS/2"].usWeightClass == int(path.stem.rsplit("-", 1)[1])


@pytest.mark.parametrize("path", FONTS, ids=lambda path: path.stem)
def test_the_typeface_does_not_carry_the_reserved_name(path):
    """OFL: a modified version may not be called «Plex»; the trademark notice (7) stays."""
    names = TTFont(path)["name"].names
    assert not [
        name for name in names if "Plex" in name.toUnicode() and name.nameID not in {0, 7, 13, 14}
    ]


def test_digits_are_of_one_width():
    font = TTFont(FONTS[0])
    glyphs = font.getBestCmap()
    assert len({font["hmtx"][glyphs[ord(digit)]][0] for digit in "0123456789"}) == 1


def test_icons_are_inline_and_silent():
    for name, svg in icons.all_icons().items():
        assert svg.startswith(
            '<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path'
        ), name


def test_every_icon_is_on_some_page():
    pages = [*(ROOT / "templates").rglob("*.html"), ROOT / "cabinet" / "icons.py"]
    pages.append(ROOT / "meters" / "markup.py")
    text = "".join(path.read_text() for path in pages)
    assert [name for name in icons.all_icons() if f'"{name}"' not in text] == []


def test_an_unknown_icon_is_an_error():
    with pytest.raises(KeyError):
        icons.icon("no-such-icon")


@pytest.mark.parametrize(
    ("file_name", "icon_name"),
    [
        ("Акт.PDF", "file-earmark-pdf"),
        ("табло.jpg", "file-earmark-image"),
        ("Счёт", "file-earmark"),
        ("a.b.xlsx", "file-earmark-spreadsheet"),
    ],
)
def test_icons_of_files(file_name, icon_name):
    assert icons.file_icon(file_name) == icons.icon(icon_name)
