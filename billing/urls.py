"""Addresses of the room."""

from django.urls import path

from billing.views import debt, history, turnovers

app_name = "billing"

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
]
