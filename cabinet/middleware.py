"""What every answer carries."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.cache import patch_cache_control

from cabinet import errors, logs

GetResponse = Callable[[HttpRequest], HttpResponse]


def numbered(get_response: GetResponse) -> GetResponse:
    """Every request has a number: in the log, in the journal, and in the answer's head.

    It is ours alone: one that came with the request could join somebody else's lines.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        number = uuid.uuid4().hex
        token = logs.request_id.set(number)
        try:
            response = get_response(request)
        finally:
            logs.request_id.reset(token)
        response["X-Request-ID"] = number
        return response

    return middleware


def never_cached(get_response: GetResponse) -> GetResponse:
    """Pages and files are about one company: neither a proxy nor the browser may keep them."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if not response.has_header("Cache-Control"):
            patch_cache_control(response, private=True, no_store=True)
        return response

    return middleware


def button_only(get_response: GetResponse) -> GetResponse:
    """What only a button asks says so when it is opened as a page: Django's own 405 is empty."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        is_opened = request.method == "GET" and isinstance(response, HttpResponseNotAllowed)
        if not is_opened or response.content:
            return response
        page = render(request, "405.html", status=response.status_code)
        page["Allow"] = response["Allow"]
        return page

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
