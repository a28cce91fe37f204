"""One record, one line: whatever a person typed, the log cannot be made to lie."""

from __future__ import annotations

import logging
import sys

import pytest

from cabinet.logs import OneLineFormatter

FORGED = "x\n2026-11-23 INFO login ok\r\x1b[2K\x85\u2028y"


def written(*, message: str = "failed", fault: str = "", stack: str = "") -> list[str]:
    """The lines that a record makes, as the strictest reader of lines sees them."""
    info = None
    if fault:
        try:
            raise ValueError(fault)
        except ValueError:
            info = sys.exc_info()
    record = logging.LogRecord("portal", logging.ERROR, __file__, 1, message, None, info)
    record.stack_info = stack or None
    return OneLineFormatter("%(levelname)s %(message)s").format(record).splitlines()


def test_a_message_is_one_line() -> None:
    (line,) = written(message=FORGED)
    assert line == "ERROR x\\n2026-11-23 INFO login ok\\x0d\\x1b[2K\\x85\\x2028y"


@pytest.mark.parametrize("part", ["fault", "stack"])
def test_what_stands_below_a_record_is_indented(part: str) -> None:
    first, *below = written(**{part: FORGED})
    assert first == "ERROR failed"
    assert len(below) > 1
    assert all(line.startswith("    ") for line in below)
    assert below[-1] == "    2026-11-23 INFO login ok\\x0d\\x1b[2K\\x85\\x2028y"
