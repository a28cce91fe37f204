"""«Загрузки данных»: handing in a package, what it would change, applying, the report, undoing."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.http import content_disposition_header
from django.utils.safestring import SafeString
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET, require_http_methods

from accounts.admin import links
from accounts.models import User
from cabinet import formats, keys
from cabinet.office import ReadOnlyAdmin
from exchange.incoming import reporting, undoing, waiting
from exchange.incoming.errors import PackageError
from exchange.incoming.uploading import PackageForm, PackageUploadHandler
from exchange.models import Import

REFUSED = 422
SHOWN_REFUSALS = 200
_STATES = {
    Import.State.CHECKED: "info",
    Import.State.APPLIED: "ok",
    Import.State.REFUSED: "bad",
    Import.State.FAILED: "bad",
    Import.State.UNDONE: "plain",
}
# Over the values of changed rows; those of a package that did not go in are only its own.
_AFTER = {
    Import.State.CHECKED: "Станет",
    Import.State.APPLIED: "Стало",
    Import.State.UNDOING: "Стало",
    Import.State.UNDONE: "Стало",
}


@admin.register(Import)
class ImportAdmin(ReadOnlyAdmin):
    """Packages that came, and a page for each from its upload to its undoing."""

    list_display = ("number", "name", "status", "data_of", "came", "did")
    list_display_links = ("number", "name")
    list_filter = ("state", "source")
    list_select_related = ("created_by",)
    search_fields = ("name", "sha256")
    search_help_text = "Имя пакета или SHA-256 описи"
    ordering = ("-pk",)
    change_list_template = "admin/contracts/list.html"

    @admin.display(description="№", ordering="pk")
    def number(self, row: Import) -> str:
        """The number of the load."""
        return str(row.pk)

    @admin.display(description="состояние", ordering="state")
    def status(self, row: Import) -> SafeString:
        """As look.md draws it."""
        return state_of(row)

    @admin.display(description="данные на", ordering="as_of")
    def data_of(self, row: Import) -> str:
        """«23.11.2026 06:00»."""
        return formats.moment(row.as_of)

    @admin.display(description="получен", ordering="created_at")
    def came(self, row: Import) -> str:
        """When, how and from whom."""
        who = f", {row.created_by.short_name}" if row.created_by else ""
        return f"{formats.moment(row.created_at)}, {row.get_source_display()}{who}"

    @admin.display(description="итог")
    def did(self, row: Import) -> str:
        """One sentence."""
        return reporting.in_short(row)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the way to hand in a package, and what did not go in of late."""
        load = (reverse("admin:exchange_import_load"), "Загрузить пакет")
        tools = [load] if may_load(request) else []
        extra = {"tools": tools, "warnings": reporting.warnings()}
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        """Adds the upload, how far it is, the page's buttons and the refused rows."""
        site = self.admin_site.admin_view
        act = require_http_methods(["POST"])(self.act_view)
        return [
            path("load/", site(self.load_view), name="exchange_import_load"),
            path(
                "<int:pk>/state/",
                site(require_GET(self.state_view)),
                name="exchange_import_state",
            ),
            path("<int:pk>/act/", site(act), name="exchange_import_act"),
            path(
                "<int:pk>/refused/<slug:table>.csv",
                site(require_GET(self.refused_view)),
                name="exchange_import_refused",
            ),
            *super().get_urls(),
        ]

    # The larger limit must be set before the form's token is looked for in the body.
    @method_decorator(csrf_exempt)
    def load_view(self, request: HttpRequest) -> HttpResponse:
        """«Загрузить пакет»: a file, then the page that tells how its check goes."""
        if not may_load(request):
            raise PermissionDenied("Загружать пакеты биллинга могут не все сотрудники.")
        request.upload_handlers = [PackageUploadHandler(request)]
        return self._load(request)

    @method_decorator(csrf_protect)
    def _load(self, request: HttpRequest) -> HttpResponse:
        is_sent = request.method == "POST"
        form = PackageForm(request.POST, request.FILES) if is_sent else PackageForm()
        if is_sent and form.is_valid():
            attempt = waiting.receive(upload=form.cleaned_data["file"], user=_user(request))
            return redirect("admin:exchange_import_change", attempt.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Загрузить пакет",
            "form": form,
        }
        status = REFUSED if form.errors else 200
        return TemplateResponse(request, "admin/exchange/import/load.html", context, status=status)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page of a load: progress, what would change, the report."""
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        attempt = self._found(request, object_id)
        refusals = attempt.refusals.order_by("pk")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Загрузка № {attempt.pk}",
            "attempt": attempt,
            "state": state_of(attempt),
            "summary": "" if attempt.is_working else reporting.summary(attempt),
            "tables": reporting.tables(attempt),
            "after_words": _AFTER.get(Import.State(attempt.state), "В пакете"),
            "mended_by": attempt.mended_by.order_by("pk"),
            "refusals": list(refusals[:SHOWN_REFUSALS]),
            "refused_tables": reporting.tables_refused(attempt),
            "may_load": may_load(request),
            "may_undo": may_undo(request) and not undoing.why_not(attempt),
            "may_repeat": may_load(request) and waiting.may_repeat(attempt),
            "asks_undo": "undo" in request.GET,
            "may_mend": may_load(request) and attempt.state == "refused" and attempt.path,
        }
        return TemplateResponse(request, "admin/exchange/import/report.html", context)

    def state_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, for the page that waits."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        attempt = get_object_or_404(self.get_queryset(request), pk=pk)
        return JsonResponse(
            {
                "is_working": attempt.is_working,
                "percent": attempt.percent,
                "stage": attempt.stage,
            }
        )

    def act_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What the page's buttons do.

        Raises:
            PermissionDenied: no right to it.
        """
        attempt = get_object_or_404(self.get_queryset(request), pk=pk)
        user, done = _user(request), False
        match request.POST.get("do"):
            case "apply" if may_load(request):
                done = waiting.approve(attempt, user=user)
            case "drop" if may_load(request):
                done = waiting.drop(attempt)
            case "repeat" if may_load(request):
                done = waiting.repeat(attempt)
            case "undo" if may_undo(request):
                done = waiting.undo(attempt, user=user)
            case "mend" if may_load(request):
                return self._mend(request, attempt)
            case _:
                raise PermissionDenied
        if not done:
            words = "Ничего не изменилось: состояние загрузки уже другое."
            self.message_user(request, words, messages.WARNING)
        return redirect("admin:exchange_import_change", attempt.pk)

    def _mend(self, request: HttpRequest, attempt: Import) -> HttpResponse:
        """Mended rows come back; the page is that of a new check."""
        files = {
            table: file
            for table in reporting.tables_refused(attempt)
            if isinstance(file := request.FILES.get(table), UploadedFile)
        }
        try:
            if files:
                attempt = waiting.mend(attempt, files=files, user=_user(request))
            else:
                self.message_user(request, "Выберите файл с исправлениями.", messages.ERROR)
        except PackageError as error:
            self.message_user(request, f"Исправления не приняты: {error}.", messages.ERROR)
        return redirect("admin:exchange_import_change", attempt.pk)

    def refused_view(self, request: HttpRequest, pk: int, table: str) -> HttpResponse:
        """The refused rows of a table, to be mended and handed in again."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        attempt = get_object_or_404(self.get_queryset(request), pk=pk)
        if table not in reporting.tables_refused(attempt):
            raise Http404
        name = f"{table}-{attempt.pk}-отклонено.csv"
        answer: Any = StreamingHttpResponse(
            reporting.refused_rows(attempt, table), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = content_disposition_header(True, name)
        return answer  # type: ignore[no-any-return]

    def _found(self, request: HttpRequest, object_id: str) -> Import:
        rows = self.get_queryset(request)
        found: Import = get_object_or_404(
            rows.select_related("created_by", "applied_by", "undone_by"), pk=keys.read(object_id)
        )
        return found


def may_load(request: HttpRequest) -> bool:
    """Whether this person hands in packages and applies them."""
    return request.user.has_perm("exchange.add_import")


def may_undo(request: HttpRequest) -> bool:
    """Whether this person undoes them."""
    return request.user.has_perm("exchange.change_import")


def state_of(attempt: Import) -> SafeString:
    """The state of an import as look.md draws it."""
    modifier = _STATES.get(Import.State(attempt.state), "info")
    return links.status(modifier, attempt.get_state_display())


def _user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)  # noqa: S101 - the office's door lets in no other
    return request.user
