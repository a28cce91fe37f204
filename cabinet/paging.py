"""Lists in pages: an old link to a page that is gone still leads to the list."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Page, Paginator
from django.views.generic import ListView


class NearestPage(ListView):
    """A list in which a `?page=` that names no page shows the nearest one: never 404."""

    def paginate_queryset(
        self, queryset: Any, page_size: int
    ) -> tuple[Paginator[Any], Page[Any], Any, bool]:
        """The page that was asked for, else the first or the last."""
        page = self.get_paginator(queryset, page_size).get_page(self.request.GET.get("page"))
        return page.paginator, page, page.object_list, page.has_other_pages()
