"""What came from the billing system, and what left for it."""

from exchange.models.batches import (
    AnswerFile,
    CaseAnswer,
    OutgoingBatch,
    OutgoingCase,
    OutgoingFile,
    OutgoingReading,
    WaitingReading,
)
from exchange.models.imports import AddedRows, ChangedRow, Import, RefusedRow
from exchange.models.orders import OutgoingOrder

__all__ = [
    "AddedRows", "AnswerFile", "CaseAnswer", "ChangedRow", "Import", "OutgoingBatch",
    "OutgoingCase", "OutgoingFile", "OutgoingOrder", "OutgoingReading", "RefusedRow",
    "WaitingReading",
]  # fmt: skip
