"""«Точки учёта»: handing in readings, the check, the receipt, the history, the points."""

from meters.views.history import (
    ReadingHistoryFileView,
    ReadingHistoryView,
    SubmissionListFileView,
    SubmissionListView,
)
from meters.views.points import (
    PointListView,
    PointView,
    UsageFileView,
    UsageView,
    VerificationListFileView,
    VerificationListView,
)
from meters.views.readings import ReadingsView
from meters.views.readings_check import ReadingsCheckView
from meters.views.readings_file import (
    ReadingsBlankView,
    ReadingsFileCheckView,
    ReadingsFileView,
)
from meters.views.receipt import ReceiptView
from meters.views.submission_paper import SubmissionPaperView

__all__ = [
    "PointListView",
    "PointView",
    "ReadingHistoryFileView",
    "ReadingHistoryView",
    "ReadingsBlankView",
    "ReadingsCheckView",
    "ReadingsFileCheckView",
    "ReadingsFileView",
    "ReadingsView",
    "ReceiptView",
    "SubmissionListFileView",
    "SubmissionListView",
    "SubmissionPaperView",
    "UsageFileView",
    "UsageView",
    "VerificationListFileView",
    "VerificationListView",
]
