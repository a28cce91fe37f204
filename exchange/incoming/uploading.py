"""A package that comes through the browser: one file, larger than any other the portal takes."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from cabinet import archives, formats
from cabinet.uploads import LimitedUploadHandler

# In the private storage.
FOLDER = "packages"
# The form's other fields beside the file.
_REST_BYTES = 64 * 1024


class PackageUploadHandler(LimitedUploadHandler):
    """As for any other form, but as large as a package may be."""

    @property
    def max_bytes(self) -> int:
        """`PACKAGE_MAX_BYTES` and the rest of the form."""
        return int(settings.PACKAGE_MAX_BYTES) + _REST_BYTES

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Write beside the packages that are kept: /tmp is often memory, and small."""
        super().new_file(*args, **kwargs)
        folder = Path(settings.MEDIA_ROOT) / FOLDER / "incoming"
        folder.mkdir(parents=True, exist_ok=True)
        if self.file.file is not None:
            self.file.file.close()
        self.file.file = tempfile.NamedTemporaryFile(suffix=".upload", dir=folder)  # noqa: SIM115


class PackageForm(forms.Form):
    """The ZIP; what is inside is looked at by a worker."""

    file = forms.FileField(
        label="Пакет",
        help_text="Архив ZIP с описью manifest.json и таблицами CSV. Сначала пакет проверяется:"
        " пока вы не нажмёте «Загрузить», ничего не изменится.",
        error_messages={"required": "Выберите файл.", "empty": "Файл пустой."},
        widget=forms.ClearableFileInput(attrs={"accept": ".zip"}),
    )

    def clean_file(self) -> UploadedFile:
        """A ZIP by its content, of a size that is taken."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.PACKAGE_MAX_BYTES:
            limit = formats.file_size(settings.PACKAGE_MAX_BYTES)
            raise forms.ValidationError(
                f"Файл больше {limit}. Загрузите его командой load_package или через папку обмена."
            )
        try:
            archives.members(file, at_most=10**6)
        except archives.Damaged as error:
            raise forms.ValidationError(
                "Это не архив ZIP, или он повреждён. Упакуйте папку пакета в ZIP и загрузите снова."
            ) from error
        except archives.TooManyMembers as error:
            raise forms.ValidationError("В архиве слишком много файлов.") from error
        file.seek(0)
        return file
