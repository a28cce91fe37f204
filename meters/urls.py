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
        "contracts/<int:contract>/readings/file/blank.<str:kind>",
        views.ReadingsBlankView.as_view(),
        name="readings-blank",
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
        "contracts/<int:contract>/readings/history.<str:kind>",
        views.ReadingHistoryFileView.as_view(),
        name="reading-history-file",
    ),
    path(
        "contracts/<int:contract>/readings/submissions/",
        views.SubmissionListView.as_view(),
        name="submission-list",
    ),
    path(
        "contracts/<int:contract>/readings/submissions.<str:kind>",
        views.SubmissionListFileView.as_view(),
        name="submission-list-file",
    ),
    path(
        "contracts/<int:contract>/points/",
        views.PointListView.as_view(),
        name="point-list",
    ),
    path(
        "contracts/<int:contract>/points/<int:point>/",
        views.PointView.as_view(),
        name="point",
    ),
    path(
        "contracts/<int:contract>/points/usage/",
        views.UsageView.as_view(),
        name="usage",
    ),
    path(
        "contracts/<int:contract>/points/usage.<str:kind>",
        views.UsageFileView.as_view(),
        name="usage-file",
    ),
    path(
        "contracts/<int:contract>/points/verification/",
        views.VerificationListView.as_view(),
        name="verification-list",
    ),
    path(
        "contracts/<int:contract>/points/verification.<str:kind>",
        views.VerificationListFileView.as_view(),
        name="verification-list-file",
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
