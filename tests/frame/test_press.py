"""Papers are made apart: each in its own process, within its limits, and nobody else suffers."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from pytest_django import Settings

from cabinet import press

HERE = "tests.frame.test_press"


# What the presses run, in processes of their own ------------------------------------------------


def echo(argument: bytes) -> bytes:
    print("this must not get into the answer")  # noqa: T201
    return argument


def own_process(argument: bytes) -> bytes:
    return f"{os.getpid()} {os.getppid()}".encode()


def endless(argument: bytes) -> bytes:
    while True:
        pass


def asleep(argument: bytes) -> bytes:
    time.sleep(60)
    return b""


def patient(argument: bytes) -> bytes:
    while not os.path.exists(argument):
        time.sleep(0.05)
    return b"at last"


def greedy(argument: bytes) -> bytes:
    return bytes(4 << 30)


def wrong(argument: bytes) -> bytes:
    raise ValueError("так не бывает")


def suicidal(argument: bytes) -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def murderous(argument: bytes) -> bytes:
    os.kill(os.getppid(), signal.SIGKILL)
    return b""


def run(function: str, argument: bytes = b"", *, seconds: float | None = None) -> press.Made:
    return press.make(f"{HERE}:{function}", argument, seconds=seconds)


# The tests ---------------------------------------------------------------------------------------


def test_what_goes_in_comes_out() -> None:
    argument = os.urandom(3_000_000)
    made = run("echo", argument)
    assert made.content == argument
    assert made.peak_mb > 1
    assert run("echo", b"").content == b""


def test_each_paper_has_a_process_of_its_own_and_the_press_stays() -> None:
    first, second = (run("own_process").content.split() for _ in range(2))
    assert first[0] != second[0], "another process"
    assert first[1] == second[1], "of the same press"
    assert os.getpid() not in map(int, (*first, *second))


@pytest.mark.parametrize("function", ["endless", "asleep"])
def test_a_stuck_one_is_ended_and_the_next_is_made(function: str) -> None:
    with pytest.raises(press.TooSlow, match=r"Не успел за 1 с\."):
        run(function, seconds=1)
    assert run("echo", b"x").content == b"x"


def test_a_greedy_one_gets_no_more(settings: Settings) -> None:
    settings.PDF_MEMORY_MB = 1500
    with pytest.raises(press.TooLarge, match=r"Не хватило памяти: можно 1500 МБ\."):
        run("greedy")
    assert run("echo", b"x").content == b"x"


def test_an_error_is_told_in_its_words() -> None:
    with pytest.raises(press.Broken, match="ValueError: так не бывает"):
        run("wrong")


def test_a_process_that_dies_says_by_which_signal() -> None:
    with pytest.raises(press.Broken, match=r"Процесс прерван, сигнал 9\."):
        run("suicidal")
    assert run("echo", b"x").content == b"x"


def test_a_press_that_dies_is_replaced() -> None:
    with pytest.raises(press.Broken, match="не отвечает"):
        run("murderous")
    assert run("echo", b"x").content == b"x"


def test_a_press_that_went_away_meanwhile_is_replaced_in_silence() -> None:
    parent = int(run("own_process").content.split()[1])
    os.kill(parent, signal.SIGKILL)
    time.sleep(0.2)
    assert run("echo", b"x").content == b"x"


def test_two_at_once_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """Each thread has a press: the long paper ends only after the short one was made."""
    file = tmp_path / "made"
    results: list[bytes] = []

    def long() -> None:
        results.append(run("patient", str(file).encode(), seconds=120).content)

    thread = threading.Thread(target=long)
    thread.start()
    assert run("echo", b"x").content == b"x"
    assert not results
    file.touch()
    thread.join()
    assert results == [b"at last"]


def test_a_press_ends_with_whoever_started_it() -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(writing, run("own_process").content)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    pid = int(os.read(reading, 100).split()[1])
    for _ in range(100):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    pytest.fail("the press lives on")
