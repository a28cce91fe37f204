"""Why a file is not taken, and what in it could run on the reader's computer."""

from __future__ import annotations

import re

# How much of a file's beginning tells what it is.
HEAD_BYTES = 8192

# Endings of what runs, or hides what runs. «com» is missing: it ends addresses of sites.
RUNNABLE = frozenset(
    {
        "apk", "application", "appref-ms", "bash", "bat", "chm", "class", "cmd", "cpl", "dex",
        "dll", "exe", "gadget", "hta", "htm", "html", "jar", "js", "jse", "lnk", "mht",
        "mhtml", "msc", "msi", "msp", "mst", "ocx", "php", "pif", "ps1", "psm1", "py", "reg", "scf",
        "scr", "sct", "settingcontent-ms", "sh", "svg", "svgz", "sys", "url", "vb", "vbe", "vbs",
        "vhd", "vhdx", "wsc", "wsf", "wsh", "xht", "xhtml", "xll", "xsl", "xslt",
    }
)  # fmt: skip

_BINARIES = (
    b"\x7fELF",
    b"\xca\xfe\xba\xbe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"L\x00\x00\x00\x01\x14\x02\x00",
    b"dex\n",
    b"#!",
)
# What may stand before the root of a page, then what makes it one.
_WEB_PAGE = re.compile(
    rb"(?:\s++|<\?xml[^>]*+>|<!--(?:(?!-->).)*+-->)*+<(?:!doctype\s+(?:html|svg)\b|\?php\b"
    rb"|(?:(?:[a-z]+:)?(?:html|svg|script)|body|iframe)[\s/>])",
    re.IGNORECASE | re.DOTALL,
)


class Unfit(Exception):
    """A file is not taken; `reason` and `advice` complete a sentence about it."""

    def __init__(self, reason: str, advice: str) -> None:
        """`reason`: what stands after «Файл … не принят:»; `advice`: a sentence, what to do."""
        super().__init__(f"{reason}. {advice}")
        self.reason = reason
        self.advice = advice


def damaged(kind: str) -> Unfit:
    """What is said of a file that does not open."""
    return Unfit(
        f"он не открывается как {kind}, возможно, повреждён или загрузился не целиком",
        "Откройте его у себя, сохраните заново и приложите ещё раз.",
    )


def is_program(head: bytes) -> bool:
    """Whether a file that begins like this would run."""
    return head.startswith(_BINARIES) or (head.startswith(b"MZ") and b"\0" in head)


def is_web_page(head: bytes) -> bool:
    """Whether a browser would take a file that begins like this for a page or a drawing."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        head = head.decode("utf-16", "replace").encode()
    return _WEB_PAGE.match(head.removeprefix(b"\xef\xbb\xbf")) is not None
