"""What the code may not contain, because nobody would notice it on a page."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
ROOMS = (
    "accounts", "billing", "cabinet", "contracts", "documents", "exchange", "messaging", "meters",
)  # fmt: skip
SOURCES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for room in ROOMS
    for path in sorted((ROOT / room).rglob("*.py"))
    if "migrations" not in path.parts
}
TEMPLATES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in sorted((ROOT / "templates").rglob("*.*"))
}


def calls(source: str) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the name of what is called."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Attribute(attr=name) | ast.Name(id=name):
                    yield name, node


# Queries ---------------------------------------------------------------------------------------

CONDITIONS = {"Q", "aggregate", "alias", "annotate", "exclude", "filter"}
COLUMNS = {"dates", "distinct", "order_by", "values", "values_list"}
# Names of conditions and columns that stand in variables: each is the code's own, never sent.
OWN_NAMES = {
    "accounts/access_history.py": {"order_by *names"},
    "accounts/desk_filter.py": {"order_by *_ORDERS[self.data['order']]"},
    "accounts/oversight.py": {"values_list *paths"},
    "billing/models/balances.py": {"filter **same"},
    "billing/published_bills.py": {"values_list *_STATED"},
    "documents/opening.py": {"order_by *names"},
    "documents/searching.py": {"order_by *names"},
    "exchange/admin/batches.py": {"filter **which"},
    "exchange/outgoing/batch_content.py": {"annotate **named", "filter **of", "values_list *named"},
    "messaging/board.py": {"order_by *by", "values *by"},
    "meters/history.py": {"order_by *ORDER"},
    "meters/inventory.py": {"values_list *_COLUMNS"},
    "meters/rejection_letters.py": {"order_by *ORDER", "values_list *COLUMNS"},
}


def open_names(source: str) -> set[str]:
    """Conditions and columns of queries whose names do not stand where they are used."""
    found = set()
    for name, call in calls(source):
        if name in CONDITIONS:
            for keyword in call.keywords:
                if keyword.arg is None and not _is_own(keyword.value):
                    found.add(f"{name} **{ast.unparse(keyword.value)}")
        elif name in COLUMNS:
            for given in call.args:
                if isinstance(given, ast.Starred):
                    found.add(f"{name} *{ast.unparse(given.value)}")
                elif not _is_own_column(given):
                    found.add(f"{name} {ast.unparse(given)}")
    return found


def _is_own(node: ast.expr) -> bool:
    """A dictionary written on the spot, whose names are not taken out of a request."""
    return isinstance(node, ast.Dict) and not re.search(
        r"\b(request|GET|POST|data|query)\b", " ".join(ast.unparse(key) for key in node.keys if key)
    )


def _is_own_column(node: ast.expr) -> bool:
    return not re.search(r"\b(request|GET|POST|cleaned_data|query)\b", ast.unparse(node))


@pytest.mark.parametrize("path", SOURCES)
def test_no_name_of_a_query_was_sent_by_somebody(path: str) -> None:
    """`filter(**request.GET)` and its kin: a visitor would choose conditions, joins, order."""
    assert open_names(SOURCES[path]) == OWN_NAMES.get(path, set())


def test_such_a_name_would_be_noticed() -> None:
    for source in (
        "rows.filter(**request.GET.dict())",
        "rows.filter(**self.form.cleaned_data)",
        "rows.exclude(**{self.request.GET['by']: 1})",
        "rows.filter(Q(**wanted))",
        "rows.order_by(request.GET['sort'])",
        "rows.order_by(*chosen)",
        "rows.values_list(self.cleaned_data['column'])",
    ):
        assert open_names(source), source


def test_nobody_writes_sql_into_a_queryset() -> None:
    """What is asked by a cursor is text without values: ruff's S608 sees to it."""
    raw = {
        (path, name)
        for path, source in SOURCES.items()
        for name, call in calls(source)
        if name in {"RawSQL", "extra"} or (name == "raw" and isinstance(call.func, ast.Attribute))
    }
    assert raw == {("billing/models/balances.py", "RawSQL")}


# The one door ----------------------------------------------------------------------------------

VIEWS = [path for path in SOURCES if re.search(r"/views(/|\.py)|_views\.py", path)]
# What ties a query to the person who asks, or to what the door has opened.
TIES = (
    ".visible_to(", "contract=self.contract", "client=self.contract.client",
    "client=self.company", "document=self.document", "user=user_of(", "user=self.request.user",
    "user=person",
)  # fmt: skip


