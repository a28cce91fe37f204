"""One run: the portal, its clients, and what is compared after each fault."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any

import psycopg

from bench.faults.browser import Browser, Form, NoPage
from bench.faults.comparison import Outgoing, arrived, compare
from bench.faults.portal import Portal, wait_for
from bench.faults.report import Row

# The lock of documents/rendering.py: whoever holds it is the only one that makes PDFs. The demo has
# thousands to make, which is neither a fault nor what is measured here.
_RENDERING = 7_340_001

PEOPLE = ("vega", "orion", "vega-accountant", "vega-engineer")
# Beat looks once a minute; a worker needs a moment for what it finds.
SWEEP_SECONDS = 75.0
# The longest that a page may take while something behind the portal is broken.
PAGE_SECONDS = 3.0

# The letters with which the retailer gets a client's words.
_LETTERS = """
    SELECT message.number, letter.mail_id, letter.state, letter."to"
      FROM messaging_message message
      JOIN messaging_delivery letter ON letter.message_id = message.id
     WHERE message.number = ANY(%s) AND letter.purpose = 'question'
"""


class Bench:
    """The portal and the people who use it; `row` is the fault that is going on."""

    names = PEOPLE
    password = "demo-cabinet-2026"

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.sink = portal.sink
        self.row = Row(0, "before")
        self.database = psycopg.connect(portal.env["DATABASE_URL"], autocommit=True)
        self.database.execute("SELECT pg_advisory_lock(%s)", [_RENDERING])
        self.began_at: Any = None
        self.people = [self.person(login) for login in PEOPLE]

    def person(self, login: str) -> Browser:
        """Somebody who has just logged in."""
        browser = Browser(
            self.portal.port,
            on_page=lambda seconds, is_failed: self.row.page(seconds, is_failed=is_failed),
        )
        browser.log_in(login, self.password)
        return browser

    def begin(self, row: Row) -> None:
        """Another fault."""
        self.row = row
        self.began_at = self.ask("SELECT clock_timestamp()")[0][0]

    # What clients do ----------------------------------------------------------------------------

    def send(self, browser: Browser, form: Form, *, patience: float = 60) -> str:
        """Send a form, and once more as often as no page comes; the number that is shown.

        Raises:
            NoPage: a page came that is neither a receipt nor a fault of the portal, or it took
                longer than `patience` seconds.
        """
        until = time.monotonic() + patience
        while True:
            try:
                page = browser.post(form)
            except NoPage:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
                continue
            if not page.number:
                raise NoPage(f"no number on {page.status} {page.address}")
            self.row.show(page.number)
            return page.number

    def write(self, browser: Browser, *, patience: float = 60, **words: str) -> str:
        """Open the form, type and send; the number that is shown."""
        until = time.monotonic() + patience
        while True:
            try:
                form = browser.open_message_form(**words)
            except NoPage:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
            else:
                return self.send(browser, form, patience=patience)

    def write_many(self, count: int) -> None:
        """So many messages, by everybody at once."""
        shares = [len(range(start, count, len(self.people))) for start in range(len(self.people))]
        everybody = zip(self.people, shares, strict=True)
        self.at_once([partial(self._write_some, browser, share) for browser, share in everybody])

    @contextmanager
    def under_load(self, people: Sequence[Browser] | None = None) -> Iterator[None]:
        """Everybody goes on writing, one message after another, until the block ends."""
        is_over = threading.Event()

        def go_on(browser: Browser) -> None:
            while not is_over.wait(0.2):
                self.write(browser)

        def everybody() -> None:
            crowd = self.people if people is None else people
            self.at_once([partial(go_on, browser) for browser in crowd])

        crowd = threading.Thread(target=everybody)
        crowd.start()
        try:
            yield
        finally:
            is_over.set()
            crowd.join()

    def _write_some(self, browser: Browser, count: int) -> None:
        for _ in range(count):
            self.write(browser)

    def at_once(self, works: Sequence[Callable[[], Any]]) -> None:
        """Do several things side by side; what goes wrong is noted as a promise not kept."""

        def run(work: Callable[[], Any]) -> None:
            try:
                work()
            except NoPage as error:
                self.row.promise(False, f"a client got no receipt: {error}")

        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    # What became of it --------------------------------------------------------------------------

    def ask(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows from the portal's database."""
        return self.database.execute(query, values).fetchall()

    def do(self, query: str, *values: Any) -> int:
        """Change the portal's database; the number of rows."""
        return self.database.execute(query, values).rowcount

    def let_time_pass(self) -> None:
        """As though every lease and every wait for the next try were over; then beat looks."""
        self.do("UPDATE messaging_delivery SET next_try_at = now() WHERE state = 'queued'")
        self.portal.hurry()

    def letters(self) -> list[Outgoing]:
        """The rows that carry the messages whose numbers were shown."""
        return [Outgoing(*values) for values in self.ask(_LETTERS, self.row.shown)]

    def missing(self) -> set[str]:
        """Numbers that were shown and whose letter has not come yet."""
        return set(self.row.shown) - arrived(self.letters(), self.sink.taken())

    def wait_for_letters(self, *, seconds: float = SWEEP_SECONDS) -> bool:
        """Wait until the letter of every number has come; whether it has."""
        return wait_for(lambda: not self.missing(), seconds=seconds)

    def wait_until_quiet(self, *, seconds: float = SWEEP_SECONDS) -> bool:
        """Wait until nothing is queued, copies to clients included; whether it is so."""
        return wait_for(lambda: not self.queued(), seconds=seconds)

    def stored(self) -> int:
        """How many messages the database has taken since the fault began."""
        query = "SELECT count(*) FROM messaging_message WHERE sent_at > %s"
        return int(self.ask(query, self.began_at)[0][0])

    def queued(self) -> int:
        """Letters that are still on their way, of this fault's messages."""
        query = """
            SELECT count(*) FROM messaging_delivery letter
              JOIN messaging_message message ON message.id = letter.message_id
             WHERE letter.state IN ('queued', 'held') AND message.number = ANY(%s)
        """
        return int(self.ask(query, self.row.shown)[0][0])

    def compare(self) -> None:
        """Fill in the row."""
        compare(self.row, self.letters(), self.sink.taken())
