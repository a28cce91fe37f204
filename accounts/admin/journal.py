"""The journal of the whole: filtered by what was typed, read, and taken out as a table."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import json
from collections.abc import Iterator
from typing import Any, ClassVar, Literal

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from accounts import journal
from accounts.admin import links
from accounts.models import Client, JournalEntry, User
from cabinet import days, formats, sheets
from cabinet.office import ReadOnlyAdmin

# As many as a page makes within its time: a day of a large portal, or years of one client.
MAX_ROWS = 20_000

COLUMNS = (
    sheets.Column(title="Запись", width=10),
    sheets.Column(title="Когда, UTC", width=28),
    sheets.Column(title="Что", width=30),
    sheets.Column(title="Логин", width=20),
    sheets.Column(title="Кто", width=30),
    sheets.Column(title="Кого касается", width=30),
    sheets.Column(title="Клиент", width=30),
    sheets.Column(title="ИНН", width=14),
    sheets.Column(title="О чём", width=60),
    sheets.Column(title="IP-адрес", width=16),
    sheets.Column(title="Программа", width=40),
    sheets.Column(title="Номер запроса", width=34),
    sheets.Column(title="Подробности", width=60),
    sheets.Column(title="SHA-256 звена", width=66),
)


class TypedFilter(admin.SimpleListFilter):
    """A filter into which something is typed: each finds its rows by an index."""

    template = "admin/accounts/journalentry/typed_filter.html"
    hint: ClassVar[str] = ""
    kind: ClassVar[str] = "text"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """One, so that Django shows the filter at all."""
        return [("typed", "typed")]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """What the template needs; the first one begins the form of all that is typed.

        `others`: the filters that are chosen, to be kept by that form.
        """
        typed = [
            one.parameter_name for one in changelist.filter_specs if isinstance(one, TypedFilter)
        ]
        others = [
            (name, value)
            for name, values in changelist.get_filters_params().items()
            for value in (values if isinstance(values, list) else [values])
            if name not in typed
        ]
        yield {
            "name": self.parameter_name,
            "value": self.value() or "",
            "is_first": typed[0] == self.parameter_name,
            "others": others,
            "hint": self.hint,
            "kind": self.kind,
        }

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[JournalEntry]
    ) -> QuerySet[JournalEntry]:
        """The rows that fit; none, and a word about it, for what makes no sense."""
        typed = (self.value() or "").strip()
        if not typed:
            return queryset
        found = self.narrowed(queryset, typed)
        if found is None:
            messages.warning(request, f"«{self.title}»: «{typed[:60]}» не подходит. {self.hint}")
            return queryset.none()
        return found

    def narrowed(
        self, queryset: QuerySet[JournalEntry], typed: str
    ) -> QuerySet[JournalEntry] | None:
        """The rows for what was typed; None if it makes no sense."""
        raise NotImplementedError


class InnFilter(TypedFilter):
    """By client."""

    title, parameter_name, hint = "ИНН клиента", "inn", "10 или 12 цифр."

    def narrowed(
        self, queryset: QuerySet[JournalEntry], typed: str
    ) -> QuerySet[JournalEntry] | None:
        """The client and its people are found first, then their rows: a login names no client."""
        client = Client.objects.filter(inn=typed).first()
        if client is None:
            return None
        people = list(client.memberships.order_by().values_list("user", flat=True).distinct())
        own = Q(user__in=people) | Q(person__in=people)
        return queryset.filter(Q(client=client) | Q(own, client__isnull=True))


class WhoFilter(TypedFilter):
    """By who did it; a login that nobody has finds refused tries to log in by it."""

    title, parameter_name, hint = "Кто", "who", "Логин целиком."

    def narrowed(
        self, queryset: QuerySet[JournalEntry], typed: str
    ) -> QuerySet[JournalEntry] | None:
        """The person is found first, then the rows."""
        user = User.objects.filter(username=typed.lower()).first()
        own = Q(user=user) if user else Q(user__isnull=True, login=typed)
        return queryset.filter(own)


class WhomFilter(TypedFilter):
    """By whom it concerns."""

    title, parameter_name, hint = "Кого касается", "whom", "Логин целиком."

    def narrowed(
        self, queryset: QuerySet[JournalEntry], typed: str
    ) -> QuerySet[JournalEntry] | None:
        """The person is found first, then the rows."""
        user = User.objects.filter(username=typed.lower()).first()
        return queryset.filter(person=user) if user else None


class SinceFilter(TypedFilter):
    """From the beginning of a day."""

    title, parameter_name, kind = "С какого дня", "since", "date"
    hint = "Например: 01.11.2026."

    def narrowed(
        self, queryset: QuerySet[JournalEntry], typed: str
    ) -> QuerySet[JournalEntry] | None:
        """In the retailer's time zone."""
        day = _day(typed)
        return queryset.filter(at__gte=days.begins_at(day)) if day else None


class UntilFilter(TypedFilter):
    """To the end of a day."""

    title, parameter_name, kind = "По какой день", "until", "date"
    hint = "Например: 30.11.2026."

    def narrowed(
        self, queryset: QuerySet[JournalEntry], typed: str
    ) -> QuerySet[JournalEntry] | None:
        """The day included, in the retailer's time zone."""
        day = _day(typed)
        after = days.begins_at(day + datetime.timedelta(days=1)) if day else None
        return queryset.filter(at__lt=after) if after else None


