"""Metering points, meters and readings."""

from meters.models.points import (
    CLOSED_TOO_EARLY,
    REMOVED_TOO_EARLY,
    ActReading,
    Installation,
    Meter,
    MeteringPoint,
    Register,
)
from meters.models.readings import BillingAnswer, Doubt, Reading, ReadingDraft, Submission
from meters.models.rules import ReadingRule
from meters.models.uploads import ReadingUpload

__all__ = [
    "CLOSED_TOO_EARLY",
    "REMOVED_TOO_EARLY",
    "ActReading",
    "BillingAnswer",
    "Doubt",
    "Installation",
    "Meter",
    "MeteringPoint",
    "Reading",
    "ReadingDraft",
    "ReadingRule",
    "ReadingUpload",
    "Register",
    "Submission",
]
