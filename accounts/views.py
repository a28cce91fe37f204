"""Open pages, logging in, and one's own login, address and password."""

from __future__ import annotations

from typing import Any

from allauth.account import views as allauth_views
from allauth.account.internal import flows
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.messages.views import SuccessMessageMixin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse_lazy
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView, TemplateView, UpdateView, View

from accounts import access_history, agreements, company, journal, sessions, viewing
from accounts.forms import ColorSchemeForm, FirstPasswordForm, NotificationsForm
from accounts.models import JournalEntry, Membership, User
from accounts.visitor import user_of
from cabinet import files

LATEST_LOGINS = 10

# Open pages -----------------------------------------------------------------------------------


class FrontView(allauth_views.LoginView):
    """The site's front page with the login window (way 1 of the manual)."""

    template_name = "accounts/front.html"


class LoginView(allauth_views.LoginView):
    """«Юрлицам» → «Личный кабинет»: the login window, conditions, agreement (way 2)."""

    template_name = "accounts/login.html"


@method_decorator(login_not_required, name="dispatch")
class OpenPage(TemplateView):
    """A page for everybody."""


@method_decorator(login_not_required, name="dispatch")
class AgreementView(View):
    """The printable user agreement."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """The blank form as PDF."""
        return files.pdf_response(
            agreements.blank_agreement(), filename="Пользовательское соглашение.pdf"
        )


# One's own login ------------------------------------------------------------------------------


@method_decorator(sensitive_post_parameters(), name="dispatch")
class FirstPasswordView(LoginRequiredMixin, FormView):
    """Whoever came in by the slip's password chooses one of their own."""

    template_name = "accounts/first_password.html"
    form_class = FirstPasswordForm
    success_url = reverse_lazy("contracts:home")

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form checks the password against its owner's names."""
        return {**super().get_form_kwargs(), "user": self.request.user}

    def form_valid(self, form: FirstPasswordForm) -> HttpResponse:
        """Keep the password, keep the session, end all others."""
        form.save()
        flows.password_change.finalize_password_set(self.request, form.user)
        return super().form_valid(form)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Only for a password from a slip: any other is changed with the current one."""
        if request.user.is_authenticated and not request.user.has_one_time_password:
            return redirect("account_change_password")
        return super().dispatch(request, *args, **kwargs)


class EmailView(allauth_views.EmailView):
    """Change of e-mail: confirmed on the new address, announced to the old one."""

    template_name = "accounts/email.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take a new address only; allauth's other actions would ask for no password."""
        if "action_add" not in request.POST:
            return HttpResponseNotAllowed(["GET"])
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response


class ConfirmEmailView(allauth_views.ConfirmEmailView):
    """Where the link in the letter to the new address leads."""

    template_name = "accounts/email_confirm.html"


class PasswordChangeView(allauth_views.PasswordChangeView):
    """Change of password: the current one is asked, other sessions end."""

    template_name = "accounts/password_change.html"
    success_url = reverse_lazy("contracts:home")


class PasswordResetView(allauth_views.PasswordResetView):
    """«Забыли пароль?»: a link to the address in the cabinet."""

    template_name = "accounts/password_reset.html"


class PasswordResetDoneView(allauth_views.PasswordResetDoneView):
    """The same words whether the address is known or not."""

    template_name = "accounts/password_reset_done.html"


class PasswordResetFromKeyView(allauth_views.PasswordResetFromKeyView):
    """Where the link leads: a new password."""

    template_name = "accounts/password_reset_from_key.html"


class PasswordResetFromKeyDoneView(allauth_views.PasswordResetFromKeyDoneView):
    """The password is set."""

    template_name = "accounts/password_reset_from_key_done.html"


class ColorSchemeView(LoginRequiredMixin, UpdateView):
    """Light or dark."""

    form_class = ColorSchemeForm
    template_name = "accounts/color_scheme.html"
    success_url = reverse_lazy("contracts:home")

    def get_object(self, queryset: object = None) -> User:
        """The person themselves."""
        return user_of(self.request)


class NotificationsView(SuccessMessageMixin, LoginRequiredMixin, UpdateView):
    """«Уведомления»: which letters the person wants."""

    form_class = NotificationsForm
    template_name = "accounts/notifications.html"
    success_url = reverse_lazy("accounts:notifications")
    success_message = "Настройки уведомлений сохранены."

    def get_object(self, queryset: object = None) -> User:
        """The person themselves."""
        return user_of(self.request)


# Who has access -------------------------------------------------------------------------------


class AccessView(LoginRequiredMixin, TemplateView):
    """«Доступ»: one's own accesses, logins and open sessions; a director's way to the desk."""

    template_name = "accounts/access.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Own memberships, the companies that one leads, latest logins, open sessions."""
        person = user_of(self.request)
        active = Membership.objects.active().filter(user=person).select_related("client")
        own = list(company.for_desk(active).order_by("client__short_name", "pk"))
        logins = JournalEntry.objects.filter(user=person, action=journal.Action.LOGIN)
        return super().get_context_data(
            own=company.own_in_words(own),
            cards=company.cards(person),
            logins=logins[:LATEST_LOGINS],
            sessions=sessions.open_sessions(person),
            current_client=own[0].client if own else None,
            may_see_history=bool(access_history.led_by(person)),
            nav="access",
            **kwargs,
        )


class AccessHistoryView(LoginRequiredMixin, TemplateView):
    """«История доступа»: for a director, whom the office let in, and who of it looked."""

    template_name = "accounts/access_history.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """A page of one kind of lines, of one of the clients that the person leads.

        Raises:
            PermissionDenied: the person leads none.
        """
        led = access_history.led_by(user_of(self.request))
        if not led:
            raise PermissionDenied("Историю доступа видит руководитель со всеми договорами.")
        history = access_history.look(led, self.request.GET)
        return super().get_context_data(
            history=history, current_client=history.client, nav="access", **kwargs
        )


class ViewingEndView(LoginRequiredMixin, View):
    """«Завершить»: the office looks with its own eyes again."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        """Back to the client's page in the workplace."""
        client = viewing.stop(request)
        if client is None:
            return redirect("contracts:home")
        messages.success(request, "Просмотр глазами клиента завершён.")
        return redirect("admin:accounts_client_change", client)


class SessionEndView(LoginRequiredMixin, View):
    """«Завершить»: ends one of one's own sessions elsewhere."""

    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest, session: int) -> HttpResponse:
        """End it and say so."""
        found = get_object_or_404(UserSession, pk=session, user=request.user)
        journal.record(journal.Action.SESSION_ENDED, request=request, subject=found.user_agent)
        found.end()
        messages.success(request, "Сеанс завершён.")
        return redirect("accounts:access")
