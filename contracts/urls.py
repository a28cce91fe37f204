"""Addresses of the room."""

from django.urls import path

from contracts import views

app_name = "contracts"

urlpatterns = [
    path("home/", views.HomeView.as_view(), name="home"),
    path("contracts/<int:contract>/", views.ContractView.as_view(), name="contract"),
]
