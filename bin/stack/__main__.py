"""The command line: see the package's description."""

from __future__ import annotations

import argparse
import sys

import bin.stack
from bin.stack import console, demo, testing


def main() -> int:
    """Carry out one command and return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m bin.stack",
        description=bin.stack.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", choices=["demo", "reset", "test", "run", "with-demo"])
    parser.add_argument("rest", nargs=argparse.REMAINDER, metavar="…")
    arguments = parser.parse_args()
    rest: list[str] = arguments.rest
    if rest[:1] == ["--"]:
        rest = rest[1:]
    if arguments.action in {"run", "with-demo"} and not rest:
        parser.error(f"{arguments.action}: COMMAND is missing")

    match arguments.action:
        case "demo":
            return demo.run()
        case "reset":
            return demo.reset()
        case "test":
            return testing.run_tests(rest)
        case "run":
            return testing.run(rest)
        case _:
            return demo.run_beside(rest)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except console.StackError as error:
        console.complain(error)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
