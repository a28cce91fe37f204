"""«Создание PDF»: how far it is, what failed and why, stopping and going on."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods

from accounts.admin import links
from accounts.models import User
from cabinet import formats, keys
from cabinet.office import ReadOnlyAdmin
from documents import batches
from documents.models import Batch, Document

FAILURES_SHOWN = 50


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """Batches that were, the page of the one that is."""

    list_display = ("started_at", "finished_at", "made", "failed", "state")
    ordering = ("-pk",)
    fields = readonly_fields = (
        "started_at", "finished_at", "made", "failed", "stopped_at", "stopped_by",
    )  # fmt: skip
    change_list_template = "admin/contracts/list.html"

    @admin.display(description="состояние")
    def state(self, batch: Batch) -> SafeString:
        """«идёт», «остановлена», «окончена»."""
        return state_of(batch)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the way to the present one."""
        tools = [("progress/", "Создание PDF сейчас")]
        return super().changelist_view(request, {"tools": tools, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        """Adds «Создание PDF»."""
        view = require_http_methods(["GET", "HEAD", "POST"])(self.progress_view)
        page = path("progress/", self.admin_site.admin_view(view), name="documents_batch_progress")
        return [page, *super().get_urls()]

    def progress_view(self, request: HttpRequest) -> HttpResponse:
        """The page, and what its buttons do.

        Raises:
            PermissionDenied: no right to see batches, or to do anything with them.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        may_change = request.user.has_perm("documents.change_batch")
        if request.method == "POST":
            if not may_change:
                raise PermissionDenied
            self.message_user(request, *_done(request))
            return redirect("admin:documents_batch_progress")
        batch = batches.current() or Batch.objects.first()
        failed = Document.objects.failed().defer("content").select_related("contract__client")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Создание PDF",
            "progress": batches.progress(batch) if batch else None,
            "state": state_of(batch) if batch else None,
            "left": left_in_words(batches.progress(batch)) if batch else "",
            "failed": list(failed[:FAILURES_SHOWN]),
            "failed_count": failed.order_by()[: batches.COUNTED_AT_MOST].count(),
            "may_change": may_change,
        }
        return TemplateResponse(request, "admin/documents/batch/progress.html", context)


def _done(request: HttpRequest) -> tuple[str, int]:
    """Do what was pressed; the sentence about it and how it is shown."""
    assert isinstance(request.user, User)  # noqa: S101 - the office's door lets in no other
    chosen = request.POST.get("document", "")
    match request.POST.get("do"):
        case "stop" if batches.stop(user=request.user):
            return (
                "Остановлено: начатые PDF будут доделаны, новых никто не берёт.",
                messages.SUCCESS,
            )
        case "resume" if batches.resume():
            return "Создание PDF продолжено.", messages.SUCCESS
        case "retry" if not chosen:
            return _waiting_again(batches.retry())
        case "retry" if (pk := keys.read(chosen)) is not None:
            return _waiting_again(batches.retry(documents=[pk]))
    return "Ничего не изменилось: состояние уже другое.", messages.WARNING


def _waiting_again(count: int) -> tuple[str, int]:
    words = formats.counted(count, "документ", "документа", "документов")
    return f"Снова ждут очереди: {words}.", messages.SUCCESS


def state_of(batch: Batch) -> SafeString:
    """The state of a batch as look.md draws it."""
    if batch.finished_at:
        return links.status("ok", "окончена")
    if batch.stopped_at:
        return links.status("warn", "остановлена")
    return links.status("info", "идёт")


def left_in_words(progress: batches.Progress) -> str:
    """«около 2 ч 15 мин»; empty when nobody can say."""
    if progress.left is None or progress.batch.finished_at:
        return ""
    minutes = max(1, round(progress.left.total_seconds() / 60))
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours}{formats.NBSP}ч"] if hours else []
    parts += [f"{rest}{formats.NBSP}мин"] if rest or not hours else []
    return f"около {' '.join(parts)}"
