"""A company's own desk: who has access, ending and narrowing it, asking the office for another."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.generic import FormView, TemplateView, View
from django.views.generic.base import ContextMixin

from accounts import (
    company,
    desk_filter,
    desk_forms,
    ending,
    issuing,
    narrowing,
    posted,
    request_words,
    requests,
)
from accounts.desk_filter import DeskFilterForm
from accounts.desk_forms import EndForm, NarrowForm, RequestForm
from accounts.models import AccessRequest, Client, Membership, MembershipQuerySet
from accounts.roles import Right
from accounts.visitor import user_of
from cabinet import keyset
from cabinet.paging import NearestPage

PAGE_ROWS = 50
# The filter stands above a list that is longer than a glance.
FILTERED_FROM = 8
LATEST_REQUESTS = 5


class CompanyDoor(ContextMixin, View):
    """Loads `self.company` before anything else of a page of the desk runs.

    A company for which the person does not act is 404; one where `right` is not theirs at every
    contract is 403.
    """

    right: ClassVar[Right] = Right.SEE_COLLEAGUES

    company: Client
    membership: Membership

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Open the door, or raise 404."""
        super().setup(request, *args, **kwargs)
        own = Membership.objects.active().filter(user=user_of(request))
        self.membership = get_object_or_404(
            own.select_related("client").order_by("pk"), client=kwargs["company"]
        )
        self.company = self.membership.client

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse with 403 whoever does not lead the company.

        Raises:
            PermissionDenied: a lesser role, or not all contracts.
        """
        leading = Membership.objects.leading(self.right).filter(client=self.company)
        if not leading.filter(user=user_of(request)).exists():
            role = self.membership.get_role_display()
            raise PermissionDenied(
                f"{self.right.value.capitalize()}, может руководитель, которому открыты все "
                f"договоры компании. Ваша роль — «{role}»."
            )
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the company and the person's place in it."""
        frame = {
            "client": self.company,
            "current_client": self.company,
            "current_position": self.membership.title,
            "nav": "access",
        }
        return super().get_context_data(**{**kwargs, **frame})


