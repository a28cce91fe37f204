"""Log lines that cannot be forged: one record, one line, in UTC, with the request's number."""

from __future__ import annotations

import logging
import re
import time
from contextvars import ContextVar
from typing import Any

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")

# The number of the request that is being answered (cabinet/middleware.py): it joins lines of the
# log with entries of the journal. Empty in workers and commands.
request_id: ContextVar[str] = ContextVar("request_id", default="")


class OneLineFormatter(logging.Formatter):
    """Escapes control characters in the message, so that typed text cannot start a false record.

    A traceback keeps its lines, each indented below its record: an exception's own words may hold
    line breaks too. Moments are in UTC; `%(request_id)s` is the request's number or «-».
    """

    converter = staticmethod(time.gmtime)
    default_msec_format = "%s.%03dZ"

    def format(self, record: logging.LogRecord) -> str:
        """The record with the number of its request."""
        record.request_id = request_id.get() or "-"
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The record's line, control characters and line breaks written as escapes."""
        return escaped(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:
        """The traceback, indented."""
        return _indented(super().formatException(ei))

    def formatStack(self, stack_info: str) -> str:
        """The stack, indented."""
        return _indented(super().formatStack(stack_info))


def escaped(text: str) -> str:
    """One line: line breaks and control characters written as escapes."""
    return _without_control(text.replace("\n", "\\n"))


def _indented(text: str) -> str:
    return "\n".join(f"    {_without_control(line)}" for line in text.split("\n"))


def _without_control(line: str) -> str:
    return _CONTROL.sub(lambda match: f"\\x{ord(match.group()):02x}", line)
