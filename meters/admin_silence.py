"""«Кто не передал показания»: the office's list on the days of the term, and «Напомнить»."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST, require_safe

from accounts.visitor import user_of
from cabinet import formats, keys
from cabinet.office import ReadOnlyAdmin, contracts_for
from cabinet.sheets import Cell, Column, table_response
from contracts.models import Branch, Specialist
from contracts.periods import Month
from meters import office_reminders, silence, window
from meters.models import OfficeReminder

REFUSED = 422
# Contracts on a page, and in a table to save.
PAGE_ROWS, FILE_ROWS, CHUNK = 100, 40_000, 2_000
_KINDS = {"csv", "xlsx"}
COLUMNS = (
    Column(title="Отделение", width=24),
    Column(title="Специалист", width=28),
    Column(title="Договор", width=16),
    Column(title="Клиент", width=36),
    Column(title="ИНН", width=14),
    Column(title="Телефон клиента", width=20),
    Column(title="Кто передаёт показания", width=60),
    Column(title="Точек передано", width=15),
    Column(title="Точек всего", width=12),
    Column(title="Последнее напоминание", width=34),
)


class SilenceForm(forms.Form):
    """Which month, and what the list is cut to."""

    period = forms.ChoiceField(label="Период", required=False)
    branch = forms.ModelChoiceField(
        label="Отделение", queryset=Branch.objects.all(), required=False, empty_label="все"
    )
    specialist = forms.ModelChoiceField(
        label="Специалист", queryset=Specialist.objects.none(), required=False, empty_label="все"
    )
    only_silent = forms.ChoiceField(
        label="Что передано",
        choices=[("", "не всё или ничего"), ("1", "ничего")],
        required=False,
    )

    def __init__(self, data: Any, *, request: HttpRequest) -> None:
        super().__init__(data)
        own = contracts_for(request)
        self._within = None if own is None else tuple(own.values_list("pk", flat=True))
        self.months = {window.code(month): month for month in silence.months()}
        choices = [(code, str(month)) for code, month in self.months.items()]
        self.fields["period"].choices = choices  # type: ignore[attr-defined]
        self.fields["specialist"].queryset = silence.holders()  # type: ignore[attr-defined]
        for field in self.fields.values():
            field.error_messages["invalid_choice"] = "Такого в списке нет."

    @property
    def month(self) -> Month:
        """The chosen one, else the one whose term runs."""
        self.is_valid()  # so that there is cleaned data, whatever it lacks
        chosen = self.cleaned_data.get("period") or ""
        return self.months.get(chosen) or next(iter(self.months.values()))

    @property
    def code(self) -> str:
        """The month as an address carries it."""
        return window.code(self.month)

    @property
    def filters(self) -> silence.Filters:
        """What the fields mean; everything, while one of them is refused.

        Of whoever is confined to some contracts, these alone.
        """
        if not self.is_valid():
            return silence.Filters(contracts=self._within)
        values = self.cleaned_data
        return silence.Filters(
            branch=values["branch"],
            specialist=values["specialist"],
            only_silent=bool(values["only_silent"]),
            contracts=self._within,
        )

    def among(self, contracts: tuple[int, ...]) -> silence.Filters:
        """These contracts, as far as they are this person's to see."""
        within = self._within
        own = contracts if within is None else tuple(set(contracts).intersection(within))
        return silence.Filters(contracts=own)

    def query(self, **more: object) -> str:
        """The same choice for an address."""
        names = ("branch", "specialist", "only_silent")
        given = {name: self.data[name] for name in names if self.data.get(name)}
        return urlencode({"period": self.code, **given, **more})

    @property
    def words(self) -> str:
        """«отделение «Северное», специалист Мельник И. П.»; of everybody, «все отделения»."""
        chosen = self.filters
        parts = [f"отделение «{chosen.branch}»"] if chosen.branch else []
        parts += [f"специалист {chosen.specialist.short_name}"] if chosen.specialist else []
        parts += ["кто не передал ничего"] if chosen.only_silent else []
        return ", ".join(parts) or "все отделения"


