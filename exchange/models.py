"""What leaves for the billing system, and what it answers."""

from exchange.batches import (
    AnswerFile,
    CaseAnswer,
    OutgoingBatch,
    OutgoingCase,
    OutgoingFile,
    OutgoingReading,
    WaitingReading,
)

__all__ = [
    "AnswerFile",
    "CaseAnswer",
    "OutgoingBatch",
    "OutgoingCase",
    "OutgoingFile",
    "OutgoingReading",
    "WaitingReading",
]
