"""Addresses: one line a room."""

from django.contrib import admin
from django.urls import include, path

from cabinet import health

handler400 = "cabinet.errors.bad_request"
handler500 = "cabinet.errors.server_error"

urlpatterns = [
    path("live", health.live, name="live"),
    path("ready", health.ready, name="ready"),
    path("office/", admin.site.urls),
    path("", include("accounts.urls")),
    path("", include("contracts.urls")),
    path("", include("documents.urls")),
    path("", include("meters.urls")),
    path("", include("billing.urls")),
    path("", include("messaging.urls")),
]
