"""What a client's page does when it waits, is sent twice, loses its answer or its session."""

from __future__ import annotations

import statistics
import threading
import time
import uuid
from functools import partial

import psycopg

from bench.faults.bench import PAGE_SECONDS, Bench
from bench.faults.browser import Browser, NoPage
from bench.faults.portal import wait_for
from bench.faults.proxy import Proxy

TIMES = 10
LOCK_SECONDS = 60.0
# `lock_timeout` is 5 s; a page may meet a lock twice.
LOCKED_PAGE_SECONDS = 12.0
FLOOD_SECONDS = 15.0
FLOOD_THREADS = 3
# The limits of an installation that sets none.
LIMITS = {"MESSAGES_PER_HOUR": "20", "MESSAGES_PER_DAY": "60"}


def locked(bench: Bench) -> None:
    """Somebody holds a table for a minute: pages say so, others work, then all is well."""
    forms = [browser.open_message_form() for browser in bench.people]
    answers: list[str] = []
    others: list[float] = []

    def press(browser: Browser, number: int) -> None:
        until = time.monotonic() + LOCK_SECONDS - 15
        while time.monotonic() < until:
            try:
                answers.append(browser.post(forms[number]).text)
            except NoPage as error:
                answers.append(error.page.text if error.page else str(error))
            time.sleep(1)

    with psycopg.connect(bench.portal.env["DATABASE_URL"]) as holder:
        holder.execute("LOCK TABLE messaging_message IN ACCESS EXCLUSIVE MODE")
        locked_at = time.monotonic()
        crowd = [
            threading.Thread(target=press, args=(browser, number))
            for number, browser in enumerate(bench.people)
        ]
        for one in crowd:
            one.start()
        reader = Browser(bench.portal.port, on_page=lambda seconds, _: others.append(seconds))
        while time.monotonic() < locked_at + LOCK_SECONDS - 15:
            reader.get("/business/cabinet/")
            time.sleep(0.5)
        for one in crowd:
            one.join()
        time.sleep(max(0.0, locked_at + LOCK_SECONDS - time.monotonic()))
    unfriendly = [answer for answer in answers if "<h1" not in answer]
    bench.row.promise(not unfriendly, f"no page but: {unfriendly[:1]}")
    bench.row.promise(
        bench.row.slowest <= LOCKED_PAGE_SECONDS, f"a page took {bench.row.slowest:.1f} s"
    )
    bench.row.promise(max(others) <= PAGE_SECONDS, f"another page took {max(others):.1f} s")
    bench.row.notes.append(
        f"{len(answers)} forms met the lock; other pages took {max(others):.1f} s at most"
    )
    bench.at_once(
        [
            partial(bench.send, browser, form, patience=5)
            for browser, form in zip(bench.people, forms, strict=True)
        ]
    )
    bench.row.promise(len(bench.row.shown) == len(forms), "a form was refused after the lock")


def clicked_twice(bench: Bench) -> None:
    """A form is sent four times at once, reloaded, and sent from another tab: one message."""
    for turn in range(TIMES):
        browser = bench.people[turn % len(bench.people)]
        form = browser.open_message_form()
        form.files = [("акт.txt", b"act\n" * 1000)]
        bench.at_once([partial(bench.send, browser, form)] * 4)
        bench.send(browser, form)  # F5
        other_tab = browser.open_message_form(text=form.fields["text"])
        other_tab.files = form.files
        bench.send(browser, other_tab)
    _promise_one_each(bench)


def answer_lost(bench: Bench) -> None:
    """The portal takes a form and the client never hears of it: the repeat gets the same number."""
    proxy = Proxy(bench.portal.port)
    proxy.drops_answers = True
    try:
        for turn in range(TIMES):
            browser = bench.people[turn % len(bench.people)]
            form = browser.open_message_form()
            before, failed = bench.stored(), bench.row.failed
            try:
                browser.post(form, port=proxy.port)
                bench.row.promise(False, "the answer was not lost")
            except NoPage:
                bench.row.failed = failed
            is_taken = wait_for(partial(_has_more, bench, before), seconds=10)
            bench.row.promise(is_taken, "the form did not reach the portal")
            bench.send(browser, form)
    finally:
        proxy.close()
    _promise_one_each(bench)


