"""«Точки учёта»: handing in readings, the check, the receipt, the history."""

from meters.views.history import ReadingHistoryView
from meters.views.readings import ReadingsView
from meters.views.readings_check import ReadingsCheckView
from meters.views.readings_file import (
    ReadingsBlankView,
    ReadingsFileCheckView,
    ReadingsFileView,
)
from meters.views.receipt import ReceiptView

__all__ = [
    "ReadingHistoryView",
    "ReadingsBlankView",
    "ReadingsCheckView",
    "ReadingsFileCheckView",
    "ReadingsFileView",
    "ReadingsView",
    "ReceiptView",
]
