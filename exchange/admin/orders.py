"""«Поручения выгрузки»: a page that waits for a batch or for an answer, and says how it ended."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_GET, require_POST

from accounts.admin import links
from accounts.visitor import user_of
from cabinet import formats
from cabinet.office import ReadOnlyAdmin
from exchange.models import OutgoingBatch, OutgoingOrder
from exchange.outgoing import orders

Deed = OutgoingOrder.Deed
State = OutgoingOrder.State

_COLOURS = {State.DONE: "ok", State.NOTHING: "plain", State.REFUSED: "bad", State.FAILED: "bad"}
# Who orders it, and so may order it again.
_RIGHTS = {Deed.MAKE: "exchange.add_outgoingbatch", Deed.TAKE: "exchange.change_outgoingbatch"}
# Who may see what a row of a batch is about sees the batch: its rows say what the client wrote.
_RIGHT_TO_ROW = {
    OutgoingBatch.Kind.READINGS: "meters.view_submission",
    OutgoingBatch.Kind.CASES: "messaging.view_message",
    OutgoingBatch.Kind.REQUESTS: "messaging.view_message",
}
# Without JavaScript a page asks again after a second, and after some of them less often.
_SOON, _LATER = 1, 5
# Of a page that waits. It shows nobody's data and asks again by itself: not being 200, it leaves no
# line in the journal each time (accounts/oversight.py).
ACCEPTED = 202


class AnswerForm(forms.Form):
    """Billing's answer to a batch."""

    file = forms.FileField(
        label="Файл ответа",
        help_text="CSV или XLSX: столбцы «Строка» (row) и «Ответ» (state), при отказе «Причина»"
        " (reason). Можно вернуть файл партии, дописав в него эти столбцы.",
        error_messages={"required": "Выберите файл.", "empty": "Файл пустой."},
    )


