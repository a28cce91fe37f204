"""Addresses of the room."""

from django.urls import path

from billing.views import debt, history

app_name = "billing"

urlpatterns = [
    path("contracts/<int:contract>/debt/", debt.DebtView.as_view(), name="debt"),
    path("contracts/<int:contract>/debt/history/", history.HistoryView.as_view(), name="history"),
]
