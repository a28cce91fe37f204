"""The mail server refuses, vanishes, hangs or cuts; the antivirus goes away."""

from __future__ import annotations

import time
from collections import Counter
from functools import partial

from bench.faults.bench import PAGE_SECONDS, SWEEP_SECONDS, Bench
from bench.faults.clamd import Clamd
from bench.faults.portal import EMAIL_TIMEOUT_SECONDS, wait_for
from bench.faults.sink import Letter

TRIES = 3
# Tries within six hours: after 1, 5, 15, 60, 180 and 360 minutes, the last of them too late.
TRIES_IN_SIX_HOURS = 6
LARGE = 200_000

_TRAIL = """
    SELECT letter.trail FROM messaging_delivery letter
      JOIN messaging_message message ON message.id = letter.message_id
     WHERE message.number = ANY(%s)
"""


def refused_for_now(bench: Bench) -> None:
    """451 three times, then the letter is taken: one letter, and a trail of four tries."""
    tries: Counter[str] = Counter()

    def answer(letter: Letter) -> str | None:
        tries[letter.message_id] += 1
        return "451 4.3.0 try again later" if tries[letter.message_id] <= TRIES else None

    bench.sink.answer_letter = answer
    bench.write_many(4)
    for done in range(1, TRIES + 1):
        bench.row.promise(
            wait_for(partial(_have_tried, bench, done), seconds=SWEEP_SECONDS),
            f"after try {done} the letters had {_tries(bench)} tries",
        )
        bench.let_time_pass()
    bench.row.promise(bench.wait_for_letters(seconds=30), "letters did not come")
    bench.wait_until_quiet(seconds=20)
    trails = [[step["outcome"] for step in trail] for (trail,) in _trails(bench)]
    expected = ["later"] * TRIES + ["sent"]
    odd = [trail for trail in trails if trail != expected]
    bench.row.promise(not odd, f"a trail was {odd[:1]}, not {expected}")


def down(bench: Bench) -> None:
    """Nobody listens for six hours; then the server hangs after DATA; then it cuts the line."""
    bench.sink.close()
    bench.write_many(8)
    for _ in range(TRIES_IN_SIX_HOURS):
        attempts = _attempts(bench)
        bench.let_time_pass()
        wait_for(partial(_have_tried_again, bench, attempts), seconds=SWEEP_SECONDS)
    bench.row.promise(bench.queued() == 16, f"{bench.queued()} of 16 letters are still queued")
    bench.sink.open()
    bench.let_time_pass()
    bench.row.promise(bench.wait_for_letters(), "letters did not come after the outage")

    bench.sink.hangs = True
    bench.write_many(4)
    bench.row.promise(bench.sink.wait_until_waiting(), "no letter was on the line")
    bench.sink.longest_wait = 0.0
    wait_for(lambda: not bench.sink.waiting, seconds=60)
    seconds = bench.sink.longest_wait
    is_left = 0 < seconds <= EMAIL_TIMEOUT_SECONDS + 2
    bench.row.promise(is_left, f"the worker waited {seconds:.0f} s for an answer")
    bench.row.notes.append(f"EMAIL_TIMEOUT={EMAIL_TIMEOUT_SECONDS}: left after {seconds:.1f} s")

    bench.sink.behave()
    bench.sink.cuts = True
    bench.write_many(4)
    wait_for(lambda: not bench.missing(), seconds=20)
    bench.sink.behave()
    bench.let_time_pass()
    bench.row.promise(bench.wait_for_letters(), "letters did not come after the cuts")
    bench.row.promise(bench.row.failed == 0, f"{bench.row.failed} pages were not answered")
    bench.row.promise(bench.row.slowest <= PAGE_SECONDS, f"a page took {bench.row.slowest:.1f} s")


