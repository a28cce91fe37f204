"""«Документы»: the archive with its search, the PDFs, and who has had which of them."""

from documents.views.archive import (
    AllDocumentsView,
    DocumentListView,
    RegistryOfAllView,
    RegistryView,
)
from documents.views.bundle import (
    BundleCancelView,
    BundleFileView,
    BundleNewOfAllView,
    BundleNewView,
    BundleStateView,
    BundleView,
)
from documents.views.file import DocumentFileView
from documents.views.journal import ContractOpeningsView, DocumentOpeningsView
from documents.views.notice import NoticeAcknowledgeView, NoticeView

__all__ = [
    "AllDocumentsView",
    "BundleCancelView",
    "BundleFileView",
    "BundleNewOfAllView",
    "BundleNewView",
    "BundleStateView",
    "BundleView",
    "ContractOpeningsView",
    "DocumentFileView",
    "DocumentListView",
    "DocumentOpeningsView",
    "NoticeAcknowledgeView",
    "NoticeView",
    "RegistryOfAllView",
    "RegistryView",
]
