"""What the office's pages have in common."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NoReturn, cast

from django import forms
from django.apps import apps
from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import cached_property
from django.utils.text import capfirst

from cabinet import deeds, finding, formats, neighbours, overtaking, saying

# A list longer than this is searched, not leafed through.
COUNTED_AT_MOST = 10_000

_ASKED = "_contracts_of_this_person"


class CappedPaginator(Paginator):
    """Counts no further than `COUNTED_AT_MOST`: tens of millions of readings take seconds."""

    @cached_property
    def count(self) -> int:
        """The number of rows, or the cap."""
        rows: Any = self.object_list
        return int(rows.order_by()[:COUNTED_AT_MOST].count())


def money(column: str, description: str = "сумма, ₽", *, sorts: bool = True) -> Callable[..., Any]:
    """A column of roubles for `list_display`: «2 675 000,00», to the right (static/css/office.css).

    `column`: of the row, or annotated; `sorts`: whether the list may be put in its order.
    """

    @admin.display(description=description, ordering=column if sorts else None)
    def shown(row: Any) -> str | None:
        value = getattr(row, column)
        return None if value is None else formats.amount(value)

    # Django makes the cell's class of it.
    shown.__name__ = f"money_{column}"
    return shown


def contracts_for(request: HttpRequest) -> QuerySet[Any] | None:
    """The contracts to which whoever asks is confined; None: not confined. Asked once a request.

    The rule is the room above's: `Contract.objects.worked_on_by`.
    """
    if not hasattr(request, _ASKED):
        contracts = apps.get_model("contracts", "Contract").objects
        setattr(request, _ASKED, contracts.worked_on_by(cast("Any", request.user)))
    found: QuerySet[Any] | None = getattr(request, _ASKED)
    return found


class TermForm(forms.ModelForm):
    """A row with a first and a last day; a subclass names its columns."""

    first_day: ClassVar = "starts_on"
    last_day: ClassVar = "ends_on"
    wrong_order: ClassVar = "Не может закончиться раньше, чем начнётся."

    def clean(self) -> dict[str, Any]:
        """The days in their order: PostgreSQL compares no span that ends before it begins."""
        cleaned = super().clean() or self.cleaned_data
        first_day, last_day = cleaned.get(self.first_day), cleaned.get(self.last_day)
        if first_day and last_day and last_day < first_day:
            self.add_error(self.last_day, self.wrong_order)
        return cleaned


class Confined:
    """Rows that a member of the office sees: of the contracts to which the person is confined.

    For pages of rows and for rows on the page of something else, before Django's own class.
    """

    # The way from a row to its contract («point__contract»). None: the row is the whole retailer's,
    # or `confine` knows better.
    contract_path: ClassVar[str | None] = None
    # Whether a row without a contract is one for all contracts.
    has_common_rows: ClassVar = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Without what lies outside."""
        rows: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        contracts = contracts_for(request)
        return rows if contracts is None else self.confine(rows, contracts)

    def confine(self, rows: QuerySet[Any], contracts: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of these contracts."""
        path = self.contract_path
        if path is None:
            return rows
        inside = Q(**{f"{path}__in": contracts})
        return rows.filter(inside | Q(**{path: None}) if self.has_common_rows else inside)


class OfficeAdmin(Confined, saying.Saying, admin.ModelAdmin):
    """Lists and pages headed by what stands on them: «Договоры», «Договор № 35-01-004217».

    Django's own headings («Выберите договор для изменения», «Изменить тема») ask for a grammar
    that Russian does not have.
    """

    # Counting all rows of a large table costs more than showing fifty of them.
    show_full_result_count = False
    view_on_site = False
    paginator = CappedPaginator
    list_per_page = 50
    # On whose pages this list is linked: «app.model» of the owner, and the way to it from here.
    hangs_on: ClassVar[Mapping[str, str]] = {}
    # Keys of owners that a search means, by the column that holds them (cabinet/finding.py).
    owners: ClassVar[Mapping[str, Callable[[str], list[int]]]] = {}
    # Whether «Найти» looks here too.
    is_found_by_all: ClassVar[bool] = False

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Own columns, or else the owners: whatever can be looked for has a box."""
        return tuple(self.search_fields) or tuple(self.owners)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By own columns and by owners, each by an index; Django's way where a column is joined."""
        term = " ".join(search_term.split())[: finding.LONGEST_TERM]
        if not term or any("__" in column for column in self.search_fields):
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(self.meant_by(term)), False

    def meant_by(self, term: str) -> Q:
        """The condition of a search in this list."""
        wanted = finding.condition(self.search_fields, term)
        for column, keys in self.owners.items():
            wanted |= Q(**{f"{column}__in": keys(term)})
        return wanted

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> NoReturn:
        """A row that is not there, or is another branch's, is a page that is not there.

        Django's own way is the first page with «… с ID “1” не существует».

        Raises:
            Http404: this person sees such rows, and not this one.
            PermissionDenied: no right to see any.
        """
        if self.has_view_permission(request):
            raise Http404
        raise PermissionDenied

    def note_of(self, row: Any) -> str:
        """What «Найти» says beside the row's name, to tell it from others."""
        return ""

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Also the links from owners' pages."""
        is_link = lookup.removesuffix("__id__exact") in self.hangs_on.values()
        return is_link or super().lookup_allowed(lookup, value, request)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list under the rows' name, and whose they are when an owner's page led here."""
        title = capfirst(self.opts.verbose_name_plural)
        whose = neighbours.chosen(self.admin_site, request, self)
        extra = {"title": title, **({"subtitle": whose} if whose else {}), **(extra_context or {})}
        answer: HttpResponse = super().changelist_view(request, extra)
        return answer

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[Any]]:
        """The form; it refuses what would undo another's change without a word."""
        form: type[forms.ModelForm[Any]] = super().get_form(request, obj, change=change, **kwargs)
        changed: list[str] = getattr(request, "overtaken_by", [])
        if not (changed and obj):
            return form

        class Overtaken(form):  # type: ignore[misc, valid-type] # made for this answer
            def clean(self) -> Any:
                cleaned = super().clean()
                self.add_error(None, overtaking.words(obj, changed))
                return cleaned

        return Overtaken

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """Adds the way to what belongs to the row, and what the form shows of it now."""
        row = kwargs.get("obj")
        if row is not None and row.pk:
            context |= {
                "row_owners": neighbours.owners(self.admin_site, request, self, row),
                "row_hanging": neighbours.hanging(self.admin_site, request, row),
            }
            if self.has_change_permission(request, row):
                context["seen"] = overtaking.look(self, request, row).token
        answer: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return answer

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The page under the row's kind; Django puts the row's own name below.

        Before a card is saved it is locked and compared with what this person had before him.
        """
        with transaction.atomic():
            return self._changeform_locked(request, object_id, form_url, extra_context)

    def _changeform_locked(
        self,
        request: HttpRequest,
        object_id: str | None,
        form_url: str,
        extra_context: dict[str, Any] | None,
    ) -> HttpResponse:
        row = self.get_object(request, unquote(object_id)) if object_id else None
        if request.method == "POST" and row and self.has_change_permission(request, row):
            seen = overtaking.look(self, request, row)
            changed = seen.changed_since(request.POST.get(overtaking.FIELD))
            request.overtaken_by = changed  # type: ignore[attr-defined]
        kind = capfirst(str(self.opts.verbose_name))
        title = kind if object_id else f"{kind}: новая запись"
        context = {"title": title, **(extra_context or {})}
        answer: HttpResponse = super().changeform_view(request, object_id, form_url, context)
        return answer

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Django's own, and what was before and after, for the journal."""
        deed = deeds.of_form(form, is_new=add)
        if add or deed.changes:
            deeds.note(request, deed)
        for formset in formsets or ():
            for row in deeds.of_formset(formset):
                deeds.note(request, row)
        return super().construct_change_message(request, form, formsets, add)

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Django's own, and what stood in the rows, for the journal."""
        for row in queryset:
            deeds.note(request, deeds.of_deleted(row))
        return super().log_deletions(request, queryset)

    def response_action(  # type: ignore[override]
        self, request: HttpRequest, queryset: QuerySet[Any]
    ) -> HttpResponseBase | None:
        """Runs an action, noted for the journal; a deletion notes its rows by itself."""
        name = request.POST.get("action", "")
        chosen = queryset.filter(pk__in=request.POST.getlist(helpers.ACTION_CHECKBOX_NAME))
        found = self.get_actions(request).get(name) if name != "delete_selected" else None
        deed = None
        if found is not None:
            rows = queryset if request.POST.get("select_across") == "1" else chosen
            deed = deeds.of_action(str(found[2]), rows)
        answer = super().response_action(request, queryset)
        if deed is not None and answer is not None:
            deeds.note(request, deed)
        return answer


class ReadOnlyAdmin(OfficeAdmin):
    """Rows that the office looks at and never changes: billing's, or facts of the past."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody deletes."""
        return False
