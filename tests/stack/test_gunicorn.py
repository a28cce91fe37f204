"""The web server takes no request that it and the proxy could read in two ways."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.smtp_server import free_port

# Says how many requests it has had, what the last one sent, and which headers it named.
APPLICATION = """
count = 0

def application(environ, start_response):
    global count
    count += 1
    names = sorted(name for name in environ if name.startswith("HTTP_X_FORWARDED"))
    body = f"<{count}|{environ['REQUEST_METHOD']}|{environ['wsgi.input'].read()!r}|{names}>"
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body.encode()]
"""


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """gunicorn with the options of the Dockerfile, in front of an application that tells."""
    folder = tmp_path_factory.mktemp("gunicorn")
    (folder / "told.py").write_text(APPLICATION)
    dockerfile = (Path(__file__).parents[2] / "Dockerfile").read_text()
    command = re.search(r"^CMD (\[.*?\])", dockerfile, re.M | re.S)
    assert command
    words = re.findall(r'"([^"]+)"', command[1])
    assert words[:4] == ["gunicorn", "cabinet.wsgi", "--bind", "0.0.0.0:8000"]
    port = free_port()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "gunicorn", "told:application", "--bind", f"127.0.0.1:{port}",
            *words[4:], "--workers", "1",
        ],
        cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.1)
    yield port
    process.terminate()
    process.wait(20)


def ask(port: int, *lines: str, body: str = "") -> list[str]:
    """Send one request as it stands; what the application says, or the refusal's status."""
    with socket.create_connection(("127.0.0.1", port), 5) as line:
        line.sendall(("\r\n".join([*lines, "Host: x", "", ""]) + body).encode("latin-1"))
        line.settimeout(2)
        answer = b""
        try:
            while piece := line.recv(65_536):
                answer += piece
        except TimeoutError:
            pass
    text = answer.decode("latin-1")
    return re.findall(r"<\d+\|.*?>", text) or re.findall(r"HTTP/1.1 (\d+)", text)


def test_an_ordinary_request_is_answered_once(port: int) -> None:
    (told,) = ask(port, "POST / HTTP/1.1", "Content-Length: 3", body="abc")
    assert "POST|b'abc'" in told
    (told,) = ask(
        port, "POST / HTTP/1.1", "Transfer-Encoding: chunked", body="3\r\nabc\r\n0\r\n\r\n"
    )
    assert "POST|b'abc'" in told


@pytest.mark.parametrize(
    "lines",
    [
        ["Content-Length: 6", "Transfer-Encoding: chunked"],
        ["Content-Length: 5", "Content-Length: 6"],
        ["Content-Length: +6"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding: identity, chunked, identity"],
        ["Transfer-Encoding : chunked"],
        ["Content-Length: 6", " folded: 1"],
        ["X\tY: 1", "Content-Length: 6"],
    ],
    ids=repr,
)
def test_a_request_of_two_meanings_is_none(port: int, lines: list[str]) -> None:
    """CVE-2024-1135, CVE-2024-6827 and their kin: the rest would be another person's request."""
    hidden = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
    assert ask(port, "POST / HTTP/1.1", *lines, body=hidden) in (["400"], ["501"])


def test_a_header_with_an_underscore_is_not_one_with_a_hyphen(port: int) -> None:
    (told,) = ask(port, "GET / HTTP/1.1", "X_Forwarded_For: 1.2.3.4", "X_Forwarded_Proto: https")
    assert told.endswith("|[]>")
    (told,) = ask(port, "GET / HTTP/1.1", "X-Forwarded-For: 1.2.3.4")
    assert told.endswith("|['HTTP_X_FORWARDED_FOR']>")
