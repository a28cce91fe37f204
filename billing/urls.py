"""Addresses of the room."""

from django.urls import path

from billing import views

app_name = "billing"

urlpatterns = [
    path("contracts/<int:contract>/debt/", views.DebtView.as_view(), name="debt"),
    path("contracts/<int:contract>/debt/history/", views.HistoryView.as_view(), name="history"),
]