class CompanyAccessView(CompanyDoor, NearestPage):
    """«У кого есть доступ»: everybody, as whom, to what and until when; the latest requests."""

    template_name = "accounts/company_access.html"
    paginate_by = PAGE_ROWS

    @cached_property
    def filter(self) -> DeskFilterForm:
        """What the address asks for."""
        return DeskFilterForm(self.request.GET)

    def get_queryset(self) -> MembershipQuerySet:
        """The company's accesses."""
        return company.for_desk(self.filter.apply(self.company))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the rows in words, and the requests that are open or were closed last."""
        context = super().get_context_data(**kwargs)
        is_long = context["paginator"].count >= FILTERED_FROM
        asked = self.company.access_requests.order_by("closed_at", "-pk").reverse()
        return {
            **context,
            "rows": company.with_words(context["object_list"], viewer=user_of(self.request)),
            "filter": self.filter,
            "is_filtered": is_long or bool(self.request.GET),
            "show_ended": f"?show={desk_filter.Show.ENDED.value}",
            "requests": asked[:LATEST_REQUESTS],
            "now": timezone.now(),
        }


class AccessPage(CompanyDoor, FormView):
    """A page that changes one access of the company; a refused form answers 422."""

    right = Right.MANAGE_ACCESS

    @cached_property
    def access(self) -> Membership:
        """The access that the address names, of this company, or 404."""
        own = Membership.objects.filter(client=self.company).select_related("user", "client")
        return get_object_or_404(own, pk=self.kwargs["membership"])

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form; an access that is over leads back to the list."""
        if not self.access.is_active:
            return self.to_desk("Этот доступ уже не действует.", level=messages.INFO)
        return super().get(request, *args, **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        """The same form with what is wrong."""
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def to_desk(self, words: str, *, level: int = messages.SUCCESS) -> HttpResponse:
        """Say it above the list."""
        messages.add_message(self.request, level, words)
        return redirect("accounts:company-access", self.company.pk)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the access in words."""
        row = company.with_words([self.access], viewer=user_of(self.request))[0]
        return super().get_context_data(access=self.access, row=row, **kwargs)


class AccessEndView(AccessPage):
    """«Закрыть доступ»: what will happen, the reason, then it is over at once."""

    template_name = "accounts/access_end.html"
    form_class = EndForm
    not_kept = "Сеанс закончился, доступ не закрыт. Войдите снова и повторите."

    def form_valid(self, form: EndForm) -> HttpResponse:
        """End it and say so; a repeat says that it was ended before."""
        try:
            ending.end_access(
                membership=self.access,
                by=user_of(self.request),
                reason=form.cleaned_data["reason"],
                request=self.request,
            )
        except ending.EndingRefused as error:
            form.add_error(None, str(error))
            return self.form_invalid(form)
        except issuing.RevokingRefused as error:
            return self.to_desk(str(error), level=messages.INFO)
        name = self.access.user.short_name
        if self.access.user_id == user_of(self.request).pk:
            messages.success(self.request, "Ваш доступ к компании закрыт.")
            return redirect("accounts:access")
        return self.to_desk(f"Доступ закрыт: {name}. Поставщик и сотрудник узнают об этом письмом.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds why it cannot be ended, where it cannot."""
        words = ending.why_not(self.access, client=self.company, by=user_of(self.request))
        return super().get_context_data(why_not=words, **kwargs)


class AccessNarrowView(AccessPage):
    """«Сузить доступ»: a lower role, fewer contracts, an earlier last day."""

    template_name = "accounts/access_narrow.html"
    form_class = NarrowForm
    not_kept = "Сеанс закончился, доступ не изменён. Войдите снова и повторите."

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form offers nothing that is wider than the access."""
        return {**super().get_form_kwargs(), "membership": self.access}

    def form_valid(self, form: NarrowForm) -> HttpResponse:
        """Narrow it and say in what."""
        try:
            changes = narrowing.narrow(
                membership=self.access,
                by=user_of(self.request),
                choice=form.choice,
                request=self.request,
            )
        except narrowing.NarrowingRefused as error:
            form.refuse(error.reasons)
            return self.form_invalid(form)
        words = "; ".join(f"{name[:1].lower()}{name[1:]}: {value}" for name, value in changes)
        return self.to_desk(f"Доступ изменён, {self.access.user.short_name}: {words}.")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds whether it is one's own, which nobody narrows."""
        is_own = self.access.user_id == user_of(self.request).pk
        return super().get_context_data(is_own=is_own, **kwargs)


# Requests -----------------------------------------------------------------------------------------


class AccessRequestListView(CompanyDoor, NearestPage):
    """Everything that the company has asked for, newest first."""

    template_name = "accounts/access_request_list.html"
    paginate_by = PAGE_ROWS

    def get_queryset(self) -> QuerySet[AccessRequest]:
        """The company's own requests."""
        return self.company.access_requests.select_related("asked_by")


class AccessRequestNewView(CompanyDoor, FormView):
    """«Запросить доступ»: for a new person, or for one whose term is ending (`?membership=`)."""

    right = Right.MANAGE_ACCESS
    template_name = "accounts/access_request_new.html"
    form_class = RequestForm

    @staticmethod
    def keep_posted(request: HttpRequest) -> None:
        """Keep what was filled in when the session had ended."""
        values = {name: value for name, value in request.POST.items() if len(value) <= 500}
        values.pop("csrfmiddlewaretoken", None)
        posted.keep(request, values)

    def get_initial(self) -> dict[str, Any]:
        """What was filled in before the session ended, else the access that is to go on."""
        begun = {"scope": "all", "form_key": uuid.uuid4()}
        if self.request.method == "GET" and (kept := posted.take(self.request)):
            return {**begun, **kept}
        own = Membership.objects.filter(client=self.company).select_related("user")
        found = keyset.place(own, self.request.GET.get("membership"))
        return {**begun, **(desk_forms.initial_from(found) if found else {})}

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form offers the company's contracts."""
        return {**super().get_form_kwargs(), "client": self.company}

    def form_valid(self, form: RequestForm) -> HttpResponse:
        """Store it and show its page with the number."""
        try:
            asked = requests.ask(
                client=self.company,
                by=user_of(self.request),
                wish=form.wish,
                form_key=form.cleaned_data["form_key"],
                request=self.request,
            )
        except requests.AskingRefused as error:
            form.refuse(error.reasons)
            return self.form_invalid(form)
        return redirect("accounts:access-request", self.company.pk, asked.number)

    def form_invalid(self, form: RequestForm) -> HttpResponse:
        """The same form with what is wrong."""
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the seal by which a form that comes too late finds its owner."""
        return super().get_context_data(seal=posted.seal(user_of(self.request)), **kwargs)


class RequestDoor(CompanyDoor):
    """A request of the company by its number."""

    @cached_property
    def asked(self) -> AccessRequest:
        """Of this company, or 404."""
        own = self.company.access_requests.select_related("asked_by", "membership__user", "client")
        return get_object_or_404(own, number=self.kwargs["number"])


class AccessRequestView(RequestDoor, TemplateView):
    """What was asked for, and how far the office is with it."""

    template_name = "accounts/access_request.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds what was asked in words, and the course, newest first."""
        return super().get_context_data(
            asked=self.asked,
            facts=request_words.facts(self.asked),
            course=request_words.course(self.asked),
            **kwargs,
        )


class AccessRequestWithdrawView(RequestDoor):
    """«Отозвать запрос»."""

    right = Right.MANAGE_ACCESS
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Withdraw it and say so."""
        try:
            requests.withdraw(self.asked, by=user_of(request), request=request)
        except requests.RequestClosed as error:
            messages.info(request, str(error))
        else:
            messages.success(request, f"Запрос {self.asked.number} отозван.")
        return redirect("accounts:access-request", self.company.pk, self.asked.number)
