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

__all__ = [
    "AddedRows", "AnswerFile", "CaseAnswer", "ChangedRow", "Import", "OutgoingBatch",
    "OutgoingCase", "OutgoingFile", "OutgoingReading", "RefusedRow", "WaitingReading",
]  # fmt: skip
