"""What the chain of the journal costs, and how long the journal is looked for and checked.

    python -m bench.journal                      about three minutes
    python -m bench.journal --rows 1000000       a longer journal to look in

Entries are committed one by one by several connections at once, each commit on the disk as in an
installation; with and without the chain in turns, so that the ratio holds on any machine. Then the
journal is filled by one statement, each filter of the workplace is asked, and the chain is checked.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psycopg

from bin.stack import console, folders, postgres
from bin.stack.processes import ROOT, Supervisor

ROUNDS, WRITERS, ENTRIES = 7, 8, 60

_INSERT = (
    "INSERT INTO accounts_journalentry"
    " (action, login, subject, user_agent, details, ip, request_id)"
    " SELECT 'file_opened', 'bench', 'Счёт № 17 (договор № 35-01-004217)', 'Mozilla/5.0',"
    " '{\"sha256\": \"0\"}', '203.0.113.7', 'b' FROM generate_series(1, %s)"
)
_FILL = (
    "INSERT INTO accounts_journalentry"
    " (at, action, user_id, client_id, login, subject, user_agent, details, ip, request_id)"
    " SELECT now() - n * interval '3 seconds', (array['login', 'file_opened', 'office_viewed',"
    " 'row_changed'])[1 + n %% 4], u.id, c.id, 'bench', 'Счёт № ' || n, 'Mozilla/5.0', '{}',"
    " ('10.' || n %% 200 || '.' || n %% 250 || '.7')::inet, md5(n::text)"
    " FROM generate_series(1, %(rows)s) s(n)"
    " JOIN bench_user u ON u.k = n %% 1000 JOIN bench_client c ON c.k = n %% 1000"
)
_QUERY = "SELECT * FROM accounts_journalentry WHERE {} ORDER BY at DESC, id DESC LIMIT 50"
_ASKED = {
    "newest": "TRUE",
    "of a client": "client_id = (SELECT id FROM bench_client WHERE k = 7)",
    "of a person": "user_id = (SELECT id FROM bench_user WHERE k = 7)",
    "of an action": "action = 'row_changed'",
    "from an address": "ip = '10.7.7.7'",
    "of a day": "at >= now() - interval '9 days' AND at < now() - interval '8 days'",
}
_CHECK = """
import django, time; django.setup()
from accounts import chain
began = time.perf_counter(); chain.check(); print(f"{time.perf_counter() - began:.1f}")
"""


def _write(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(ENTRIES):
            connection.execute(_INSERT, [1])


def _rate(url: str) -> float:
    """Entries a second that all writers commit together."""
    writers = [threading.Thread(target=_write, args=[url]) for _ in range(WRITERS)]
    began = time.perf_counter()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    return WRITERS * ENTRIES / (time.perf_counter() - began)


def _chain(url: str) -> None:
    rates: dict[str, list[float]] = {"DISABLE": [], "ENABLE": []}
    with psycopg.connect(url, autocommit=True) as owner:
        for _ in range(ROUNDS):
            for mode, found in rates.items():
                owner.execute(
                    f"ALTER TABLE accounts_journalentry {mode} TRIGGER"
                    " accounts_journalentry_is_chained"
                )
                found.append(_rate(url))
    without, chained = (statistics.median(rates[mode]) for mode in ("DISABLE", "ENABLE"))
    pairs = zip(rates["DISABLE"], rates["ENABLE"], strict=True)
    ratio = statistics.median(chain / plain for plain, chain in pairs)
    console.say(f"{WRITERS} writers: {without:.0f}/s without the chain, {chained:.0f}/s with it")
    console.say(f"ratio {ratio:.2f}")


def _checked(url: str) -> None:
    """The whole chain; entries of the turns without it are found too, hence no exit code 0."""
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(_INSERT, [50_000])
        (links,) = owner.execute("SELECT count(*) FROM accounts_journallink").fetchone() or (0,)
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "cabinet.settings.test"}
    command = [sys.executable, "-c", _CHECK]
    seconds = subprocess.run(command, cwd=ROOT, env=env, check=True, capture_output=True, text=True)
    console.say(f"chains of {links} checked in {seconds.stdout.strip()} s")


def _looked_for(url: str, rows: int) -> None:
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("SET session_replication_role = replica")
        owner.execute("CREATE TABLE bench_user AS SELECT k, k AS id FROM generate_series(0, 999) k")
        owner.execute("CREATE TABLE bench_client AS TABLE bench_user")
        owner.execute(_FILL, {"rows": rows})
        owner.execute("VACUUM ANALYZE accounts_journalentry")
        for name, condition in _ASKED.items():
            query = _QUERY.format(condition)
            owner.execute(query)
            began = time.perf_counter()
            owner.execute(query).fetchall()
            milliseconds = (time.perf_counter() - began) * 1000
            console.say(f"{name}, among {rows}: {milliseconds:.1f} ms")


def _migrate(url: str) -> None:
    env = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "cabinet.settings.test"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=ROOT, env=env, check=True)


def main() -> None:
    """Measure and say it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory(prefix="cabinet-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        supervisor = Supervisor(folder)
        try:
            sockets = folders.make_socket_folder(folder)
            url = postgres.start(supervisor, sockets, is_durable=True)
            _migrate(url)
            _chain(url)
            _checked(url)
            _looked_for(url, rows)
        finally:
            supervisor.stop()
            folders.remove_socket_folder(folder)
            postgres.remove_data(folder)


if __name__ == "__main__":
    main()
