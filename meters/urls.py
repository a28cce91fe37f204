"""Addresses of the room."""

from django.urls import path

from meters import views

app_name = "meters"

urlpatterns = [
    path("contracts/<int:contract>/readings/", views.ReadingsView.as_view(), name="readings"),
    path(
        "contracts/<int:contract>/readings/check/",
        views.ReadingsCheckView.as_view(),
        name="readings-check",
    ),
    path(
        "contracts/<int:contract>/readings/history/",
        views.ReadingHistoryView.as_view(),
        name="reading-history",
    ),
    path(
        "contracts/<int:contract>/readings/receipts/<str:number>/",
        views.ReceiptView.as_view(),
        name="receipt",
    ),
    path(
        "contracts/<int:contract>/readings/receipts/<str:number>/<str:kind>.pdf",
        views.SubmissionPaperView.as_view(),
        name="submission-paper",
    ),
]
