"""PDFs: WeasyPrint in one place.

WeasyPrint is imported on first use: it costs seconds and half of a web process's memory, and most
processes never make a PDF.

A template extends `pdf/base.html`; `static/pdf/pdf.css` (faces, page numbers, what papers have in
common) goes with every PDF, further sheets stand beside it and are linked by their names.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.template.loader import get_template, render_to_string

from cabinet import press

# Nobody waits longer for a page.
WAITED_SECONDS = 20.0
_CONTENT_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".ttf": "font/ttf"}


class ForeignResource(Exception):
    """A template asked for a file that is not the project's; nothing was fetched."""


def render(template: str, context: Mapping[str, Any]) -> bytes:
    """The PDF of a template: tagged (PDF/UA-1), with the portal's faces embedded.

    The same template and context give the same bytes.

    Raises:
        ForeignResource: the page refers to anything but the project's own PDF files, whatever
            stands in the data; there is no half-made PDF then.
    """
    return draw(_html(template, context))


def render_apart(
    template: str, context: Mapping[str, Any], *, seconds: float | None = WAITED_SECONDS
) -> bytes:
    """As `render`, drawn in a process of its own (cabinet/press); `seconds` None: `PDF_SECONDS`.

    Raises:
        press.NotMade: it takes more time or memory than it may.
    """
    made = press.make("cabinet.pdf:draw_packed", _html(template, context).encode(), seconds=seconds)
    return made.content


def draw_packed(page: bytes) -> bytes:
    """What `render_apart` packed as PDF; runs in the paper's own process."""
    return draw(page.decode())


def _html(template: str, context: Mapping[str, Any]) -> str:
    frame = {"retailer": settings.RETAILER, "site_url": settings.SITE_URL}
    return render_to_string(template, {**frame, **context})


def draw(html: str) -> bytes:
    """The PDF of a page that is written already; see `render`."""
    import weasyprint
    from weasyprint.text.fonts import FontConfiguration
    from weasyprint.urls import FatalURLFetchingError

    folder = Path(settings.BASE_DIR, "static", "pdf")
    fetcher, fonts = _project_files_only()(), FontConfiguration()
    try:
        content: bytes = weasyprint.HTML(
            string=html, base_url=f"{folder.as_uri()}/", url_fetcher=fetcher
        ).write_pdf(
            stylesheets=[
                weasyprint.CSS(filename=folder / "pdf.css", url_fetcher=fetcher, font_config=fonts)
            ],
            font_config=fonts,
            pdf_variant="pdf/ua-1",
            pdf_identifier=b"",
        )
    except FatalURLFetchingError as error:  # no Exception: it would end a worker
        raise ForeignResource(str(error)) from error
    if fetcher.refused:  # WeasyPrint swallows what happens inside a drawing
        raise ForeignResource(fetcher.refused[0])
    return content


def prepare(folder: str = "pdf") -> None:
    """Load what papers of the templates in `folder` need, without drawing any (cabinet/press)."""
    import weasyprint
    from fontTools import subset  # type: ignore[import-untyped]  # noqa: F401 - WeasyPrint cuts faces by it

    for path in sorted(Path(settings.BASE_DIR, "templates", folder).glob("*.html")):
        get_template(f"{folder}/{path.name}")
    weasyprint.HTML(string="<p>")


def _file_of(url: str) -> Path | None:
    """The file that a stylesheet or template may have under `url`; None for all others.

    `font:<file>` is a file of the font package, whose folder no stylesheet can know.
    """
    import fontpkg_pt_sans  # type: ignore[import-untyped]

    parts = urlsplit(url)
    if parts.scheme == "font":
        root = Path(fontpkg_pt_sans.__file__).resolve().parent / "files"
        path = root / unquote(parts.path)
    elif parts.scheme == "file" and not parts.netloc:
        root = Path(settings.BASE_DIR, "static", "pdf").resolve()
        path = Path(unquote(parts.path))
    else:
        return None
    path = path.resolve()
    return path if path.is_relative_to(root) and path.is_file() else None


@functools.cache
def _project_files_only() -> type[Any]:
    from weasyprint.urls import FatalURLFetchingError, URLFetcher, URLFetcherResponse

    class ProjectFilesOnly(URLFetcher):
        """Reads the project's PDF files and the fonts, and refuses everything else.

        It opens no connection, so nothing in the data can make the portal ask another server
        (SSRF) or read another file. One for each PDF: `refused` is what this one asked for.
        """

        def __init__(self) -> None:
            super().__init__(fail_on_errors=True)
            self.refused: list[str] = []

        def fetch(self, url: str, headers: Mapping[str, str] | None = None) -> URLFetcherResponse:
            path = _file_of(url)
            if path is None:
                self.refused.append(f"not a PDF file of the project: {url[:200]}")
                raise FatalURLFetchingError(self.refused[-1])
            content_type = _CONTENT_TYPES.get(path.suffix, "application/octet-stream")
            return URLFetcherResponse(
                url, body=path.read_bytes(), headers={"Content-Type": content_type}
            )

    return ProjectFilesOnly
