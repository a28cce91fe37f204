"""What lies on the disk beside the servers' own data: sockets and secrets."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from bin.stack import console

# For what must be reachable by PostgreSQL's user although our folder is not (root's home).
SHARED_ROOT = Path("/var/tmp")  # noqa: S108 - each folder there is checked for its owner


def make_socket_folder(folder: Path) -> Path:
    """A new folder for unix sockets, whose path may have 107 bytes at most; the old one goes away.

    The link `sockets` remembers it, so that a killed run leaves nothing behind for long.
    """
    remove_socket_folder(folder)
    # PostgreSQL's user passes through it: enter, but not list.
    sockets = Path(tempfile.mkdtemp(prefix="cabinet-", dir="/tmp"))
    sockets.chmod(0o711)
    (folder / "sockets").symlink_to(sockets)
    return sockets


def remove_socket_folder(folder: Path) -> None:
    """Remove the folder of the last run, if there is one."""
    link = folder / "sockets"
    with contextlib.suppress(OSError):
        shutil.rmtree(link.readlink(), ignore_errors=True)
    link.unlink(missing_ok=True)


def read_or_make_secret(path: Path) -> str:
    """A random text, made once, that only its owner may read."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_text()
    secret = secrets.token_urlsafe(50)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(secret)
    draft.rename(path)
    return secret


def make_shared_folder(name: str, *, fill: Callable[[Path], None] = lambda folder: None) -> Path:
    """A folder of ours in a place where anybody may have put one of the same name.

    `fill` writes what a new one holds; the folder gets its name only when it is whole.
    """
    folder = SHARED_ROOT / name
    if not folder.exists():
        draft = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=SHARED_ROOT))
        draft.chmod(0o755)
        fill(draft)
        try:
            draft.rename(folder)
        except OSError:  # another run was faster
            shutil.rmtree(draft)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise console.StackError(f"Папка {folder} принадлежит другому пользователю: удалите её")
    return folder
