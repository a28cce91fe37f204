"""docs/security.md: no row is missing, and every test and every place that it names is there."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEXT = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
ROWS = {
    int(number): (holds, where, tests)
    for number, holds, where, tests in re.findall(
        r"^\| (\d+) \| (\w+) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", TEXT, re.M
    )
}


@cache
def names_in(path: str) -> set[str]:
    """The tests of a file, by their names in the text."""
    file = ROOT / "tests" / path
    assert file.is_file(), path
    nodes = ast.walk(ast.parse(file.read_text(encoding="utf-8")))
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef)}


def named(text: str) -> list[tuple[str, str]]:
    """The tests that a text names: file and test; «::test» is in the file named before."""
    found, path = [], ""
    for file, test in re.findall(r"`([\w/]+\.py)?::(\w+)`", text):
        path = file or path
        found.append((path, test))
    return found


def test_no_row_is_missing() -> None:
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", TEXT, re.M)]
    assert numbers == list(range(1, 45)) == sorted(ROWS)
    assert {holds for holds, _, _ in ROWS.values()} <= {"yes", "part", "no"}


@pytest.mark.parametrize("number", ROWS)
def test_a_row_names_tests_that_are_there(number: int) -> None:
    _, where, tests = ROWS[number]
    assert named(tests)
    for path, test in named(tests):
        assert test.startswith("test_")
        assert test in names_in(path), f"{path}::{test}"
    assert tests.count("::") == len(named(tests))
    for place in re.findall(r"`([^`]*/[^`]*|[\w.-]+\.yml)`", where):
        assert list(ROOT.glob(place)), place


def test_what_stands_beside_the_table_is_there_too() -> None:
    beside = re.sub(r"^\| \d+ \|.*$", "", TEXT, flags=re.M)
    for path, test in named(beside):
        assert test in names_in(path), f"{path}::{test}"
    for path in re.findall(r"`(tests/[\w/]+\.\w+)`", TEXT):
        assert (ROOT / path).is_file(), path
    for page in re.findall(r"\]\(([\w-]+\.md)\)", TEXT):
        assert (ROOT / "docs" / page).is_file(), page
