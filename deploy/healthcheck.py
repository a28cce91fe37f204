"""Ask the web process of this container whether it is ready; for the container's healthcheck.

Exit code 0 when `/ready` answers 200: the database is there and has every migration.
"""

from __future__ import annotations

import os
import sys
import urllib.request
from urllib.parse import urlsplit


def main() -> int:
    """Ask once; the portal answers only to its own host name."""
    host = urlsplit(os.environ["SITE_URL"]).hostname or ""
    request = urllib.request.Request("http://127.0.0.1:8000/ready", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5):
            return 0
    except OSError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
