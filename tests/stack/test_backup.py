"""The drill of docs/security.md: a copy of the database and of the files is the portal again."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from accounts import journal
from accounts.models import User
from bin.stack import postgres
from contracts.models import Contract, Topic
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)

RESTORED = "restored_by_a_test"
TABLES = """
    SELECT relname FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""


def address(name: str) -> str:
    """Of a database of the tests' server, for Django and libpq alike."""
    server = connection.settings_dict
    port = f":{server['PORT']}" if server["PORT"] else ""
    host = quote(str(server["HOST"]), safe="") + port
    return f"postgresql://{server['USER']}:{server['PASSWORD']}@{host}/{name}"


def run(*command: str | Path) -> str:
    """What a command of the operator's says; Django's own work on the restored database."""
    done = subprocess.run(
        [str(word) for word in command],
        env={**os.environ, "DATABASE_URL": address(RESTORED)},
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def opened(name: str) -> psycopg.Connection:
    """A connection past Django."""
    return psycopg.connect(address(name), autocommit=True)


def counts(name: str) -> dict[str, int]:
    """How many rows each table has."""
    with opened(name) as line:
        tables = [table for (table,) in line.execute(TABLES)]
        asked = [sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(it)) for it in tables]
        return {
            table: line.execute(query).fetchone()[0]
            for table, query in zip(tables, asked, strict=True)
        }


@pytest.fixture
def empty() -> Iterator[None]:
    """A new database."""
    with opened("postgres") as line:
        line.execute(f"DROP DATABASE IF EXISTS {RESTORED}")
        line.execute(f"CREATE DATABASE {RESTORED}")
    yield
    with opened("postgres") as line:
        line.execute(f"DROP DATABASE {RESTORED} WITH (FORCE)")


def test_a_copy_is_the_portal_again(
    vega: User, vega_contract: Contract, topic: Topic, empty: None, tmp_path: Path
) -> None:
    make.attachment(make.message(vega_contract, vega, topic), "Акт.pdf")
    make.submission(vega_contract, vega)
    for _ in range(3):
        journal.record(journal.Action.LOGIN, user=vega)
    programs, own = postgres._find_binaries(None), str(connection.settings_dict["NAME"])

    # First the database, then the files: whatever a row names is on the disk before it.
    dump = tmp_path / "dump"
    run(programs / "pg_dump", "--format=custom", f"--file={dump}", address(own))
    shutil.copytree(settings.MEDIA_ROOT, tmp_path / "files")
    to = f"--dbname={address(RESTORED)}"
    run(programs / "pg_restore", "--no-owner", "--exit-on-error", to, dump)

    assert counts(RESTORED) == counts(own)
    run(sys.executable, "manage.py", "migrate", "--check")
    assert "Проверено звеньев: 3." in run(sys.executable, "manage.py", "check_journal")
    with opened(RESTORED) as line:
        with pytest.raises(psycopg.DatabaseError, match="only added"):
            line.execute("UPDATE accounts_journalentry SET subject = 'x'")
        files = line.execute("SELECT path, sha256 FROM messaging_attachment").fetchall()
    assert len(files) == 1
    for path, sha256 in files:
        assert hashlib.sha256((tmp_path / "files" / path).read_bytes()).hexdigest() == sha256
