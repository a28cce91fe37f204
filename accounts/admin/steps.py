"""The pages of the wizard, one for each step of an enrolment.

Each loads its enrolment for whoever issues, leads to the first step that is still empty, and keeps
what was filled in before it shows the next page: a clerk may leave at any step, another may go on.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.debug import sensitive_variables

from accounts import agreements, enrolling, finding, issuing, scans, terms
from accounts.admin import slips
from accounts.admin.clients import REFUSED, may_issue
from accounts.admin.forms import (
    AbandonForm,
    ContractsForm,
    PersonForm,
    SignForm,
    StepForm,
    TermsForm,
)
from accounts.models import Enrolment, Membership, User
from accounts.visitor import user_of
from cabinet import accepting, formats, keys

TITLES = {
    "company": "Компания",
    "contracts": "Договоры",
    "person": "Кому",
    "terms": "Роль и основание",
    "agreement": "Соглашение",
    "slip": "Листок",
}
NOT_YOURS = "Выдавать доступ могут операционисты и администраторы."


def address_of(enrolment: Enrolment, step: str = "") -> str:
    """Of a step, or of the first that is still to be filled in; of the record when it is over."""
    if not enrolment.is_open:
        return reverse("admin:accounts_enrolment_change", args=[enrolment.pk])
    name = step or enrolling.missing_step(enrolment)
    return reverse(f"admin:accounts_enrolment_{name}", args=[enrolment.pk])


class Step(View):
    """A page of the wizard: its enrolment is loaded, open, and filled in up to here."""

    model_admin: Any = None  # given by `as_view`
    name: ClassVar[str] = ""

    enrolment: Enrolment

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """To the page, or to where the enrolment stands.

        Raises:
            PermissionDenied: this person does not issue.
        """
        if not may_issue(request):
            raise PermissionDenied(NOT_YOURS)
        self.load(kwargs["pk"])
        missing = enrolling.missing_step(self.enrolment)
        order = enrolling.STEPS
        if not self.enrolment.is_open:
            words = self.enrolment.get_state_display()
            messages.warning(request, f"Оформление уже завершено: {words}.")
            return redirect(address_of(self.enrolment))
        if order.index(self.name) > order.index(missing):
            return redirect(address_of(self.enrolment))
        return super().dispatch(request, *args, **kwargs)

    def load(self, pk: int) -> None:
        """The enrolment as it is now."""
        rows = self.model_admin.rows_with_names(self.request)
        self.enrolment = get_object_or_404(rows.select_related("scan", "replaces__user"), pk=pk)

    def page(self, request: HttpRequest, form: StepForm, **context: Any) -> HttpResponse:
        """The step with what was typed."""
        number = enrolling.STEPS.index(self.name)
        frame = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "title": TITLES[self.name],
            "subtitle": str(self.enrolment.client),
            "enrolment": self.enrolment,
            "client": self.enrolment.client,
            "steps": self._steps(),
            "back": address_of(self.enrolment, enrolling.STEPS[number - 1]) if number else "",
            "form": form,
        }
        status = REFUSED if form.errors else 200
        template = f"admin/accounts/enrolment/{self.name}.html"
        return TemplateResponse(request, template, {**frame, **context}, status=status)

    def seen(self, form: StepForm) -> Enrolment:
        """The enrolment as the page that was sent showed it."""
        version = form.cleaned_data.get("version")
        return Enrolment(pk=self.enrolment.pk, version=version or 0)

    def outdated(self, form: StepForm, error: enrolling.Outdated) -> None:
        """Say so above the form; what was typed stays, and may be sent for the present state."""
        form.add_error(None, str(error))
        self.load(self.enrolment.pk)
        typed: Any = form.data  # a QueryDict, which takes nothing new
        form.data = typed.copy()
        form.data["version"] = str(self.enrolment.version)  # type: ignore[index]

    def _steps(self) -> list[tuple[int, str, str, bool]]:
        """Number, title, address (empty: not yet), whether it is this one."""
        missing = enrolling.STEPS.index(enrolling.missing_step(self.enrolment))
        found = []
        for number, (name, title) in enumerate(TITLES.items(), 1):
            place = enrolling.STEPS.index(name) if name in enrolling.STEPS else 99
            address = address_of(self.enrolment, name) if place <= missing else ""
            found.append((number, title, address, name == self.name))
        return found


class FormStep(Step):
    """A step that fills something in and leads to the next."""

    form_class: ClassVar[type[StepForm]]

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What is filled in so far."""
        return self.page(request, self.form_class(enrolment=self.enrolment))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Keep it and go on."""
        form = self.form_class(request.POST, enrolment=self.enrolment)
        if form.is_valid():
            try:
                self.keep(form, user_of(request))
            except enrolling.Outdated as error:
                self.outdated(form, error)
            else:
                following = enrolling.STEPS[enrolling.STEPS.index(self.name) + 1]
                return redirect(address_of(self.enrolment, following))
        return self.page(request, form)

    def keep(self, form: StepForm, by: User) -> None:
        """Store what the form holds."""
        enrolling.change(enrolment=self.seen(form), by=by, **form.values)


class ContractsStep(FormStep):
    """All contracts, or some."""

    name = "contracts"
    form_class = ContractsForm


class PersonStep(FormStep):
    """Somebody new, or somebody who has a login already, perhaps at another company."""

    name = "person"
    form_class = PersonForm

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """A found login, «указать другого», or the form of a new person."""
        if {"user", "another"}.isdisjoint(request.POST):
            return super().post(request, pk)
        by = user_of(request)
        version = request.POST.get("version", "")
        seen = Enrolment(pk=pk, version=int(version) if _is_number(version) else 0)
        try:
            if "another" in request.POST:
                enrolling.change(enrolment=seen, by=by, user=None)
                return redirect(address_of(self.enrolment, self.name))
            user = _client_person(request.POST["user"])
            enrolling.choose_login(enrolment=seen, user=user, by=by)
        except (enrolling.Outdated, issuing.IssuingRefused) as error:
            messages.error(request, str(error))
            return redirect(address_of(self.enrolment, self.name))
        return redirect(address_of(self.enrolment, "terms"))

    def keep(self, form: StepForm, by: User) -> None:
        """A new person: no login is chosen."""
        enrolling.change(enrolment=self.seen(form), by=by, user=None, **form.values)

    def page(self, request: HttpRequest, form: StepForm, **context: Any) -> HttpResponse:
        """With whoever was searched, or whose address was typed."""
        typed = request.GET.get("q", "").strip()[:150]
        found = finding.find_people(typed)
        if form.has_error("email", "taken"):
            owner = terms.owner_of(form.data.get("email", ""))
            found = [owner] if owner and not owner.is_staff else []
        context |= {"q": typed, "found": [(one, companies_of(one)) for one in found]}
        context["chosen_companies"] = companies_of(self.enrolment.user)
        return super().page(request, form, **context)


class TermsStep(FormStep):
    """Position, role and the paper."""

    name = "terms"
    form_class = TermsForm


class AgreementStep(Step):
    """What was filled in, to be printed, signed and scanned; then the access is open."""

    name = "agreement"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """What stands on the paper, and the form of the signature."""
        return self.page(request, SignForm(enrolment=self.enrolment))

    @method_decorator(sensitive_variables("outcome"))
    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Подписано»: keep day and scan, open the access, show the slip."""
        form = SignForm(request.POST, request.FILES, enrolment=self.enrolment)
        by, is_valid = user_of(request), form.is_valid()
        try:
            self._keep_scan(request, form)
            if is_valid and not form.errors:
                enrolment = enrolling.sign(
                    enrolment=self.seen(form),
                    signed_on=form.cleaned_data["signed_on"],
                    by=by,
                    request=request,
                )
                outcome = enrolling.issue(enrolment=enrolment, by=by, request=request)
                return self._opened(request, outcome)
        except enrolling.Outdated as error:
            self.outdated(form, error)
        except issuing.IssuingRefused as error:
            self.load(pk)
            form.refuse(error.reasons)
        return self.page(request, form)

    def page(self, request: HttpRequest, form: StepForm, **context: Any) -> HttpResponse:
        """With the paper in words, and whether it could be given now."""
        paper = agreements.of_enrolment(self.enrolment)
        refusals = list(enrolling.refusals(self.enrolment).values())
        context |= {"paper": paper, "refusals": refusals, "states": Enrolment.State}
        context["printed_at"] = formats.moment(self.enrolment.printed_at)
        return super().page(request, form, **context)

    def _keep_scan(self, request: HttpRequest, form: SignForm) -> None:
        upload = request.FILES.get("scan")
        if upload is None or form.has_error("scan"):
            return
        try:
            scan = scans.keep(upload, by=user_of(request))
        except accepting.Refused as refusal:
            form.add_error("scan", str(refusal))
        else:
            enrolling.attach_scan(enrolment=self.seen(form), scan=scan)
            self.load(self.enrolment.pk)
            form.scan_is_kept(scan)

    @method_decorator(sensitive_variables("outcome"))
    def _opened(self, request: HttpRequest, outcome: issuing.Issued | Membership) -> HttpResponse:
        if isinstance(outcome, Membership):
            words = f"Доступ открыт: {outcome}. Логин и пароль у человека прежние."
            messages.success(request, words)
            return redirect("admin:accounts_enrolment_change", self.enrolment.pk)
        membership = outcome.membership
        return slips.page(
            request, self.model_admin, membership.user, outcome.one_time_password, membership
        )