@admin.register(OutgoingOrder)
class OutgoingOrderAdmin(ReadOnlyAdmin):
    """Orders, and a page for each; who sees batches sees them too."""

    list_display = ("number", "what", "status", "ordered")
    list_display_links = ("number", "what")
    list_filter = ("deed", "kind", "state")
    list_select_related = ("batch", "ordered_by")

    @admin.display(description="№", ordering="pk")
    def number(self, order: OutgoingOrder) -> str:
        """The number of the order."""
        return str(order.pk)

    @admin.display(description="что")
    def what(self, order: OutgoingOrder) -> str:
        """«Показания: партия готовится»."""
        return headline(order)

    @admin.display(description="состояние", ordering="state")
    def status(self, order: OutgoingOrder) -> SafeString:
        """As look.md draws it."""
        return state_of(order)

    @admin.display(description="кто поручил", ordering="ordered_at")
    def ordered(self, order: OutgoingOrder) -> str:
        """«Зимина Н. В., 26.11.2026 18:14»."""
        return f"{order.ordered_by.short_name}, {formats.moment(order.ordered_at)}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutgoingOrder]:
        """Orders about batches that this person sees."""
        found: QuerySet[OutgoingOrder] = super().get_queryset(request)
        return found.filter(kind__in=readable_kinds(request))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether this person sees batches."""
        return request.user.has_perm("exchange.view_outgoingbatch")

    def has_module_permission(self, request: HttpRequest) -> bool:
        """The list of batches leads here, not the menu."""
        return False

    def get_urls(self) -> list[URLPattern]:
        """Adds how far it is, and «Повторить»."""
        view, name = self.admin_site.admin_view, "exchange_outgoingorder"
        return [
            path("<int:pk>/state/", view(require_GET(self.state_view)), name=f"{name}_state"),
            path("<int:pk>/repeat/", view(require_POST(self.repeat_view)), name=f"{name}_repeat"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Waits for the order's end; then the batch, or why there is none.

        Raises:
            Http404: there is no such order.
            PermissionDenied: no right to see batches; nobody changes an order.
        """
        if not self.has_view_permission(request) or request.method == "POST":
            raise PermissionDenied
        order = self.get_object(request, object_id)
        if order is None:
            raise Http404
        if order.batch and order.state in (State.DONE, State.NOTHING):
            messages.add_message(request, *_outcome(order, order.batch))
            return redirect("admin:exchange_outgoingbatch_change", order.batch.pk)
        if order.state == State.REFUSED:
            return self._refused(request, order)
        return self._course(request, order)

    def _course(self, request: HttpRequest, order: OutgoingOrder) -> HttpResponse:
        """Where it is; of one that led to nothing, why."""
        age = (timezone.now() - order.ordered_at).total_seconds()
        context = {
            **self.admin_site.each_context(request),
            "opts": OutgoingBatch._meta,
            "title": headline(order),
            "order": order,
            "state": state_of(order),
            "stage": stage_of(order),
            "renews_after": _SOON if age < 10 else _LATER,
            "may_repeat": may_order(request, order) and orders.may_repeat(order),
            "may_order": may_order(request, order),
        }
        status = ACCEPTED if order.is_in_work else 200
        name = "admin/exchange/outgoingorder/order.html"
        return TemplateResponse(request, name, context, status=status)

    def _refused(self, request: HttpRequest, order: OutgoingOrder) -> HttpResponse:
        """All that is wrong with the file, and the form for another one."""
        context = {
            **self.admin_site.each_context(request),
            "opts": OutgoingBatch._meta,
            "title": "Загрузить ответ биллинга",
            "batch": order.batch,
            "order": order,
            "form": AnswerForm() if may_order(request, order) else None,
            "problems": [("id_file", problem) for problem in order.problems],
        }
        return TemplateResponse(request, "admin/exchange/outgoingbatch/answer.html", context)

    def state_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """How far it is, for the page that waits.

        Raises:
            Http404: there is no such order.
            PermissionDenied: no right to see batches.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = get_object_or_404(self.get_queryset(request), pk=pk)
        return JsonResponse(
            {"is_working": order.is_in_work, "percent": order.percent, "stage": stage_of(order)}
        )

    def repeat_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Повторить» what was not carried out.

        Raises:
            Http404: there is no such order.
            PermissionDenied: no right to order it.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        order = get_object_or_404(self.get_queryset(request), pk=pk)
        if not may_order(request, order):
            raise PermissionDenied("Повторить может тот, кто может поручить.")
        again = orders.repeat(order, by=user_of(request))
        if again is None:
            words = "Ничего не изменилось: повторять нечего."
            messages.warning(request, words)
        elif again.pk != order.pk:
            messages.warning(request, f"Сначала закончится другое поручение: {headline(again)}.")
        return redirect("admin:exchange_outgoingorder_change", (again or order).pk)


def readable_kinds(request: HttpRequest) -> list[str]:
    """Of which kinds this person may read batches."""
    return [kind for kind, right in _RIGHT_TO_ROW.items() if request.user.has_perm(right)]


def may_order(request: HttpRequest, order: OutgoingOrder) -> bool:
    """Whether this person may order such a thing."""
    return request.user.has_perm(_RIGHTS[Deed(order.deed)])


def headline(order: OutgoingOrder) -> str:
    """What is done, or was not: «Показания: партия готовится»."""
    if order.deed == Deed.TAKE:
        words = {
            State.DONE: "ответ принят", State.NOTHING: "ответ уже был принят",
            State.REFUSED: "ответ не принят", State.FAILED: "принять ответ не удалось",
        }.get(State(order.state), "ответ принимается")  # fmt: skip
        return f"{order.batch}: {words}"
    words = {
        State.DONE: "партия выгружена", State.NOTHING: "новых нет",
        State.FAILED: "сделать партию не удалось",
    }.get(State(order.state), "партия готовится")  # fmt: skip
    return f"{str(order.get_kind_display()).capitalize()}: {words}"


def state_of(order: OutgoingOrder) -> SafeString:
    """The state of an order as look.md draws it."""
    return links.status(_COLOURS.get(State(order.state), "info"), order.get_state_display())


def stage_of(order: OutgoingOrder) -> str:
    """What is being done with it now."""
    return order.stage or str(order.get_state_display())


def _outcome(order: OutgoingOrder, batch: OutgoingBatch) -> tuple[int, str]:
    """How well it ended, and one sentence about it, on the page of the batch."""
    if order.deed == Deed.MAKE:
        return messages.SUCCESS, f"{batch} выгружена: {_rows_in_words(batch.rows)}."
    taken = batch.answer_files.get(sha256=order.sha256)
    if order.state == State.NOTHING:
        moment = formats.moment(taken.taken_at)
        return messages.WARNING, f"Этот файл уже принят {moment}, ничего не изменилось."
    rows, new = _rows_in_words(taken.rows), formats.quantity(taken.new)
    return messages.SUCCESS, f"Ответ принят: {rows}, новых {new}."


def _rows_in_words(count: int) -> str:
    return formats.counted(count, "строка", "строки", "строк")
