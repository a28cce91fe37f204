"""Every pair of colours is far enough apart, in light and in dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
THEME = (ROOT / "static" / "css" / "theme.css").read_text()
OFFICE = (ROOT / "static" / "css" / "office.css").read_text()

TEXT, SIGN = 4.5, 3.0
PAIRS = [
    *[
        ("ink", ground, TEXT)
        for ground in (
            "bg",
            "tint",
            "raised",
            "field",
            "line",
            "warn-tint",
            "bad-tint",
            "info-tint",
            "ok-tint",
            "accent-tint",
        )
    ],
    *[
        ("ink-2", ground, TEXT)
        for ground in (
            "bg",
            "tint",
            "raised",
            "field",
            "accent-tint",
            "warn-tint",
            "bad-tint",
            "info-tint",
            "ok-tint",
        )
    ],
    *[
        ("accent", ground, TEXT)
        for ground in ("bg", "tint", "raised", "field", "accent-tint", "warn-tint", "bad-tint")
    ],
    ("accent-hover", "bg", TEXT),
    ("accent-hover", "tint", TEXT),
    ("on-accent", "accent", TEXT),
    ("on-accent", "accent-hover", TEXT),
    ("ok", "bg", TEXT),
    ("ok", "tint", TEXT),
    ("ok", "ok-tint", TEXT),
    ("warn", "bg", TEXT),
    ("warn", "warn-tint", TEXT),
    ("bad", "bg", TEXT),
    ("bad", "tint", TEXT),
    ("bad", "bad-tint", TEXT),
    ("bad", "field", TEXT),
    ("info", "info-tint", TEXT),
    ("on-brand", "brand", TEXT),
    ("on-brand-2", "brand", TEXT),
    ("control", "field", SIGN),
    ("control", "bg", SIGN),
    ("warn-line", "field", SIGN),
    ("ink", "spark", SIGN),
    ("bar-2", "bg", SIGN),
]
# The focus ring in the dark scheme is light on dark; its amber gap only helps it there.
LIGHT_ONLY = {("ink", "spark")}


def rules(css: str, selector: str) -> dict[str, str]:
    """The custom properties of the first rule with this selector."""
    body = css[css.index(selector) :]
    body = body[body.index("{") + 1 : body.index("}")]
    return dict(re.findall(r"--([a-z0-9-]+):\s*(#[0-9a-f]{6})\b", body))


LIGHT = {
    name.removeprefix("lk-"): value
    for name, value in rules(THEME, ':root, [data-bs-theme="light"]').items()
}
DARK = LIGHT | {
    name.removeprefix("lk-"): value
    for name, value in rules(THEME, '[data-bs-theme="dark"]').items()
}


def luminance(color: str) -> float:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_the_measure_itself():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_light(front, ground, least):
    assert contrast(LIGHT[front], LIGHT[ground]) >= least


@pytest.mark.parametrize(
    ("front", "ground", "least"), [pair for pair in PAIRS if pair[:2] not in LIGHT_ONLY]
)
def test_dark(front, ground, least):
    assert contrast(DARK[front], DARK[ground]) >= least


def test_the_dark_values_stand_twice_and_are_the_same():
    fixed = THEME[THEME.index('[data-bs-theme="dark"] {') :]
    fixed = fixed[: fixed.index("}")].split("{", 1)[1]
    system = THEME[THEME.index(":root:not([data-bs-theme]) {") :]
    system = system[: system.index("}")].split("{", 1)[1]
    tidy = lambda text: re.sub(r"\s+|/\*.*?\*/", "", text)  # noqa: E731
    assert tidy(fixed) == tidy(system)


# The office's pages -------------------------------------------------------------------------------

OFFICE_PAIRS = [
    ("body-fg", "body-bg"),
    ("body-fg", "darkened-bg"),
    ("body-fg", "selected-bg"),
    ("body-fg", "selected-row"),
    ("body-quiet-color", "body-bg"),
    ("body-quiet-color", "darkened-bg"),
    ("link-fg", "body-bg"),
    ("link-fg", "darkened-bg"),
    ("link-fg", "selected-bg"),
    ("breadcrumbs-fg", "breadcrumbs-bg"),
    ("breadcrumbs-link-fg", "breadcrumbs-bg"),
    ("header-link-color", "header-bg"),
    ("header-color", "header-bg"),
    ("button-fg", "button-bg"),
    ("button-fg", "default-button-bg"),
    ("button-fg", "button-hover-bg"),
    ("button-fg", "default-button-hover-bg"),
    ("button-fg", "close-button-bg"),
    ("button-fg", "delete-button-bg"),
    ("object-tools-fg", "object-tools-bg"),
    ("error-fg", "body-bg"),
    ("body-fg", "message-success-bg"),
    ("body-fg", "message-warning-bg"),
    ("body-fg", "message-error-bg"),
]
OFFICE_LIGHT = rules(OFFICE, 'html[data-theme="light"]')
OFFICE_DARK = OFFICE_LIGHT | rules(OFFICE, 'html[data-theme="dark"]')


@pytest.mark.parametrize(("front", "ground"), OFFICE_PAIRS)
@pytest.mark.parametrize("colors", [OFFICE_LIGHT, OFFICE_DARK], ids=["light", "dark"])
def test_office(colors, front, ground):
    assert contrast(colors[front], colors[ground]) >= TEXT
