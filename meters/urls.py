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
        "contracts/<int:contract>/readings/file/",
        views.ReadingsFileView.as_view(),
        name="readings-file",
    ),
    path(
        "contracts/<int:contract>/readings/file/blank.xlsx",
        views.ReadingsBlankView.as_view(kind="xlsx"),
        name="readings-blank-xlsx",
    ),
    path(
        "contracts/<int:contract>/readings/file/blank.csv",
        views.ReadingsBlankView.as_view(kind="csv"),
        name="readings-blank-csv",
    ),
    path(
        "contracts/<int:contract>/readings/file/<int:upload>/",
        views.ReadingsFileCheckView.as_view(),
        name="readings-file-check",
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
]
