"""Pages for requests that cannot be answered."""

from __future__ import annotations

import contextlib
import logging
import secrets
import sys

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseRedirect,
    HttpResponseServerError,
)
from django.shortcuts import render
from django.template import loader

from cabinet import formats

logger = logging.getLogger(__name__)

# What PostgreSQL says when it gave up waiting and undid the transaction: canceled by
# statement_timeout, by lock_timeout, and a deadlock.
_GAVE_UP = ("57014", "55P03", "40P01")
RETRY_AFTER_SECONDS = 30
# A body that is too large is heard out up to so much, in such pieces.
_HEARD_OUT_BYTES = 256 * 1024 * 1024
_PIECE_BYTES = 64 * 1024


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form whose protection token is missing or old, with what to do."""
    logger.warning("csrf refused at %s: %s", request.path, reason)
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 413 to a body that is too large, 400 to any other request that makes no sense.

    A page with `explains_too_large` says it itself: it is asked again with `too_large` in the
    address, for nothing of the body was read.
    """
    is_too_large = isinstance(exception, RequestDataTooBig)
    if is_too_large:
        _hear_out(request)
    view = getattr(getattr(request.resolver_match, "func", None), "view_class", None)
    if is_too_large and getattr(view, "explains_too_large", False):
        query = request.GET.copy()
        query["too_large"] = "1"
        return HttpResponseRedirect(f"{request.path}?{query.urlencode()}")
    name, status = ("413.html", 413) if is_too_large else ("400.html", 400)
    limit = formats.file_size(settings.ATTACHMENTS_MAX_BYTES)
    page = loader.get_template(name).render({"limit": limit})
    return HttpResponse(page, status=status)


def _hear_out(request: HttpRequest) -> None:
    """Read what is still being sent and throw it away.

    A browser that is cut off in the middle of sending shows nothing of the answer.
    """
    left = _HEARD_OUT_BYTES
    with contextlib.suppress(OSError):  # the visitor has gone
        while left > 0 and (piece := request.read(_PIECE_BYTES)):
            left -= len(piece)


def is_busy(exception: BaseException | None) -> bool:
    """Whether the database gave up waiting, so that nothing of the request was done."""
    if not isinstance(exception, OperationalError):
        return False
    return getattr(exception.__cause__, "sqlstate", None) in _GAVE_UP


def busy(request: HttpRequest, exception: BaseException) -> HttpResponse:
    """Answer 503 to a request that waited for the database in vain; it may be repeated at once.

    Nothing was stored, and every form that must not be taken twice has a key of its own.
    """
    logger.warning("database busy at %s %s: %s", request.method, request.path, exception)
    page = loader.get_template("503.html").render({"is_form": request.method == "POST"})
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 with an incident number that stands in the log beside the traceback.

    Rendered without context: the fault may lie in what a context would ask. A database that is
    busy already when the session is read is no fault: 503.
    """
    exception = sys.exc_info()[1]
    if exception and is_busy(exception):
        return busy(request, exception)
    incident = secrets.token_hex(4).upper()
    logger.error("incident %s at %s", incident, request.path)
    return HttpResponseServerError(loader.get_template("500.html").render({"incident": incident}))
