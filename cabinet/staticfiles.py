"""The two files of Bootstrap that the portal serves, out of the hundreds its package brings."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.contrib.staticfiles.finders import BaseFinder
from django.contrib.staticfiles.utils import matches_patterns
from django.core.files.storage import FileSystemStorage

FOLDER = "vendor"
# The map stands here because the stylesheet names it: without it, collecting with hashed names
# stops. Browsers ask for it only when their developer tools are open. No script of Bootstrap is
# served: no page needs one.
FILES = ("bootstrap.min.css", "bootstrap.min.css.map")


def _package_folder() -> Path:
    spec = importlib.util.find_spec("bootstrap")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("django-bootstrap-static is not installed")
    return Path(spec.origin).parent / "static" / "bootstrap" / "css"


class BootstrapFinder(BaseFinder):
    """Finds `vendor/bootstrap.min.css` and its map; the licence lies in static/vendor/."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Opens the package's folder under the name `vendor`, read only."""
        self.storage = FileSystemStorage(location=str(_package_folder()))
        # collectstatic puts files of a storage with a prefix under that prefix.
        self.storage.prefix = FOLDER  # type: ignore[attr-defined]

    def check(self, **kwargs: Any) -> list[Any]:
        """Nothing can be configured, so nothing can be wrong."""
        return []

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """The absolute path of one of the files; an empty list for anything else."""
        folder, _, name = path.replace("\\", "/").rpartition("/")
        if folder != FOLDER or name not in FILES:
            return []
        found = self.storage.path(name)
        return [found] if find_all else found

    def list(
        self, ignore_patterns: Iterable[str] | None
    ) -> Iterator[tuple[str, FileSystemStorage]]:
        """The files for collectstatic, each with the storage that holds it."""
        patterns = [*(ignore_patterns or ())]
        for name in FILES:
            if not matches_patterns(f"{FOLDER}/{name}", patterns):
                yield name, self.storage
