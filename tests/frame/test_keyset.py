"""Pages by the keys of their rows: whole, in order, the same forwards and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from django.db.models import Q

from accounts.models import Client
from cabinet import keyset
from cabinet.keyset import Order, Page
from tests import make

pytestmark = pytest.mark.django_db

SIZE = 3


@pytest.fixture
def names(db: None) -> list[str]:
    """Ten companies; two of them share each name."""
    for number in range(10):
        make.client(short_name=f"К-{number // 2}")
    return [client.external_id for client in Client.objects.order_by("short_name", "pk")]


def page(order: Order, *, after: Client | None = None, before: Client | None = None) -> Page:
    def fetch(condition: Q | None, names: Sequence[str], count: int) -> list[Any]:
        rows = Client.objects.all() if condition is None else Client.objects.filter(condition)
        return list(rows.order_by(*names)[:count])

    return keyset.page(fetch, order, size=SIZE, after=after, before=before)


def ids(shown: Page) -> list[str]:
    return [row.external_id for row in shown.rows]


@pytest.mark.parametrize("is_descending", [True, False])
def test_pages_follow_one_another_without_gap_or_repeat(
    is_descending: bool, names: list[str]
) -> None:
    order = Order(keys=("short_name", "pk"), is_descending=is_descending)
    expected = names[::-1] if is_descending else names
    shown = page(order)
    pages = [shown]
    while shown.has_next:
        shown = page(order, after=shown.last)
        assert shown.has_previous
        pages.append(shown)
    assert [one for each in pages for one in ids(each)] == expected
    assert [len(each.rows) for each in pages] == [3, 3, 3, 1]
    assert not pages[0].has_previous

    for earlier, later in zip(pages[:-1][::-1], pages[1:][::-1], strict=True):
        back = page(order, before=later.first)
        assert ids(back) == ids(earlier)
        assert back.has_next
        assert back.has_previous == (earlier is not pages[0])


def test_less_than_a_page_before_a_row_is_the_first_page(names: list[str]) -> None:
    order = Order(keys=("short_name", "pk"), is_descending=False)
    second = Client.objects.get(external_id=names[1])
    shown = page(order, before=second)
    assert ids(shown) == names[:3]
    assert not shown.has_previous


def test_the_database_compares_whole_rows(names: list[str]) -> None:
    """One walk of an index: not a chain of «or», which reads all that is equal in the first key."""
    order = Order(keys=("short_name", "pk"))
    place = Client.objects.get(external_id=names[4])
    sql = str(Client.objects.filter(order.beyond(place)).query)
    assert '("accounts_client"."short_name", "accounts_client"."id") < (' in sql


@pytest.mark.parametrize("key", [None, "", "x", "-1", "²", "9" * 40, "0"])
def test_a_place_that_is_none(key: str | None, names: list[str]) -> None:
    assert keyset.place(Client.objects.all(), key) is None
