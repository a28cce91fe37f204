"""«Партии выгрузки»: what left for billing, its files, and billing's answers."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from django.views.decorators.http import require_http_methods, require_safe

from accounts.admin import links
from accounts.visitor import user_of
from cabinet import files, formats
from cabinet.office import ReadOnlyAdmin
from exchange.admin.orders import AnswerForm, headline, readable_kinds
from exchange.models import (
    OutgoingBatch,
    OutgoingCase,
    OutgoingFile,
    OutgoingOrder,
    OutgoingReading,
)
from exchange.outgoing import batch_files, batch_rows, batching, orders

REFUSED = 422
Kind = OutgoingBatch.Kind


@admin.register(OutgoingBatch)
class OutgoingBatchAdmin(ReadOnlyAdmin):
    """Batches: made, looked at, fetched, answered; never changed."""

    list_display = ("name", "made_at", "author", "row_count", "answer_state")
    list_filter = ("kind", "made_at")
    list_select_related = ("made_by",)
    search_fields = ("number",)
    search_help_text = "Номер партии, квитанции или обращения"
    change_list_template = "admin/exchange/outgoingbatch/list.html"

    @admin.display(description="партия", ordering="number")
    def name(self, batch: OutgoingBatch) -> str:
        """«Показания, партия № 7»."""
        return str(batch)

    @admin.display(description="кто выгрузил", ordering="made_by__last_name")
    def author(self, batch: OutgoingBatch) -> str:
        """A person, or the portal itself."""
        return batch.made_by.short_name if batch.made_by else "портал"

    @admin.display(description="строк", ordering="rows")
    def row_count(self, batch: OutgoingBatch) -> str:
        """With thousands apart."""
        return formats.quantity(batch.rows)

    @admin.display(description="ответ биллинга", ordering="answered")
    def answer_state(self, batch: OutgoingBatch) -> SafeString:
        """«на 10 из 12», in the colour of how much is missing."""
        return state_of(batch)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By the batch's number, or by that of a receipt or case: in which batch did it leave?"""
        term = search_term.strip().upper()
        if not term:
            return queryset, False
        if term.isascii() and term.isdecimal() and len(term) < 10:
            return queryset.filter(number=int(term)), False
        readings = OutgoingReading.objects.filter(reading__submission__number=term)
        cases = OutgoingCase.objects.filter(message__number=term)
        batches = Q(pk__in=readings.values("batch")) | Q(pk__in=cases.values("batch"))
        return queryset.filter(batches), False

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingBatch]:
        """Batches of what this person may read anyway."""
        found: QuerySet[OutgoingBatch] = super().get_queryset(request)
        return found.filter(kind__in=readable_kinds(request))

    def has_make_permission(self, request: HttpRequest) -> bool:
        """Whether this person makes batches."""
        return request.user.has_perm("exchange.add_outgoingbatch")

    def has_answer_permission(self, request: HttpRequest) -> bool:
        """Whether this person takes billing's answers."""
        return request.user.has_perm("exchange.change_outgoingbatch")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Adds «Выгрузить новые», what is being made, and what was not."""
        tools = [(reverse("admin:exchange_outgoingbatch_new"), "Выгрузить новые")]
        tools = tools if self.has_make_permission(request) else []
        extra = {
            "tools": [*tools, (reverse("admin:exchange_outgoingorder_changelist"), "Поручения")],
            "orders": _outstanding(),
        }
        return super().changelist_view(request, {**extra, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        """What is made, fetched and answered."""
        view, name = self.admin_site.admin_view, "exchange_outgoingbatch"
        change = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path("new/", view(change(self.new_view)), name=f"{name}_new"),
            path("<int:pk>/answer/", view(change(self.answer_view)), name=f"{name}_answer"),
            path(
                "<int:pk>/file/<str:format>/", view(require_safe(self.file_view)),
                name=f"{name}_file",
            ),
            *super().get_urls(),
        ]  # fmt: skip

    def new_view(self, request: HttpRequest) -> HttpResponse:
        """«Выгрузить новые»: what waits, by kind, and a button that orders a batch of it.

        Raises:
            PermissionDenied: no right to make batches.
        """
        if not self.has_make_permission(request):
            raise PermissionDenied("Выгружать может тот, у кого есть право добавлять партии.")
        kind = request.POST.get("kind", "")
        if request.method == "POST" and kind in Kind.values:
            order = orders.order_batch(kind=kind, by=user_of(request))
            return redirect("admin:exchange_outgoingorder_change", order.pk)
        outstanding = _outstanding(deed=OutgoingOrder.Deed.MAKE)
        in_work = {order.kind: order for order, _ in outstanding if order.is_in_work}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Выгрузить новые",
            "orders": outstanding,
            "kinds": [
                {**_waiting(code, label), "order": in_work.get(code)}
                for code, label in Kind.choices
            ],
        }
        return TemplateResponse(request, "admin/exchange/outgoingbatch/new.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The batch: facts, files, answers, and a page of its rows.

        Raises:
            Http404: there is no such batch.
            PermissionDenied: no right to see batches; nobody changes one.
        """
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        batch = self.get_object(request, object_id)
        if batch is None:
            raise Http404
        shown = request.GET.get("show", "")
        page = batch_rows.page(batch, request.GET.get("page", ""), shown)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(batch),
            "batch": batch,
            "author": self.author(batch),
            "state": state_of(batch),
            "row_count": formats.quantity(batch.rows),
            "formats": OutgoingFile.Format.choices,
            "answer_files": batch.answer_files.select_related("taken_by"),
            "orders": _outstanding(batch=batch),
            "may_answer": self.has_answer_permission(request),
            "heads": batch_rows.heads(batch),
            "rows": batch_rows.rows(batch, page),
            "page": page,
            "shown": shown,
            "filters": batch_rows.SHOWN.items(),
        }
        return TemplateResponse(request, "admin/exchange/outgoingbatch/batch.html", context)

    def file_view(self, request: HttpRequest, pk: int, format: str) -> HttpResponseBase:
        """A file of the batch, with a line in the journal; a HEAD request leaves none.

        Raises:
            Http404: there is no such batch or format.
            PermissionDenied: no right to see batches.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        batch = get_object_or_404(self.get_queryset(request), pk=pk)
        if format not in OutgoingFile.Format.values:
            raise Http404
        file = batch_files.file_of(batch, format)
        if request.method == "GET":
            batch_files.journal_leaving(batch, format, request=request)
        return files.hand_out(
            storage=default_storage,
            path=file.path,
            filename=f"{batch.stem}.{format}",
            content_type=batch_files.CONTENT_TYPES[format],
        )

    def answer_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Загрузить ответ»: a file, then the page that waits until it is taken.

        Raises:
            Http404: there is no such batch.
            PermissionDenied: no right to take answers.
        """
        if not self.has_answer_permission(request):
            raise PermissionDenied("Загружать ответы может тот, у кого есть право менять партии.")
        batch = get_object_or_404(self.get_queryset(request), pk=pk)
        is_sent = request.method == "POST"
        form = AnswerForm(request.POST, request.FILES) if is_sent else AnswerForm()
        if is_sent and form.is_valid() and (order := _ordered(request, form, batch)):
            return redirect("admin:exchange_outgoingorder_change", order.pk)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Загрузить ответ биллинга",
            "batch": batch,
            "form": form,
            "orders": _outstanding(batch=batch),
        }
        return TemplateResponse(
            request,
            "admin/exchange/outgoingbatch/answer.html",
            context,
            status=REFUSED if form.errors else 200,
        )


