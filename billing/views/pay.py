"""«Оплата»: the pay kit of a debt, a bill or any sum, and its files."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode

from accounts.roles import Right
from billing import payables, payment_kit
from billing.models import PayerAccount
from billing.payment_forms import OrderForm, PayForm
from billing.payment_kit import Kit
from cabinet import formats, press
from contracts.access import (
    ContractDoor,
    ContractMadeFile,
    ContractTemplatePage,
    MadeFile,
)


class PaymentDoor(ContractDoor):
    """What the address asks to pay: `?subject=debt&amount=`."""

    @cached_property
    def form(self) -> PayForm:
        """The choice of the address; on the first visit, what is due first, as a whole."""
        query = self.request.GET
        offered = payables.of_contract(self.contract, key=query.get("subject", ""))
        if "subject" in query or "amount" in query:
            return PayForm(query, payables=offered)
        if offered[0].amount is not None:
            return PayForm({"subject": offered[0].key}, payables=offered)
        return PayForm(initial={"subject": offered[0].key}, payables=offered)

    @cached_property
    def kit(self) -> Kit | None:
        """The kit of what was chosen; None until the choice is complete."""
        if not self.form.is_bound or not self.form.is_valid():
            return None
        chosen = self.form.cleaned_data
        return payment_kit.assemble(self.contract, chosen["payable"], chosen["amount"])

    @cached_property
    def order_form(self) -> OrderForm:
        """Account, number and date of the payment order; today's date at first."""
        accounts = PayerAccount.objects.filter(client=self.contract.client)
        data = self.request.GET if "number" in self.request.GET else None
        return OrderForm(data, accounts=accounts, initial={"date": timezone.localdate()})

    @property
    def payment_query(self) -> str:
        """The choice as a query, for the addresses of its files."""
        data = self.form.data
        chosen = {name: data.get(name, "") for name in ("subject", "amount")}
        return urlencode({name: value for name, value in chosen.items() if value})

    def page(self) -> HttpResponseBase:
        """Back to the page, with everything that was asked: it says what is wrong."""
        address = reverse("billing:pay", args=[self.contract.pk])
        return redirect(f"{address}?{self.request.GET.urlencode()}")


class PayView(PaymentDoor, ContractTemplatePage):
    """Choosing what to pay; then requisites to copy, the QR code, the bill, the payment order."""

    template_name = "billing/pay.html"
    tab = "debt"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The kit of what was chosen; 422 for a choice that makes none."""
        is_wrong = self.form.is_bound and not self.form.is_valid()
        is_wrong |= self.order_form.is_bound and not self.order_form.is_valid()
        context = self.get_context_data(has_errors=is_wrong)
        return self.render_to_response(context, status=422 if is_wrong else 200)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the forms, the kit and the accounts of the client."""
        return super().get_context_data(
            form=self.form,
            kit=self.kit,
            order_form=self.order_form,
            accounts=self.order_form.fields["account"].queryset,  # type: ignore[attr-defined]
            payment_query=self.payment_query,
            may_change_accounts=self.may(Right.PAYER_ACCOUNTS),
            **kwargs,
        )


class PayBillView(PaymentDoor, ContractMadeFile):
    """The bill of the kit as PDF, with its QR code."""

    def make_file(self) -> MadeFile | HttpResponseBase:
        """The bill; back to the page for a choice that makes none."""
        if self.kit is None:
            return self.page()
        try:
            content = payment_kit.bill_pdf(self.kit)
        except press.NotMade:
            words = "Счёт не успел составиться: сейчас готовится много документов. Повторите позже."
            messages.error(self.request, words)
            return self.page()
        title = f"Счёт на оплату от {formats.day(self.kit.made_on)}"
        # The sum tells one of the day's bills from another.
        amount = formats.amount(self.kit.amount).replace(formats.NBSP, " ")
        return MadeFile(
            content=content,
            filename=f"{title} на {amount} руб., договор № {self.contract.number}.pdf",
            content_type="application/pdf",
            title=title,
            details=_details(self.kit),
        )


class PayOrderView(PaymentDoor, ContractMadeFile):
    """The payment order of the kit for the client's bank program."""

    is_download = True

    def make_file(self) -> MadeFile | HttpResponseBase:
        """The order; back to the page where the choice or the order's own fields are wrong."""
        if self.kit is None or not self.order_form.is_valid():
            return self.page()
        asked = self.order_form.cleaned_data
        name = f"Платёжное поручение № {asked['number']} от {formats.day(asked['date'])}"
        return MadeFile(
            content=payment_kit.payment_order(self.kit, **asked),
            filename=f"{name}.txt",
            content_type="text/plain; charset=windows-1251",
            title=name,
            details={**_details(self.kit), "account": asked["account"].account},
        )


def _details(kit: Kit) -> dict[str, str]:
    """What the journal keeps of a payment."""
    return {"subject": kit.payable.key, "amount": str(kit.amount), "purpose": kit.purpose}
