"""What the wizard and the list share: who sees their records, and pages of their own."""

from __future__ import annotations

from collections.abc import Callable

from django.db.models import Model
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from accounts.admin.clients import may_issue
from cabinet.office import ReadOnlyAdmin


class IssuingAdmin(ReadOnlyAdmin):
    """Records that lead to accesses, made on pages of their own and never by Django's form."""

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Whoever issues, and whoever may look at it besides."""
        return may_issue(request) or super().has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """As `has_view_permission`."""
        return self.has_view_permission(request)

    def own_page(
        self, view: Callable[..., HttpResponseBase], address: str, name: str
    ) -> URLPattern:
        """A page of this model under `address`, called `admin:<app>_<model>_<name>`."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"
        made: URLPattern = path(address, self.admin_site.admin_view(view), name=name)
        return made
