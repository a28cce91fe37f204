"""Addresses of the room."""

from django.urls import path

from billing.views import debt, history, pay, payer_account, reconciliation, turnovers

app_name = "billing"

_reconciliation = "contracts/<int:contract>/reconciliation/"
_pay = "contracts/<int:contract>/pay/"

urlpatterns = [
    path("contracts/<int:contract>/debt/", debt.DebtView.as_view(), name="debt"),
    path("contracts/<int:contract>/debt/history/", history.HistoryView.as_view(), name="history"),
    path(
        "contracts/<int:contract>/debt/history/file/",
        history.HistoryFileView.as_view(),
        name="history-file",
    ),
    path(
        "contracts/<int:contract>/debt/turnovers/",
        turnovers.TurnoversView.as_view(),
        name="turnovers",
    ),
    path(
        "contracts/<int:contract>/debt/turnovers/file/",
        turnovers.TurnoversFileView.as_view(),
        name="turnovers-file",
    ),
    path(_reconciliation, reconciliation.ReconciliationView.as_view(), name="reconciliation"),
    path(
        f"{_reconciliation}act.pdf",
        reconciliation.ReconciliationActView.as_view(),
        name="reconciliation-act",
    ),
    path(_pay, pay.PayView.as_view(), name="pay"),
    path(f"{_pay}bill.pdf", pay.PayBillView.as_view(), name="pay-bill"),
    path(f"{_pay}order.txt", pay.PayOrderView.as_view(), name="pay-order"),
    path(
        f"{_pay}accounts/new/",
        payer_account.PayerAccountNewView.as_view(),
        name="payer-account-new",
    ),
    path(
        f"{_pay}accounts/<int:account>/",
        payer_account.PayerAccountView.as_view(),
        name="payer-account",
    ),
]
