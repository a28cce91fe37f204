"""What is wrong with a package, in words for the people who made it."""

from __future__ import annotations

import re
from typing import Self

import psycopg
from django.db import Error

# «COPY staging_readings, line 5, column value: "abc"», as PostgreSQL says where COPY stopped; lines
# of a trigger's function are counted too, but mean no row.
_COPY_CONTEXT = re.compile(r"COPY \w+, line (?P<row>\d+)(?:, column (?P<column>\w+))?")


class PackageError(Exception):
    """The package is not loaded. `file` is the file's name; `row` counts from its header, 1."""

    def __init__(self, reason: str, *, file: str = "", row: int | None = None) -> None:
        self.reason, self.file, self.row = reason, file, row
        place = f"{file}, строка {row}" if row else file
        super().__init__(f"{place}: {reason}" if place else reason)

    @classmethod
    def of_database(cls, error: Error | psycopg.Error, *, file: str) -> Self:
        """What PostgreSQL refused: a value that does not fit its column, or a broken constraint."""
        cause = error if isinstance(error, psycopg.Error) else error.__cause__
        if not isinstance(cause, psycopg.Error):
            return cls(str(error), file=file)
        context = _COPY_CONTEXT.search(cause.diag.context or "")
        words = cause.diag.message_primary or str(cause)
        if context is None:
            detail = cause.diag.message_detail
            return cls(f"{words} ({detail})" if detail else words, file=file)
        column = context["column"]
        reason = f"столбец «{column}»: {words}" if column else words
        return cls(reason, file=file, row=int(context["row"]))