@admin.register(OfficeReminder)
class OfficeReminderAdmin(ReadOnlyAdmin):
    """Who reminded whom; the list of the silent is a page of it."""

    list_display = (
        "asked_at", "title", "period_words", "asked_by", "asked", "told", "letters", "done_at",
    )  # fmt: skip
    list_select_related = ("asked_by",)
    ordering = ("-pk",)
    sortable_by = ()
    change_list_template = "admin/contracts/list.html"
    fields = readonly_fields = (
        "asked_at", "asked_by", "title", "period_words", "asked", "told", "letters", "done_at",
    )  # fmt: skip

    def confine(self, rows: QuerySet[Any], contracts: QuerySet[Any]) -> QuerySet[Any]:
        """Reminders of one of the contracts at least; whom else they reached is a number."""
        return rows.filter(contracts__overlap=ArraySubquery(contracts.order_by().values("pk")))

    @admin.display(description="период")
    def period_words(self, reminder: OfficeReminder) -> str:
        """«ноябрь 2026»."""
        return formats.month(reminder.period)

    @admin.display(description="договоров")
    def asked(self, reminder: OfficeReminder) -> int:
        """How many had not handed in everything."""
        return len(reminder.contracts)

    def has_remind_permission(self, request: HttpRequest) -> bool:
        """Whether this person has letters written."""
        return request.user.has_perm("meters.add_officereminder")

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """With the way to the list of the silent."""
        tools = [(reverse("admin:meters_silent"), "Кто не передал показания")]
        return super().changelist_view(request, {"tools": tools, **(extra_context or {})})

    def get_urls(self) -> list[URLPattern]:
        """Adds the list, its tables to save, and «Напомнить»."""
        view = self.admin_site.admin_view
        return [
            path("silent/", view(require_safe(self.silent_view)), name="meters_silent"),
            path(
                "silent.<str:kind>", view(require_safe(self.file_view)), name="meters_silent_file"
            ),
            path("remind/", view(require_POST(self.remind_view)), name="meters_silent_remind"),
            *super().get_urls(),
        ]

    def silent_view(self, request: HttpRequest) -> HttpResponse:
        """The list, a page of it.

        Raises:
            PermissionDenied: no right to look at reminders.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        form = SilenceForm(request.GET, request=request)
        number = _page_number(request)
        count, found = silence.count_and_keys(
            form.month, form.filters, limit=PAGE_ROWS, offset=(number - 1) * PAGE_ROWS
        )
        context = {
            **self._frame(request, form, "Кто не передал показания"),
            "rows": silence.rows(form.month, found),
            "count": count,
            "page": number,
            "earlier": form.query(page=number - 1) if number > 1 else "",
            "later": form.query(page=number + 1) if number * PAGE_ROWS < count else "",
            "form_key": uuid.uuid4(),
        }
        status = REFUSED if form.errors else 200
        return TemplateResponse(request, "admin/meters/silent.html", context, status=status)

    def file_view(self, request: HttpRequest, kind: str) -> HttpResponse:
        """The whole list as a table to save.

        Raises:
            PermissionDenied: no right to look at reminders.
            Http404: no such kind of table.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        if kind not in _KINDS:
            raise Http404
        form = SilenceForm(request.GET, request=request)
        return table_response(
            kind,  # type: ignore[arg-type] # one of the two, checked above
            filename=f"Не передали показания, {form.month}",
            columns=COLUMNS,
            rows=_cells(form),
            title="Не передали",
            above=[f"Не передали показания за {form.month}: {form.words}"],
        )

    def remind_view(self, request: HttpRequest) -> HttpResponse:
        """«Напомнить» the chosen contracts, or all of the list after a question.

        Raises:
            PermissionDenied: no right to have letters written.
        """
        if not self.has_remind_permission(request):
            raise PermissionDenied("Напоминать клиентам могут сотрудники, которым это разрешено.")
        form = SilenceForm(request.POST, request=request)
        back = f"{reverse('admin:meters_silent')}?{form.query()}"
        is_all = "all" in request.POST
        chosen = form.filters if is_all else form.among(_chosen(request))
        count, found = silence.count_and_keys(form.month, chosen)
        if not found or not form.is_valid():
            messages.warning(request, "Напоминать некому: выберите договоры, которые не передали.")
            return redirect(back)
        if is_all and "confirmed" not in request.POST:
            return self._question(request, form, count, back)
        asked = office_reminders.ask(
            contracts=[line[0] for line in found],
            period=form.month,
            title=form.words if is_all else formats.counted(count, *_CONTRACTS),
            by=user_of(request),
            form_key=_form_key(request),
        )
        messages.success(request, _outcome(asked))
        return redirect(back)

    def _question(
        self, request: HttpRequest, form: SilenceForm, count: int, back: str
    ) -> HttpResponse:
        context = {
            **self._frame(request, form, "Напомнить всем"),
            "count": formats.counted(count, *_CONTRACTS),
            "back": back,
            "form_key": _form_key(request),
        }
        return TemplateResponse(request, "admin/meters/remind.html", context)

    def _frame(self, request: HttpRequest, form: SilenceForm, title: str) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": title,
            "form": form,
            "month": formats.for_month(form.month.first_day),
            "due": silence.due_words(form.month),
            "query": form.query(),
            "may_remind": self.has_remind_permission(request),
        }


_CONTRACTS = ("договор", "договора", "договоров")


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1


def _chosen(request: HttpRequest) -> tuple[int, ...]:
    return tuple(keys.read_all(request.POST.getlist("contract")))


def _form_key(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("form_key", ""))
    except ValueError:
        return uuid.uuid4()


def _outcome(asked: OfficeReminder) -> str:
    if asked.done_at is None:
        words = formats.counted(len(asked.contracts), *_CONTRACTS)
        return f"Напоминание записано: {words}. Письма уйдут в ближайшие минуты."
    letters = formats.counted(asked.letters, "письмо", "письма", "писем")
    told = f"Напоминание отправлено: {letters}."
    left = len(asked.contracts) - asked.told
    if not left:
        return told
    words = formats.counted(left, "договору", "договорам", "договорам")
    return (
        f"{told if asked.letters else 'Писем не отправлено.'} По {words} писать некому: нет доступа"
        " с правом передачи или e-mail, человек отказался от напоминаний, либо ему уже напомнили"
        " сегодня."
    )


def _cells(form: SilenceForm) -> Iterator[Sequence[Cell]]:
    """The rows of the table, a few thousand at a time."""
    _, found = silence.count_and_keys(form.month, form.filters, limit=FILE_ROWS)
    for first in range(0, len(found), CHUNK):
        for row in silence.rows(form.month, found[first : first + CHUNK]):
            yield (
                row.contract.branch.name,
                row.specialist.full_name if row.specialist else "",
                row.contract.number,
                row.contract.client.short_name,
                row.contract.client.inn,
                row.contract.client.phone,
                "; ".join(
                    " ".join(filter(None, (one.name, one.phone, one.email))) for one in row.people
                ),
                row.done,
                row.points,
                row.reminded.replace(formats.NBSP, " "),
            )
