"""Pages for requests that cannot be answered."""

from __future__ import annotations

import logging
import secrets

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseServerError
from django.shortcuts import render
from django.template import loader

from cabinet import formats

logger = logging.getLogger(__name__)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form whose protection token is missing or old, with what to do."""
    logger.warning("csrf refused at %s: %s", request.path, reason)
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 413 to a body that is too large, 400 to any other request that makes no sense."""
    is_too_large = isinstance(exception, RequestDataTooBig)
    name, status = ("413.html", 413) if is_too_large else ("400.html", 400)
    limit = formats.file_size(settings.ATTACHMENTS_MAX_BYTES)
    page = loader.get_template(name).render({"limit": limit})
    return HttpResponse(page, status=status)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 with an incident number that stands in the log beside the traceback.

    Rendered without context: the fault may lie in what a context would ask.
    """
    incident = secrets.token_hex(4).upper()
    logger.error("incident %s at %s", incident, request.path)
    return HttpResponseServerError(loader.get_template("500.html").render({"incident": incident}))
