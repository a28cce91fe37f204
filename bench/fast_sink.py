"""A mail server that costs next to nothing, in a process of its own.

    python -m bench.fast_sink --delay-ms 10

The first line of its output is its port. Then it answers each line of input with one of «letters,
bytes, moment of the first letter, moment of the last one», by the machine's monotonic clock.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time


class Counter:
    """What has been taken so far."""

    def __init__(self) -> None:
        self.letters = 0
        self.bytes = 0
        self.first = self.last = 0.0

    def take(self, size: int) -> None:
        """One more letter."""
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.letters += 1
        self.bytes += size


class Line(asyncio.Protocol):
    """One conversation; understands what smtplib says."""

    def __init__(self, counter: Counter, delay: float) -> None:
        self.counter = counter
        self.delay = delay
        self.buffer = bytearray()
        self.is_letter = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.say(b"220 sink")

    def data_received(self, data: bytes) -> None:
        """Commands line by line, a letter up to its dot."""
        self.buffer += data
        while True:
            end = self.buffer.find(b"\r\n.\r\n" if self.is_letter else b"\r\n")
            if end < 0:
                return
            piece = bytes(self.buffer[:end])
            del self.buffer[: end + (5 if self.is_letter else 2)]
            if self.is_letter:
                self.is_letter = False
                asyncio.get_running_loop().call_later(self.delay, self.took, len(piece))
            else:
                self.obey(piece[:4].upper())

    def obey(self, command: bytes) -> None:
        """Answer a command."""
        if command == b"DATA":
            self.is_letter = True
            self.say(b"354 go on")
        elif command == b"QUIT":
            self.say(b"221 bye")
            self.transport.close()
        elif command == b"EHLO":
            self.say(b"250-sink\r\n250-8BITMIME\r\n250 SIZE 67108864")
        else:
            self.say(b"250 ok")

    def took(self, size: int) -> None:
        """The letter is taken."""
        self.counter.take(size)
        self.say(b"250 taken")

    def say(self, words: bytes) -> None:
        """One answer."""
        if not self.transport.is_closing():
            self.transport.write(words + b"\r\n")


async def serve(delay: float) -> None:
    """Tell the port, then answer questions until standard input ends."""
    counter = Counter()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Line(counter, delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(counter.letters, counter.bytes, counter.first, counter.last, flush=True)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A mail server that counts")
    parser.add_argument("--delay-ms", type=float, default=0)
    asyncio.run(serve(parser.parse_args().delay_ms / 1000))
