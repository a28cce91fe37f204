"""People with a login: clients' and the office's own."""

from __future__ import annotations

from typing import Any

from allauth.account.models import EmailAddress
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch, Q, QuerySet
from django.forms import CheckboxSelectMultiple, ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_POST

from accounts import finding, issuing, office, viewing
from accounts.admin import factors, links, rows, slips
from accounts.admin.clients import REFUSED, may_issue
from accounts.admin.colleagues import CardForm, ColleagueForm
from accounts.admin.forms import ReissueForm
from accounts.models import Membership, User
from accounts.second_factor import rules
from accounts.visitor import user_of
from cabinet.office import OfficeAdmin, contracts_for

# What an existing person's page shows of the login and never changes.
_LOGIN = (
    "login",
    "address",
    "last_login",
    "has_one_time_password",
    "one_time_password_until",
    "password_changed_at",
)

_NO_SLIP = (
    "Листок не напечатан: он печатается один раз, пока одноразовый пароль действует."
    " Если листка нет, выдайте новый пароль."
)


class MembershipOfPersonInline(rows.ReadOnlyRows):
    """For whom the person acts."""

    model = Membership
    fk_name = "user"
    fields = readonly_fields = (
        "client_link",
        "role",
        "position",
        "basis",
        "signed_on",
        "state",
        "link",
    )
    verbose_name_plural = "за кого действует"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """With the companies."""
        found: QuerySet[Membership] = super().get_queryset(request)
        return found.select_related("user", "client")

    def confine(self, rows: QuerySet[Any], contracts: QuerySet[Any]) -> QuerySet[Any]:
        """For whoever holds one of the contracts."""
        return rows.filter(client__in=contracts.values("client"))

    @admin.display(description="клиент")
    def client_link(self, membership: Membership) -> SafeString | str:
        """To the client's page."""
        return links.to(membership.client)

    @admin.display(description="доступ")
    def link(self, membership: Membership) -> SafeString | str:
        """To the access: agreement, revoking."""
        return links.to(membership, membership.agreement_number or "открыть")

    @admin.display(description="состояние")
    def state(self, membership: Membership) -> SafeString:
        """Whether it lets in today."""
        return links.membership_state(membership)


