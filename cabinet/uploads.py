"""Uploads: a body that no form of the portal can need is refused before it is written anywhere."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import TemporaryFileUploadHandler


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """Writes files to temporary ones, unless the whole body is larger than `UPLOAD_MAX_BYTES`."""

    def handle_raw_input(
        self,
        input_data: Any,
        META: dict[str, str],
        content_length: int,
        boundary: str,
        encoding: str | None = None,
    ) -> None:
        """Refuse by the length that the browser states; a body beyond it is not read.

        Raises:
            RequestDataTooBig: answered with 413 (cabinet/errors.py).
        """
        if content_length > settings.UPLOAD_MAX_BYTES:
            raise RequestDataTooBig(f"a body of {content_length} bytes")