def untied(source: str) -> list[str]:
    """Queries of a page over all rows of a model."""
    tree = ast.parse(source)
    above = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    found = []
    for node in ast.walk(tree):
        is_manager = isinstance(node, ast.Attribute) and node.attr in (
            "objects", "_default_manager", "_base_manager",
        )  # fmt: skip
        is_by_model = (
            isinstance(node, ast.Call)
            and ast.unparse(node.func).endswith(("get_object_or_404", "get_list_or_404"))
            and re.match(r"[A-Z]\w*$", ast.unparse(node.args[0]))
        )
        if is_manager or is_by_model:
            whole: ast.AST = node
            while isinstance(outer := above.get(whole), ast.Attribute) or (
                isinstance(outer, ast.Call) and whole is outer.func
            ):
                whole = outer
            if not any(tie in ast.unparse(whole) for tie in (*TIES, "user=request.user")):
                found.append(ast.unparse(whole))
    return found


@pytest.mark.parametrize("path", VIEWS)
def test_a_page_asks_through_the_door(path: str) -> None:
    assert untied(SOURCES[path]) == []


def test_a_way_round_the_door_would_be_noticed() -> None:
    assert len(VIEWS) > 20
    for source in (
        "Document.objects.get(pk=kwargs['document'])",
        "Document.objects.all()",
        "get_object_or_404(Document, pk=pk)",
        "shortcuts.get_object_or_404(Document.objects.published(), pk=pk)",
        "Document._default_manager.filter(pk=pk).first()",
    ):
        assert untied(source), source


# Markup ----------------------------------------------------------------------------------------


def test_text_is_called_safe_in_few_places() -> None:
    """Each is the code's own drawing, or escapes its parts itself (and has a test of it)."""
    safe = {
        path
        for path, source in SOURCES.items()
        for name, _ in calls(source)
        if name in {"mark_safe", "SafeString", "SafeText"}
    }
    assert safe == {"cabinet/icons.py", "cabinet/qr.py", "meters/markup.py"}


def test_templates_escape() -> None:
    """Save for letters in plain text, and for help texts, which stand in the code."""
    for path, text in TEMPLATES.items():
        safe = re.findall(r"\|\s*safe(?:seq)?\b|autoescape\s+off", text)
        if path == "templates/bootstrap5/layout/help_text.html":
            assert safe == ["|safe"]
        else:
            assert not safe or path.endswith(".txt"), path


# Caches ----------------------------------------------------------------------------------------


def test_no_page_is_kept_for_another_visitor() -> None:
    """Neither by a decorator nor in a template; see the settings below for the middleware."""
    for path, source in (SOURCES | TEMPLATES).items():
        found = re.search(r"cache_page|cache_control\(|patch_response_headers|{%\s*cache\b", source)
        assert not found or path == "cabinet/middleware.py", path
    kept = [name for name in settings.MIDDLEWARE if "cache" in name.lower()]
    assert kept == ["cabinet.middleware.never_cached"]


# Letters ---------------------------------------------------------------------------------------


def test_no_address_is_built_of_the_host_that_was_asked() -> None:
    """Letters and papers lead to `SITE_URL`, whatever name the portal was called by."""
    asked = {"build_absolute_uri", "get_current_site", "get_host", "get_raw_uri"}
    for path, source in SOURCES.items():
        assert asked.isdisjoint(name for name, _ in calls(source)), path


LETTERS = {path: text for path, text in TEMPLATES.items() if "/letters/" in path}


def test_letters_name_no_secret() -> None:
    """But the links of a reset and of a new address, each good once and for a while."""
    assert len(LETTERS) > 60
    for path, text in LETTERS.items():
        named = set(re.findall(r"{{[^}]*?(\w*(?:password|secret|token|code)\w*)", text))
        assert named <= {"password_reset_url"}, path


def test_letters_lead_to_the_portal_alone() -> None:
    """Neither a picture nor a link of another site."""
    for path, text in LETTERS.items():
        assert not re.search(r"https?://|src=|<img|url\(", text), path


# Libraries -------------------------------------------------------------------------------------


def test_what_advisories_warn_of_is_not_used() -> None:
    """WeasyPrint's hints and default fetcher, Django's fields of addresses, servers of ASGI."""
    for path, source in SOURCES.items():
        found = re.search(
            r"presentational_hints|default_url_fetcher|\bURLField\b|get_asgi_application"
            r"|load_workbook",
            source,
        )
        assert not found, path