def session_ended(bench: Bench) -> None:
    """The session is gone when «Отправить» is pressed: login leads to the same form, filled."""
    for browser, login in zip(bench.people, bench.names, strict=True):
        form = browser.open_message_form()
        words, form.files = form.fields["text"], [("акт.txt", b"act\n" * 1000)]
        bench.do("DELETE FROM django_session WHERE session_key = %s", browser.cookies["sessionid"])
        page = browser.post(form)
        entrance = page.form_with("password")
        entrance.fields |= {"login": login, "password": bench.password}
        page = browser.post(entrance)
        try:
            again = page.form_with("files")
        except NoPage as error:
            bench.row.promise(False, f"after login there is no form: {error}")
            continue
        bench.row.promise(again.fields["text"] == words, "after login the form is empty")
        bench.row.promise("акт.txt" in page.text, "after login the file is gone")
        again.fields |= {"action": "send"}
        bench.send(browser, again)
    _promise_one_each(bench, count=len(bench.people))


def flooded(bench: Bench) -> None:
    """One account sends without end: it is refused in words, and nobody else notices."""
    # Nobody has written for a day.
    bench.do("UPDATE messaging_message SET sent_at = sent_at - interval '2 days'")
    bench.portal.end("web")
    bench.portal.start_web(LIMITS)
    vega, orion = bench.people[:2]
    is_over = threading.Event()
    refusals: list[str] = []
    pages = 0

    def flood() -> None:
        nonlocal pages
        while not is_over.is_set():
            try:
                form = orion.open_message_form()
                form.fields["form_key"] = str(uuid.uuid4())  # several windows, no shared draft
                page = orion.post(form)
            except NoPage as error:
                refusals.append(error.page.text if error.page else str(error))
                continue
            pages += 1
            if page.number:
                bench.row.show(page.number)
            else:
                refusals.append(page.text)

    before = _read(bench, vega, seconds=5)
    crowd = [threading.Thread(target=flood) for _ in range(FLOOD_THREADS)]
    for one in crowd:
        one.start()
    during = _read(bench, vega, seconds=FLOOD_SECONDS)
    bench.write(vega)
    is_over.set()
    for one in crowd:
        one.join()
    bench.portal.start_again("web")
    of_orion = len(bench.row.shown) - 1
    limit = int(LIMITS["MESSAGES_PER_HOUR"])
    bench.row.promise(of_orion <= limit, f"{of_orion} messages were taken instead of {limit}")
    bench.row.promise(bool(refusals), "the flood was not refused")
    rude = [page for page in refusals if "больше портал не принимает" not in page]
    bench.row.promise(not rude, f"{len(rude)} of {len(refusals)} refusals are not in words")
    bench.row.promise(max(during) <= PAGE_SECONDS, f"another's page took {max(during):.1f} s")
    bench.row.notes.append(
        f"another's page took {statistics.median(before):.2f} s before and"
        f" {statistics.median(during):.2f} s during the flood of {pages + len(refusals)} pages"
    )


def _read(bench: Bench, browser: Browser, *, seconds: float) -> list[float]:
    """How long the pages of one person take, one after another."""
    times = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for page in ("/", f"/contracts/{browser.contract}/messages/"):
            started_at = time.monotonic()
            browser.get(page)
            times.append(time.monotonic() - started_at)
        time.sleep(0.2)
    return times


def _has_more(bench: Bench, stored: int) -> bool:
    return bench.stored() > stored


def _promise_one_each(bench: Bench, *, count: int = TIMES) -> None:
    shown, stored = len(bench.row.shown), bench.stored()
    bench.row.promise(shown == count, f"{shown} numbers were shown for {count} messages")
    bench.row.promise(stored == count, f"{stored} messages were stored instead of {count}")
    bench.row.promise(bench.row.failed == 0, f"{bench.row.failed} pages were not answered")