@admin.register(User)
class UserAdmin(OfficeAdmin):
    """Names and telephones. Passwords are issued, never typed.

    The office's own people, their groups and switching off are for whoever keeps staff's accounts
    (`office.keeps_staff`); nobody but a superuser touches a superuser or makes one.
    """

    form = CardForm
    list_display = ("login", "name", "address", "phone", "companies", "last_login", "is_active")
    list_filter = ("is_active", "has_one_time_password", "is_staff", "last_login")
    search_fields = finding.USER_COLUMNS
    owners = {"pk": finding.people_of_clients}
    is_found_by_all = True
    search_help_text = "Логин, имя, e-mail, телефон, название или ИНН компании"
    change_form_template = "admin/accounts/user/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With the companies that this person may look at, for the list."""
        acting, contracts = Membership.objects.select_related("client"), contracts_for(request)
        if contracts is not None:
            acting = acting.filter(client__in=contracts.values("client"))
        shown = Prefetch("memberships", queryset=acting, to_attr="acting_for")
        return super().get_queryset(request).prefetch_related(shown)

    def confine(self, rows: QuerySet[User], contracts: QuerySet[Any]) -> QuerySet[User]:
        """Colleagues, and the people of whoever holds one of the contracts."""
        acting = Membership.objects.filter(client__in=contracts.values("client"))
        return rows.filter(Q(is_staff=True) | Q(pk__in=acting.values("user")))

    def note_of(self, row: User) -> str:
        """E-mail and telephone, or whose people they are."""
        return "офис" if row.is_staff else ", ".join(filter(None, (row.email, row.phone)))

    @admin.display(description="логин", ordering="username")
    def login(self, user: User) -> str:
        """By which the person comes in; Django's own label says «имя пользователя»."""
        return user.username

    @admin.display(description="e-mail", ordering="email")
    def address(self, user: User) -> str:
        """Changed by its owner, in the cabinet."""
        return user.email

    @admin.display(description="имя", ordering="last_name")
    def name(self, user: User) -> str:
        """«Соколова Наталья Викторовна»."""
        return user.full_name

    @admin.display(description="компании")
    def companies(self, user: User) -> str:
        """For whom the person acts or acted, of the clients whom the reader sees."""
        if user.is_staff:
            return "офис"
        acting: list[Membership] = user.acting_for  # type: ignore[attr-defined]
        return ", ".join(sorted({membership.client.short_name for membership in acting}))

    def get_inlines(self, request: HttpRequest, obj: User | None) -> list[Any]:
        """Accesses of somebody who exists."""
        return [MembershipOfPersonInline] if obj else []

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """The person and the login; for whoever keeps staff's accounts the groups too."""
        person = ("last_name", "first_name", "patronymic", "phone")
        if obj is None:
            words = "Только для сотрудников офиса: логины клиентов выдаются на странице клиента."
            return [
                (
                    "Сотрудник офиса",
                    {"fields": ("username", *person, "position", "email"), "description": words},
                )
            ]
        login = (
            "username",
            "email",
            "last_login",
            "has_one_time_password",
            "one_time_password_until",
            "password_changed_at",
        )
        rooms = [
            ("Человек", {"fields": (*person, "position") if obj.is_staff else person}),
            ("Логин", {"fields": login}),
            ("Уведомления", {"fields": ("wants_reading_reminders", "document_letters")}),
        ]
        if request.user.is_superuser:
            rooms.append(("Права", {"fields": ("is_active", "is_staff", "is_superuser", "groups")}))
        elif office.keeps_staff(request):
            rights = ("is_active", "groups") if obj.is_staff else ("is_active",)
            rooms.append(("Права", {"fields": rights}))
        return rooms

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """The login and its state are facts; address and letters are their owner's choice."""
        if obj is None:
            return ()
        return (
            "username",
            "email",
            "last_login",
            "has_one_time_password",
            "one_time_password_until",
            "password_changed_at",
            "wants_reading_reminders",
            "document_letters",
        )

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """No filter by the password's hash: it could be read out letter by letter."""
        return not lookup.startswith("password") and super().lookup_allowed(lookup, value, request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """The office's own people are changed by whoever keeps staff's accounts."""
        if obj is not None and (obj.is_staff or obj.is_superuser) and not keeps(request, obj):
            return False
        return super().has_change_permission(request, obj)

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> type[ModelForm[Any]]:
        """A colleague's form asks whether login and address are free."""
        if obj is None:
            kwargs["form"] = ColleagueForm
        return super().get_form(request, obj, change=change, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Ticks, of the office's groups: one made by hand might give more than the table does."""
        if db_field.name == "groups":
            kwargs["widget"] = CheckboxSelectMultiple
            if not request.user.is_superuser:
                kwargs["queryset"] = office.groups()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Who adds or changes a member of the office has given a code a moment ago."""
        if request.method == "POST" and office.keeps_staff(request):
            person = self.get_object(request, object_id) if object_id else None
            if person is None or person.is_staff:
                words = f"Изменение сотрудника: {person}" if person else "Новый сотрудник офиса"
                rules.require_recent(request, words)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """A person stays in the journal: switch the login off instead."""
        return False

    def save_model(
        self, request: HttpRequest, obj: User, form: ModelForm[User], change: bool
    ) -> None:
        """A new member of the office has no password until one is issued."""
        if change:
            return super().save_model(request, obj, form, change)
        obj.is_staff = True
        obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if obj.email:
            EmailAddress.objects.create(user=obj, email=obj.email, verified=True, primary=True)
        messages.info(request, "Теперь выберите группу и выдайте одноразовый пароль.")

    def get_urls(self) -> list[URLPattern]:
        """A new one-time password and its slip, and a lost device."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/password/", view(self.reissue), name="accounts_user_reissue"),
            path("<int:pk>/slip.pdf", view(self.slip), name="accounts_user_slip"),
            *factors.urls(self),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Adds what this person may do here: a password, the second factor, these eyes."""
        person = self.get_object(request, object_id)
        own = {
            "may_reissue": person is not None
            and may_issue(request)
            and office.may_issue_password(user_of(request), person),
            "may_reset": person is not None and factors.may_reset(request, person),
            "eyes": viewing.accesses_of(person, staff=user_of(request)) if person else [],
        }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **own})

    @method_decorator(sensitive_variables("password"))
    def reissue(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Новый одноразовый пароль»: asks first, then shows it once."""
        person = self._for_reissuing(request, pk)
        if request.method == "POST" and person.is_staff:
            rules.require_recent(request, f"Новый одноразовый пароль: {person}")
        form = ReissueForm(request.POST or None, user=person)
        if request.method == "POST" and form.is_valid():
            try:
                password = issuing.reissue_password(
                    user=person,
                    by=user_of(request),
                    stamp=form.cleaned_data["stamp"],
                    request=request,
                )
            except issuing.IssuingRefused as error:
                form.add_error(None, str(error))
                person.refresh_from_db()  # the page offers the stamp of the present password
            else:
                person.refresh_from_db()
                return slips.page(request, self, person, password)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Новый одноразовый пароль",
            "subtitle": str(person),
            "person": person,
            "form": form,
        }
        status = REFUSED if form.errors else 200
        return TemplateResponse(request, "admin/accounts/user/reissue.html", context, status=status)

    @method_decorator(sensitive_post_parameters())
    @method_decorator(require_POST)
    def slip(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The slip as PDF from the page that shows the password."""
        person = self._for_reissuing(request, pk)
        answer = slips.pdf(
            request, person, request.POST.get("one_time_password", ""), user_of(request)
        )
        if answer is None:
            messages.warning(request, _NO_SLIP)
            return slips.gone(person)
        return answer

    def _for_reissuing(self, request: HttpRequest, pk: int) -> User:
        if not may_issue(request):
            raise PermissionDenied("Выдавать пароли могут операционисты и администраторы.")
        person: User = get_object_or_404(self.get_queryset(request), pk=pk)
        if not office.may_issue_password(user_of(request), person):
            raise PermissionDenied("Пароль сотрудника офиса выдаёт только администратор.")
        return person


def keeps(request: HttpRequest, person: User) -> bool:
    """Whether this person keeps the account of `person`, a member of the office."""
    if person.is_superuser:
        return bool(request.user.is_superuser)
    return office.keeps_staff(request)
