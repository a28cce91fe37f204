"""Uploads: a body that no form of the portal can need is refused before it is written anywhere.

The name of a file reaches the form as it was sent, for the form to judge; Django's own parser takes
control and direction-changing characters out of it without a word.
"""

from __future__ import annotations

import html
from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import MultiValueDict


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Writes files to temporary ones, unless the whole body is larger than `UPLOAD_MAX_BYTES`."""

    _is_parsing = False

    @property
    def max_bytes(self) -> int:
        """Bytes of the largest body; a page that takes larger files has a handler of its own."""
        return int(settings.UPLOAD_MAX_BYTES)

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> tuple[QueryDict, MultiValueDict[str, Any]] | None:
        """Refuse by the length that the browser states, else parse with names as they were sent.

        The parser that keeps the names asks every handler again: the second time Django's way is
        gone, with all its limits.

        Raises:
            RequestDataTooBig: answered with 413 (cabinet/errors.py).
        """
        if content_length > self.max_bytes:
            raise RequestDataTooBig(f"a body of {content_length} bytes")
        if self._is_parsing:
            return None
        self._is_parsing = True
        handlers = self.request.upload_handlers if self.request else [self]
        return _NamesKept(META, input_data, handlers, encoding).parse()

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Open a temporary file: its own name is no part of the sent one, which may be anything."""
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = TemporaryUploadedFile(
            "upload", self.content_type or "", 0, self.charset, self.content_type_extra
        )
        self.file.name = self.file_name


class _NamesKept(MultiPartParser):
    """Django's parser, but a name keeps the characters that cannot be seen."""

    def sanitize_file_name(self, file_name: str) -> str | None:
        """The name without folders; None when nothing is left of it."""
        name = html.unescape(file_name).rpartition("/")[2].rpartition("\\")[2]
        return None if name in {"", ".", ".."} else name