def refused(bench: Bench) -> None:
    """550 for every specialist's mailbox, at RCPT or after DATA: the topic's fallback gets it."""
    specialists = {email for (email,) in bench.ask("SELECT email FROM contracts_specialist")}

    def answer_recipient(address: str) -> str | None:
        return "550 5.1.1 no such user" if address in specialists else None

    def answer_letter(letter: Letter) -> str | None:
        return "550 5.7.1 refused" if specialists & set(letter.recipients) else None

    for turn in range(6):
        bench.sink.behave()
        if turn % 2:
            bench.sink.answer_letter = answer_letter
        else:
            bench.sink.answer_recipient = answer_recipient
        browser = bench.people[turn % len(bench.people)]
        number = bench.write(browser)
        bench.row.promise(bench.wait_for_letters(), f"{number}: nobody got the letter")
        page = browser.get(f"/contracts/{browser.contract}/messages/{number}/")
        bench.row.promise("ередано в отдел" in page.text, "the client's page does not tell of it")
        # A mailbox that is known to be dead gets no more letters: the next turn needs it alive.
        bench.do("UPDATE contracts_specialist SET refused_email = '', refused_at = NULL")
    refusals = bench.ask(
        "SELECT count(*) FROM messaging_delivery letter"
        "  JOIN messaging_message message ON message.id = letter.message_id"
        " WHERE message.number = ANY(%s) AND letter.state = 'failed'",
        bench.row.shown,
    )[0][0]
    bench.row.promise(refusals == 6, f"the office sees {refusals} refusals, not 6")


def too_large(bench: Bench) -> None:
    """552 for a letter with its file: it goes again with a link for the office."""
    bench.sink.answer_letter = lambda letter: (
        "552 5.3.4 message too big" if len(letter.raw) > LARGE else None
    )
    for browser in bench.people:
        form = browser.open_message_form()
        form.files = [("показания.txt", b"12345 kWh\n" * (LARGE // 10))]
        bench.send(browser, form)
    bench.row.promise(bench.wait_for_letters(), "letters did not come")
    office = f"{bench.portal.site_url}/office/"
    questions = {row.mail_id for row in bench.letters()}
    for letter in bench.sink.taken():
        if letter.message_id in questions:
            whole = letter.parsed
            words = whole.get_body(("plain",))
            is_there = words is not None and office in words.get_content()
            bench.row.promise(is_there, "a letter has no link for the office")
            bench.row.promise(not list(whole.iter_attachments()), "the file went along")


def clamd_down(bench: Bench) -> None:
    """Nobody checks the files: letters with them are held, others go; then it returns."""
    antivirus = Clamd()
    settings = {"CLAMD_ADDRESS": f"127.0.0.1:{antivirus.port}"}
    try:
        antivirus.close()
        bench.portal.start_again("worker", settings)
        bench.portal.start_again("web", settings)
        plain = [bench.write(browser) for browser in bench.people[:2]]
        for browser in bench.people:
            form = browser.open_message_form()
            form.files = [("акт.txt", b"act\n" * 1000)]
            bench.send(browser, form)
        with_files = set(bench.row.shown) - set(plain)
        wait_for(lambda: not bench.missing() & set(plain), seconds=SWEEP_SECONDS)
        bench.row.promise(not bench.missing() & set(plain), "letters without files were held too")
        bench.row.promise(bench.missing() == with_files, "an unchecked file was sent")
        number = max(with_files)
        page = _page_of(bench, number)
        bench.row.promise("на проверке" in page, "the client's page does not say «на проверке»")
        bench.row.promise(
            bench.row.slowest <= PAGE_SECONDS, f"a page took {bench.row.slowest:.1f} s"
        )
        antivirus.open()
        started_at = time.monotonic()
        is_there = bench.wait_for_letters(seconds=150)
        seconds = time.monotonic() - started_at
        bench.row.promise(is_there, "letters did not come after the antivirus returned")
        bench.row.notes.append(f"the last letter came {seconds:.0f} s after the antivirus returned")
    finally:
        bench.portal.start_again("worker")
        bench.portal.start_again("web")
        antivirus.close()


def _page_of(bench: Bench, number: str) -> str:
    """The message's page, for whoever may see it."""
    query = "SELECT contract_id FROM messaging_message WHERE number = %s"
    contract = str(bench.ask(query, number)[0][0])
    reader = next(browser for browser in bench.people if browser.contract == contract)
    return reader.get(f"/contracts/{contract}/messages/{number}/").text


def _trails(bench: Bench) -> list[tuple[list[dict[str, str]]]]:
    return bench.ask(_TRAIL, bench.row.shown)


def _tries(bench: Bench) -> set[int]:
    return {len(trail) for (trail,) in _trails(bench)}


def _attempts(bench: Bench) -> int:
    return sum(len(trail) for (trail,) in _trails(bench))


def _have_tried(bench: Bench, times: int) -> bool:
    return _tries(bench) == {times}


def _have_tried_again(bench: Bench, attempts: int) -> bool:
    return _attempts(bench) > attempts
