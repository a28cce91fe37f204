"""«Списки на выдачу доступа»: many people from a table, printed, signed and issued together."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from accounts import journal
from accounts.admin import links, steps
from accounts.admin.clients import REFUSED, may_issue
from accounts.admin.issuing_admin import IssuingAdmin
from accounts.admin.list_forms import SignListForm, UploadForm
from accounts.lists import deeds, table
from accounts.models import Enrolment, EnrolmentList
from accounts.visitor import user_of
from cabinet import files, formats, sheets

State = Enrolment.State


@admin.register(EnrolmentList)
class EnrolmentListAdmin(IssuingAdmin):
    """A list's page shows what would be done, and after the confirmation how far each row is."""

    list_display = ("link", "rows_total", "state", "who", "when")
    list_display_links = None
    list_select_related = ("created_by",)
    search_fields = ("name", "sha256")
    search_help_text = "Имя файла"
    change_list_template = "admin/accounts/enrolmentlist/change_list.html"

    @admin.display(description="файл", ordering="name")
    def link(self, kept: EnrolmentList) -> SafeString | str:
        """To the list's page."""
        return links.to(kept)

    @admin.display(description="строк")
    def rows_total(self, kept: EnrolmentList) -> int:
        """How many people."""
        return len(kept.rows)

    @admin.display(description="состояние", ordering="confirmed_at")
    def state(self, kept: EnrolmentList) -> SafeString:
        """Whether anything came of it."""
        if kept.confirmed_at is None:
            return links.status("plain", "не подтверждён")
        return links.status("ok", f"подтверждён {formats.day(kept.confirmed_at.date())}")

    @admin.display(description="загрузил", ordering="created_by__last_name")
    def who(self, kept: EnrolmentList) -> str:
        """Who of the office."""
        return kept.created_by.short_name

    @admin.display(description="когда", ordering="created_at")
    def when(self, kept: EnrolmentList) -> str:
        """When it came."""
        return formats.moment(kept.created_at)

    def get_urls(self) -> list[URLPattern]:
        """The list's pages before Django's own."""
        return [
            self.own_page(self.upload, "new/", "new"),
            self.own_page(self.blank, "blank.<str:kind>", "blank"),
            self.own_page(self.show, "<int:pk>/change/", "change"),
            self.own_page(self.confirm, "<int:pk>/confirm/", "confirm"),
            self.own_page(self.agreements, "<int:pk>/agreements.pdf", "agreements"),
            self.own_page(self.sign, "<int:pk>/sign/", "sign"),
            self.own_page(self.slips, "<int:pk>/slips.pdf", "slips"),
            *super().get_urls(),
        ]

    def upload(self, request: HttpRequest) -> HttpResponse:
        """«Загрузить список»."""
        _require_issuing(request)
        form = UploadForm(
            request.POST or None, request.FILES or None, initial={"form_key": uuid.uuid4()}
        )
        if request.method == "POST" and form.is_valid():
            try:
                kept = deeds.keep(
                    form.cleaned_data["file"],
                    by=user_of(request),
                    form_key=form.cleaned_data["form_key"],
                    request=request,
                )
            except sheets.SheetRefused as refusal:
                form.add_error("file", str(refusal))
            else:
                return redirect("admin:accounts_enrolmentlist_change", kept.pk)
        context = {"title": "Загрузить список", "form": form, "most": table.ROWS_MAX}
        return self._page(request, "upload", context, form)

    @method_decorator(require_safe)
    def blank(self, request: HttpRequest, kind: str) -> HttpResponse:
        """The table to be filled in."""
        _require_issuing(request)
        if kind not in ("csv", "xlsx"):
            raise Http404
        content = table.blank("csv" if kind == "csv" else "xlsx")
        return sheets.file_response(
            "csv" if kind == "csv" else "xlsx",
            filename="Список на выдачу доступа",
            content=content,
        )

    @method_decorator(require_safe)
    def show(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Verdicts row by row; after the confirmation, the enrolments."""
        if not self.has_view_permission(request):
            raise PermissionDenied(steps.NOT_YOURS)
        kept = self._kept(request, pk)
        if kept.confirmed_at is None:
            return self._verdicts(request, kept)
        return self._enrolments(request, kept, None)

    @method_decorator(require_POST)
    def confirm(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Оформить»: every row without a fault."""
        _require_issuing(request)
        try:
            deeds.confirm(kept=self._kept(request, pk), by=user_of(request), request=request)
        except deeds.NothingToConfirm as error:
            messages.error(request, str(error))
        return redirect("admin:accounts_enrolmentlist_change", pk)

    @method_decorator(require_safe)
    def agreements(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The agreements of the list in one PDF, once a worker has made it."""
        _require_issuing(request)
        kept = self._kept(request, pk)
        if not kept.path:
            messages.info(request, "Соглашения ещё готовятся. Обновите страницу через минуту.")
            return redirect("admin:accounts_enrolmentlist_change", pk)
        if request.method == "GET":
            journal.record(
                journal.Action.FILE_OPENED, request=request, subject=f"Соглашения по списку {kept}"
            )
        return files.hand_out(
            storage=default_storage,
            path=kept.path,
            filename=f"Соглашения {kept.pk}.pdf",
            content_type="application/pdf",
            inline=True,
        )

    @method_decorator(require_POST)
    def sign(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Отметить подписанными»: one day, each with its scan or all with one."""
        _require_issuing(request)
        kept, by = self._kept(request, pk), user_of(request)
        form = SignListForm(request.POST, request.FILES, enrolments=_waiting(kept))
        form.full_clean()
        form.keep_scans(by)
        if form.is_valid():
            outcome = deeds.sign(
                enrolments=form.chosen,
                signed_on=form.cleaned_data["signed_on"],
                by=by,
                request=request,
            )
            _tell(request, outcome, "Отмечено подписанными")
            return redirect("admin:accounts_enrolmentlist_change", pk)
        return self._enrolments(request, kept, form)

    @method_decorator(sensitive_variables("content"))
    @method_decorator(require_POST)
    def slips(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Выдать доступ»: all that is signed; the slips come once, as this answer."""
        _require_issuing(request)
        kept = self._kept(request, pk)
        content, outcome = deeds.issue(kept=kept, by=user_of(request), request=request)
        _tell(request, outcome, "Доступ открыт")
        if content is None:
            return redirect("admin:accounts_enrolmentlist_change", pk)
        return files.pdf_response(content, filename=f"Листки {kept.pk}.pdf", inline=False)

    def _verdicts(self, request: HttpRequest, kept: EnrolmentList) -> HttpResponse:
        verdicts = deeds.verdicts(kept)
        good = sum(1 for verdict in verdicts if not verdict.errors)
        context = {
            "title": "Проверьте список",
            "kept": kept,
            "verdicts": verdicts,
            "good": formats.counted(good, "строку", "строки", "строк") if good else "",
            "bad": len(verdicts) - good,
            "may_issue": may_issue(request),
        }
        return self._page(request, "verdicts", context)

    def _enrolments(
        self, request: HttpRequest, kept: EnrolmentList, form: SignListForm | None
    ) -> HttpResponse:
        rows = list(kept.enrolments.with_names().select_related("scan").order_by("row_number"))
        form = form or SignListForm(enrolments=_waiting(kept))
        may = may_issue(request)
        count = {state: sum(1 for one in rows if one.state == state) for state in State}
        context = {
            "title": "Список на выдачу доступа",
            "kept": kept,
            "form": form,
            "rows": [(one, steps.address_of(one) if may else "", form.row_of(one)) for one in rows],
            "printed": count[State.PRINTED],
            "signed": count[State.SIGNED],
            "refused": [row for row in kept.rows if row.get("errors")],
            "confirmed_at": formats.moment(kept.confirmed_at),
            "may_issue": may,
        }
        return self._page(request, "enrolments", context, form)

    def _page(
        self,
        request: HttpRequest,
        name: str,
        context: dict[str, Any],
        form: forms.Form | None = None,
    ) -> HttpResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.opts}
        status = REFUSED if form is not None and form.errors else 200
        template = f"admin/accounts/enrolmentlist/{name}.html"
        return TemplateResponse(request, template, {**frame, **context}, status=status)

    def _kept(self, request: HttpRequest, pk: int) -> EnrolmentList:
        found: EnrolmentList = get_object_or_404(self.get_queryset(request), pk=pk)
        return found


def _require_issuing(request: HttpRequest) -> None:
    if not may_issue(request):
        raise PermissionDenied(steps.NOT_YOURS)


def _waiting(kept: EnrolmentList) -> list[Enrolment]:
    rows = kept.enrolments.with_names().select_related("scan").filter(state=State.PRINTED)
    return list(rows.order_by("row_number"))


def _tell(request: HttpRequest, outcome: deeds.Outcome, words: str) -> None:
    for refusal in outcome.refusals:
        messages.error(request, refusal)
    if outcome.done:
        messages.success(request, f"{words}: {outcome.done}.")
