"""Pages of the second factor: the step of the login, setting up, recovery codes, turning off."""

from __future__ import annotations

from typing import Any

from allauth.account.utils import get_login_redirect_url
from allauth.core import ratelimit
from allauth.mfa.base import views as allauth_views
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.generic import FormView, TemplateView

from accounts.second_factor import codes, drawing, forms, rules, suspended
from accounts.visitor import user_of


@method_decorator(sensitive_post_parameters(), name="dispatch")
class LoginCodeView(allauth_views.AuthenticateView):
    """The second step of logging in, for whoever has a factor."""

    form_class = forms.LoginCodeForm
    template_name = "accounts/login_code.html"


@method_decorator(sensitive_post_parameters(), name="dispatch")
class _OwnFactorPage(LoginRequiredMixin, FormView):
    """A page about one's own factor; its forms ask for the password, so tries are counted."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """429 for a browser that posts without end."""
        if request.user.is_authenticated:
            refusal: HttpResponse | None = ratelimit.consume_or_429(
                request, action="change_password", user=request.user
            )
            if refusal:
                return refusal
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Whose password and code they are."""
        return {**super().get_form_kwargs(), "user": user_of(self.request)}

    def show_codes(self, spare: list[str], words: str) -> HttpResponse:
        """The recovery codes, in this one answer: neither a reload nor a link shows them again."""
        messages.success(self.request, words)
        context = {"spare": spare, "nav": "access"}
        return TemplateResponse(self.request, "accounts/recovery_codes.html", context)


class ConfirmCodeView(_OwnFactorPage):
    """A code again: for a session without one, or after 15 minutes before something delicate."""

    form_class = forms.LoginCodeForm
    template_name = "accounts/confirm_code.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Only for those who have a factor; after the code, what waits for it."""
        if not rules.is_set(user_of(request)):
            return redirect("accounts:second-factor-set")
        waits = suspended.waiting(request)
        if waits and rules.is_recent(request):
            context = {"suspended": waits}
            return TemplateResponse(request, "accounts/confirm_code_go_on.html", context)
        return super().get(request, *args, **kwargs)

    def form_valid(self, form: forms.LoginCodeForm) -> HttpResponse:
        """Go on where the person was stopped: with what waits, by this page, or by a link."""
        form.save()
        if suspended.waiting(self.request):
            return redirect(self.request.get_full_path())
        return redirect(get_login_redirect_url(self.request))


class SecondFactorView(LoginRequiredMixin, TemplateView):
    """«Код при входе»: whether it is on, and what can be done about it."""

    template_name = "accounts/second_factor.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """On or off, for whom it is a duty, how many recovery codes are left."""
        person = user_of(self.request)
        return super().get_context_data(
            is_on=rules.is_set(person),
            is_required=rules.is_required(person),
            left=codes.recovery_codes_left(person),
            nav="access",
            **kwargs,
        )


class SecondFactorSetView(_OwnFactorPage):
    """Setting up: the key as a picture and as text, then a code of the app and the password."""

    form_class = forms.SetUpForm
    template_name = "accounts/second_factor_set.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Only for those who have none."""
        if request.user.is_authenticated and rules.is_set(request.user):
            return redirect("accounts:second-factor")
        return super().dispatch(request, *args, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """With the key that this person's page offers."""
        return {**super().get_form_kwargs(), "secret": rules.pending_secret(self.request)}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The key in groups of four, to be typed, and as a picture."""
        person, secret = user_of(self.request), rules.pending_secret(self.request)
        return super().get_context_data(
            picture=drawing.of_key(person, secret),
            key=" ".join(secret[i : i + 4] for i in range(0, len(secret), 4)),
            is_required=rules.is_required(person),
            nav="access",
            **kwargs,
        )

    @method_decorator(sensitive_variables("spare"))
    def form_valid(self, form: forms.SetUpForm) -> HttpResponse:
        """Keep it and show the recovery codes."""
        try:
            spare = rules.set_up(self.request, step=form.step)
        except rules.AlreadySet:
            return redirect("accounts:second-factor")
        return self.show_codes(spare, "Код при входе включён.")


class RecoveryCodesNewView(_OwnFactorPage):
    """New recovery codes."""

    form_class = forms.NewCodesForm
    template_name = "accounts/recovery_codes_new.html"
    extra_context = {"nav": "access"}

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Only for those who have a factor."""
        if not rules.is_set(user_of(request)):
            return redirect("accounts:second-factor")
        return super().get(request, *args, **kwargs)

    @method_decorator(sensitive_variables("spare"))
    def form_valid(self, form: forms.NewCodesForm) -> HttpResponse:
        """Make them and show them."""
        spare = rules.renew_recovery_codes(self.request)
        return self.show_codes(spare, "Новые коды созданы, прежние больше не действуют.")


class SecondFactorOffView(_OwnFactorPage):
    """Turning off, for those who may do without."""

    form_class = forms.TurnOffForm
    template_name = "accounts/second_factor_off.html"
    extra_context = {"nav": "access"}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Not for staff, and only for those who have a factor."""
        if request.user.is_authenticated:
            if rules.is_required(request.user):
                raise PermissionDenied("Сотрудникам код при входе нужен всегда.")
            if not rules.is_set(request.user):
                return redirect("accounts:second-factor")
        return super().dispatch(request, *args, **kwargs)

    def form_valid(self, form: forms.TurnOffForm) -> HttpResponse:
        """Remove it and say so."""
        rules.remove(self.request)
        messages.success(self.request, "Код при входе отключён. Теперь для входа нужен пароль.")
        return redirect("accounts:second-factor")
