"""What the author of a letter wrote himself: without markup, and without the letter he answers."""

from __future__ import annotations

import html
import re

# So much of a web page is read: a longer one is nobody's letter.
HTML_MAX_CHARS = 1_000_000

_BLOCKS = frozenset(
    {
        "address", "article", "blockquote", "br", "center", "dd", "div", "dl", "dt",
        "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "ol",
        "p", "pre", "section", "table", "tr", "ul",
    }
)  # fmt: skip
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_SCRIPT = re.compile(
    r"<(script|style|title|template|noscript)\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.DOTALL | re.I
)
_TAG = re.compile(r"<(?:/?([a-z][a-z0-9]*+)|[!?])[^<>]*+>", re.I)

# Our own line, however a mail program has wrapped and quoted it.
_CUT_HERE = re.compile(r"(?m)^.*Пишите[\s>]+ответ[\s>]+выше[\s>]+этой[\s>]+строки")
_QUOTED = re.compile(r"^\s*>")
# «пн, 23 нояб. 2026 г. в 12:00, Личный кабинет <…> пишет:», perhaps on two lines.
_SAYS = re.compile(r"(?:пишет|писал|писала|написал|написала|написал\(а\)|wrote)\s*:\s*$", re.I)
_SAYS_BRIEFLY = re.compile(r"\d{1,2}:\d{2}.*<[^<>\s]+@[^<>\s]+>\s*:\s*$")
_ORIGINAL = re.compile(
    r"^[\s>]*-{2,}\s*(?:Исходное сообщение|Исходное письмо|Original Message)\s*-{2,}\s*$", re.I
)
_FORWARDED = re.compile(
    r"^[\s>]*-{2,}\s*(?:Пересылаемое сообщение|Пересланное сообщение|Forwarded message"
    r"|Начало переадресованного сообщения|Перенаправленное сообщение).*$",
    re.I,
)
_HEAD_FROM = re.compile(r"^[\s>*]*(?:От|От кого|From)\s*:", re.I)
_HEAD_REST = re.compile(
    r"^[\s>*]*(?:Отправлено|Дата|Sent|Date|Кому|To|Копия|Cc|Тема|Subject)\s*:", re.I
)
_HEAD_LINES = 6
_INTRODUCTION_MAX_CHARS = 300
_RULE = re.compile(r"^\s*[_\-]{5,}\s*$")


def from_html(page: str) -> str:
    """The words of a web page, a line for each block; nothing of its scripts and styles.

    Every step reads the page once. Python's own HTMLParser takes a minute for 75 KB of «<a <a <a»,
    and anybody can send that.
    """
    page = _SCRIPT.sub(" ", _COMMENT.sub(" ", page[:HTML_MAX_CHARS]))
    words = html.unescape(_TAG.sub(_end_of_line, re.sub(r"\s+", " ", page)))
    lines = (" ".join(line.split()) for line in words.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def own_words(text: str) -> str:
    """The text above the letter that is answered; what is forwarded is kept, signatures too."""
    found = _CUT_HERE.search(text)
    if found:
        above = _without_introduction(text[: found.start()].splitlines())
        return "\n".join(above).strip() or _between_quotes(text[found.start() :])
    lines = text.splitlines()
    end = next((number for number in range(len(lines)) if _begins_quote(lines, number)), None)
    if end is None:
        return "\n".join(_without_quoted(lines)).strip()
    above = _without_introduction(_without_quoted(lines[:end]))
    return "\n".join(above).strip() or _between_quotes("\n".join(lines[end:]))


def _end_of_line(tag: re.Match[str]) -> str:
    name = (tag.group(1) or "").lower()
    return "\n" if name in _BLOCKS else " " if name in ("td", "th") else ""


def _begins_quote(lines: list[str], number: int) -> bool:
    """Whether the letter that is answered begins in this line: its introduction, or its head."""
    line = lines[number]
    if _ORIGINAL.match(line):
        return True
    after = [later for later in lines[number + 1 : number + _HEAD_LINES] if later.strip()]
    if _HEAD_FROM.match(line):
        above = lines[max(0, number - _HEAD_LINES) : number]
        before = next((early for early in reversed(above) if early.strip()), "")
        is_head = sum(bool(_HEAD_REST.match(later)) for later in after) >= 2
        return is_head and not _FORWARDED.match(before)
    return _is_introduction(line) and bool(after) and bool(_QUOTED.match(after[0]))


def _is_introduction(line: str) -> bool:
    is_short = len(line) < _INTRODUCTION_MAX_CHARS
    return is_short and bool(_SAYS.search(line) or _SAYS_BRIEFLY.search(line))


def _without_introduction(lines: list[str]) -> list[str]:
    """Without what a mail program puts over the quoted letter, at the end of these lines."""
    lines = _without_blank_end(lines)
    tail = range(max(0, len(lines) - _HEAD_LINES - 4), len(lines))
    for number in tail:
        is_head = _HEAD_FROM.match(lines[number]) and any(
            _HEAD_REST.match(line) for line in lines[number + 1 :]
        )
        if is_head or _ORIGINAL.match(lines[number]):
            return _without_blank_end(lines[:number])
    if lines and _is_introduction(lines[-1]):
        lines = lines[:-1]
        # A long introduction is wrapped: «23.11.2026 12:00, Личный кабинет» / «<…> пишет:».
        if lines and re.search(r"\d{1,2}[:.]\d{2}", lines[-1]) and lines[-1].rstrip()[-1:] != ".":
            lines = lines[:-1]
    return _without_blank_end(lines)


def _without_blank_end(lines: list[str]) -> list[str]:
    end = len(lines)
    while end and (
        not lines[end - 1].strip() or _RULE.match(lines[end - 1]) or _QUOTED.match(lines[end - 1])
    ):
        end -= 1
    return lines[:end]


def _without_quoted(lines: list[str]) -> list[str]:
    """Without the quoted lines at both ends; those between are being answered."""
    start = 0
    while start < len(lines) and (not lines[start].strip() or _QUOTED.match(lines[start])):
        start += 1
    return _without_blank_end(lines[start:])


def _between_quotes(text: str) -> str:
    """What stands under or between lines that begin with «>»; nothing where none does."""
    lines = text.splitlines()
    last = max((number for number, line in enumerate(lines) if _QUOTED.match(line)), default=None)
    if last is None:
        return ""
    kept = [
        line
        for number, line in enumerate(lines)
        if number and not _QUOTED.match(line) and not _is_introduction(line)
    ]
    return "\n".join(kept).strip()
