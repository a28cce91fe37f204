"""«Точки учёта»: handing in readings, the check, the receipt, the history."""

from meters.views.history import ReadingHistoryView
from meters.views.readings import ReadingsView
from meters.views.readings_check import ReadingsCheckView
from meters.views.receipt import ReceiptView
from meters.views.submission_paper import SubmissionPaperView

__all__ = [
    "ReadingHistoryView",
    "ReadingsCheckView",
    "ReadingsView",
    "ReceiptView",
    "SubmissionPaperView",
]
