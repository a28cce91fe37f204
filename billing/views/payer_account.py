"""The accounts from which a client pays: added, corrected and removed by the client's people."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts.roles import Right
from billing.models import PayerAccount
from billing.payment_forms import PayerAccountForm
from contracts.access import ContractFormPage


class PayerAccountPage(ContractFormPage):
    """The form of an account, and the way back to the payment that asked for it."""

    template_name = "billing/payer_account.html"
    form_class = PayerAccountForm
    tab = "debt"
    right = Right.PAYER_ACCOUNTS
    right_for_reading = True

    @cached_property
    def account(self) -> PayerAccount:
        """The account that the address names, or a new one of the contract's client."""
        raise NotImplementedError

    def get_form_kwargs(self) -> dict[str, Any]:
        """The form changes `account`."""
        return {**super().get_form_kwargs(), "instance": self.account}

    def form_valid(self, form: PayerAccountForm) -> HttpResponse:
        """Keep it, and go on paying."""
        form.save()
        messages.success(self.request, f"Счёт {self.account.account} сохранён.")
        return redirect(self.payment_address)

    def form_invalid(self, form: PayerAccountForm) -> HttpResponse:
        """The same form with what is wrong."""
        return self.render_to_response(self.get_context_data(form=form), status=422)

    @property
    def payment_address(self) -> str:
        """The page of the payment, with what was chosen on it."""
        chosen = self.request.GET.copy()
        address = reverse("billing:pay", args=[self.contract.pk])
        return f"{address}?{chosen.urlencode()}#order" if chosen else f"{address}#order"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the account and the way back."""
        return super().get_context_data(
            account=self.account, payment_address=self.payment_address, **kwargs
        )


class PayerAccountNewView(PayerAccountPage):
    """A new account."""

    @cached_property
    def account(self) -> PayerAccount:
        """A new one of the contract's client, added by this person."""
        return PayerAccount(client=self.contract.client, added_by=self.membership.user)


class PayerAccountView(PayerAccountPage):
    """An account that is there: corrected, or removed by «Удалить»."""

    @cached_property
    def account(self) -> PayerAccount:
        """One of the client's own, or 404."""
        own = PayerAccount.objects.filter(client=self.contract.client)
        return get_object_or_404(own, pk=self.kwargs["account"])

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Remove it when the button says so, else keep what was typed."""
        if request.POST.get("action") != "remove":
            return super().post(request, *args, **kwargs)
        number = self.account.account
        self.account.delete()
        messages.success(request, f"Счёт {number} удалён.")
        return redirect(self.payment_address)
