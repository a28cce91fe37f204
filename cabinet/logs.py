"""Log lines that cannot be forged: one record, one line."""

from __future__ import annotations

import logging
import re
from typing import Any

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


class OneLineFormatter(logging.Formatter):
    """Escapes control characters in the message, so that typed text cannot start a false record.

    A traceback keeps its lines, each indented below its record: an exception's own words may hold
    line breaks too.
    """

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The record's line, control characters and line breaks written as escapes."""
        return _escaped(super().formatMessage(record).replace("\n", "\\n"))

    def formatException(self, ei: Any) -> str:
        """The traceback, indented."""
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        """The stack, indented."""
        return _indented(super().formatStack(stack_info))


def _indented(text: str) -> str:
    return "\n".join(f"    {_escaped(line)}" for line in text.split("\n"))


def _escaped(line: str) -> str:
    return _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", line)
