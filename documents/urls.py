"""Addresses of the room."""

from django.urls import path

from documents import views

app_name = "documents"

urlpatterns = [
    path(
        "contracts/<int:contract>/documents/",
        views.DocumentListView.as_view(),
        name="document-list",
    ),
    path(
        "contracts/<int:contract>/documents/<int:document>/",
        views.DocumentFileView.as_view(),
        name="document-file",
    ),
]