class AbandonStep(Step):
    """«Отменить оформление»: the reason, then it is over."""

    name = "contracts"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Asks for the reason."""
        return self._page(request, AbandonForm(initial={"version": self.enrolment.version}))

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        """End it."""
        form = AbandonForm(request.POST)
        if form.is_valid():
            seen = Enrolment(pk=pk, version=form.cleaned_data["version"])
            reason = form.cleaned_data["reason"]
            try:
                enrolling.abandon(
                    enrolment=seen, by=user_of(request), reason=reason, request=request
                )
            except enrolling.Outdated as error:
                messages.error(request, str(error))
                return redirect(address_of(self.enrolment))
            messages.success(request, f"Оформление отменено: {self.enrolment}.")
            return redirect("admin:accounts_enrolment_changelist")
        return self._page(request, form)

    def _page(self, request: HttpRequest, form: AbandonForm) -> HttpResponse:
        context = {
            **self.model_admin.admin_site.each_context(request),
            "opts": self.model_admin.opts,
            "title": "Отменить оформление",
            "subtitle": str(self.enrolment.client),
            "enrolment": self.enrolment,
            "address": address_of(self.enrolment),
            "form": form,
        }
        status = REFUSED if form.errors else 200
        template = "admin/accounts/enrolment/abandon.html"
        return TemplateResponse(request, template, context, status=status)


def companies_of(user: User | None) -> str:
    """The companies a person acts or acted for, as the office reads them."""
    if user is None:
        return ""
    rows = user.memberships.all()
    names = sorted({row.client.short_name for row in rows})
    return ", ".join(names) or "ни одной компании"


def _client_person(key: str) -> User:
    people = User.objects.filter(is_staff=False)
    return get_object_or_404(people, pk=keys.read(key))


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) < 10