class IpFilter(TypedFilter):
    """By address of the network."""

    title, parameter_name, hint = "IP-адрес", "from_ip", "Например: 203.0.113.7."

    def narrowed(
        self, queryset: QuerySet[JournalEntry], typed: str
    ) -> QuerySet[JournalEntry] | None:
        """One address."""
        try:
            address = ipaddress.ip_address(typed)
        except ValueError:
            return None
        return queryset.filter(ip=str(address))


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin):
    """Read, filtered and taken out; nobody changes it (PostgreSQL refuses)."""

    list_display = ("moment", "action", "login", "whom", "client", "subject")
    list_filter = (InnFilter, WhoFilter, WhomFilter, SinceFilter, UntilFilter, IpFilter, "action")
    list_select_related = ("user", "client", "person")
    hangs_on = {"accounts.client": "client", "accounts.user": "user"}
    list_display_links = ("moment",)
    sortable_by = ("moment",)
    # Counting what each choice of a filter would find reads the whole journal.
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/accounts/journalentry/change_list.html"
    fields = (
        "when",
        "when_utc",
        "action",
        "login",
        "user_link",
        "person_link",
        "client_link",
        "subject",
        "ip",
        "user_agent",
        "request_id",
        "particulars",
        "link",
    )
    readonly_fields = fields

    @admin.display(description="когда", ordering="at")
    def moment(self, entry: JournalEntry) -> str:
        """With seconds, for entries are compared with each other; in the retailer's zone."""
        return f"{timezone.localtime(entry.at):%d.%m.%Y %H:%M:%S}"

    @admin.display(description="кого касается")
    def whom(self, entry: JournalEntry) -> str:
        """By the login."""
        return entry.person.username if entry.person else formats.ABSENT

    @admin.display(description="когда")
    def when(self, entry: JournalEntry) -> str:
        """With seconds, and the name of the time zone."""
        return formats.moment_seconds(entry.at)

    @admin.display(description="когда, UTC")
    def when_utc(self, entry: JournalEntry) -> str:
        """As it stands in the database and in the log."""
        return _utc(entry)

    @admin.display(description="кто")
    def user_link(self, entry: JournalEntry) -> SafeString | str:
        """To the person's page."""
        return links.to(entry.user)

    @admin.display(description="кого касается")
    def person_link(self, entry: JournalEntry) -> SafeString | str:
        """To the person's page."""
        return links.to(entry.person)

    @admin.display(description="клиент")
    def client_link(self, entry: JournalEntry) -> SafeString | str:
        """To the client's page."""
        return links.to(entry.client)

    @admin.display(description="подробности")
    def particulars(self, entry: JournalEntry) -> SafeString | str:
        """As they were written."""
        if not entry.details:
            return formats.ABSENT
        return format_html("<pre>{}</pre>", json.dumps(entry.details, ensure_ascii=False, indent=2))

    @admin.display(description="звено цепочки")
    def link(self, entry: JournalEntry) -> str:
        """Its place and its SHA-256."""
        return str(getattr(entry, "link", formats.ABSENT))

    def get_urls(self) -> list[URLPattern]:
        """«Скачать»."""
        export = path(
            "export.<str:kind>",
            self.admin_site.admin_view(self.export),
            name="accounts_journalentry_export",
        )
        return [export, *super().get_urls()]

    @method_decorator(require_safe)
    def export(self, request: HttpRequest, kind: str) -> HttpResponse:
        """What the filters show, as CSV or XLSX; too many rows are refused, not cut off.

        Raises:
            PermissionDenied: no right to see the journal.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_changelist_instance(request).get_queryset(request)
        entries = list(found.select_related("user", "person", "client", "link")[: MAX_ROWS + 1])
        if len(entries) > MAX_ROWS:
            most = formats.quantity(MAX_ROWS)
            messages.warning(request, f"Строк больше {most}: сузьте отбор, например по дням.")
            address = reverse("admin:accounts_journalentry_changelist")
            return redirect(f"{address}?{request.GET.urlencode()}")
        return _table(request, "xlsx" if kind == "xlsx" else "csv", entries)


def _table(
    request: HttpRequest, kind: Literal["csv", "xlsx"], entries: list[JournalEntry]
) -> HttpResponse:
    """The file, and a line in the journal that it was taken."""
    answer = sheets.table_response(
        kind,
        filename="Журнал",
        columns=COLUMNS,
        rows=[_cells(entry) for entry in entries],
        title="Журнал",
        above=[f"Журнал портала, отбор: {request.GET.urlencode() or 'без отбора'}"],
    )
    journal.record(
        journal.Action.EXPORTED,
        request=request,
        subject="Журнал",
        details={
            "kind": kind,
            "query": request.GET.urlencode(),
            "rows": len(entries),
            "sha256": hashlib.sha256(answer.content).hexdigest(),
        },
    )
    return answer


def _cells(entry: JournalEntry) -> list[sheets.Cell]:
    link = getattr(entry, "link", None)
    return [
        str(entry.pk),
        _utc(entry),
        entry.get_action_display(),
        entry.login,
        entry.user.full_name if entry.user else "",
        str(entry.person or ""),
        str(entry.client or ""),
        entry.client.inn if entry.client else "",
        entry.subject,
        entry.ip or "",
        entry.user_agent,
        entry.request_id,
        json.dumps(entry.details, ensure_ascii=False) if entry.details else "",
        link.sha256 if link else "",
    ]


def _utc(entry: JournalEntry) -> str:
    return entry.at.astimezone(datetime.UTC).isoformat(timespec="milliseconds")


def _day(typed: str) -> datetime.date | None:
    for pattern in ("%Y-%m-%d", "%d.%m.%Y"):
        try:
            return datetime.datetime.strptime(typed, pattern).date()
        except ValueError:
            continue
    return None
