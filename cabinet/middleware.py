"""What every answer carries."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control

from cabinet import errors

GetResponse = Callable[[HttpRequest], HttpResponse]


def never_cached(get_response: GetResponse) -> GetResponse:
    """Pages and files are about one company: neither a proxy nor the browser may keep them."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    return middleware


class BusyDatabase:
    """A page that waited too long for a lock says so, instead of an error without a reason."""

    def __init__(self, get_response: GetResponse) -> None:
        """Middleware as Django wants it."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """The page."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """503 if PostgreSQL gave up waiting; any other exception goes on."""
        return errors.busy(request, exception) if errors.is_busy(exception) else None