def _ordered(request: HttpRequest, form: AnswerForm, batch: OutgoingBatch) -> OutgoingOrder | None:
    """The order to take the file of the form; None: another one is being taken, the field says."""
    upload = form.cleaned_data["file"]
    try:
        return orders.order_taking(batch=batch, upload=upload, by=user_of(request))
    except orders.Busy as busy:
        words = f"К этой партии уже принимается файл «{busy.order.name}»."
        form.add_error("file", f"{words} Дождитесь итога и загрузите свой.")
    return None


def state_of(batch: OutgoingBatch) -> SafeString:
    """«на 10 из 12» as look.md draws a state."""
    if not batch.answered:
        return links.status("plain", "ответа ещё нет")
    if batch.answered == batch.rows:
        return links.status("ok", "на все строки")
    answered, rows = formats.quantity(batch.answered), formats.quantity(batch.rows)
    return links.status("info", f"на {answered} из {rows}")


def _outstanding(**which: Any) -> list[tuple[OutgoingOrder, str]]:
    """Orders that are in work or were not carried out, each with its headline."""
    rows = OutgoingOrder.objects.outstanding().filter(**which)
    return [(order, headline(order)) for order in rows.select_related("batch", "ordered_by")]


def _waiting(code: str, label: Any) -> dict[str, Any]:
    """A kind, how much of it is new, and its latest batch."""
    count = batching.count_new(code)
    words = formats.quantity(count)
    rows: QuerySet[OutgoingBatch] = OutgoingBatch.objects.filter(kind=code)
    return {
        "code": code,
        "label": label,
        "count": count,
        "words": f"больше {words}" if count == batching.COUNTED_AT_MOST else words,
        "latest": rows.first(),
    }
