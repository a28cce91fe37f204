"""The second factor of the demo's staff: one key for all of them, as public as their password.

    python -m exchange.demo.factor      the code of this half minute

Needs nothing but the clock, so a script beside a running demo may ask too. Each code opens once:
who logs in again within half a minute takes the next one, `code(ahead=1)`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import sys
import time

KEY = "DEMODEMODEMODEMODEMODEMODEMODEMO"  # base32, 20 bytes
_STEP_SECONDS, _DIGITS = 30, 6


def code(key: str = KEY, *, ahead: int = 0) -> str:
    """The code of the present step of time, or of one `ahead` (RFC 6238, SHA-1, six digits)."""
    step = int(time.time()) // _STEP_SECONDS + ahead
    digest = hmac.new(base64.b32decode(key), step.to_bytes(8, "big"), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


if __name__ == "__main__":
    sys.stdout.write(f"{code()}\n")
