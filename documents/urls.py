"""Addresses of the room."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter

from documents import views

app_name = "documents"


class TableConverter(StringConverter):
    """The two formats of a registry."""

    regex = "csv|xlsx"


register_converter(TableConverter, "table")

_contract = [
    path("", views.DocumentListView.as_view(), name="document-list"),
    path("registry.<table:kind>", views.RegistryView.as_view(), name="registry"),
    path("zip/", views.BundleNewView.as_view(), name="bundle-new"),
    path("openings/", views.ContractOpeningsView.as_view(), name="contract-openings"),
    path("<int:document>/", views.DocumentFileView.as_view(), name="document-file"),
    path(
        "<int:document>/openings/", views.DocumentOpeningsView.as_view(), name="document-openings"
    ),
    path("<int:document>/notice/", views.NoticeView.as_view(), name="notice"),
    path(
        "<int:document>/notice/acknowledge/",
        views.NoticeAcknowledgeView.as_view(),
        name="notice-acknowledge",
    ),
]

_bundle = [
    path("", views.BundleView.as_view(), name="bundle"),
    path("state/", views.BundleStateView.as_view(), name="bundle-state"),
    path("cancel/", views.BundleCancelView.as_view(), name="bundle-cancel"),
    path("file/", views.BundleFileView.as_view(), name="bundle-file"),
]

urlpatterns = [
    path("documents/", views.AllDocumentsView.as_view(), name="all-documents"),
    path(
        "documents/registry.<table:kind>", views.RegistryOfAllView.as_view(), name="registry-of-all"
    ),
    path("documents/zip/", views.BundleNewOfAllView.as_view(), name="bundle-new-of-all"),
    path("documents/zip/<uuid:key>/", include(_bundle)),
    path("contracts/<int:contract>/documents/", include(_contract)),
]
