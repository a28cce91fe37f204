"""Metering points, meters and readings."""

from meters.models.papers import SubmissionPaper
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
from meters.models.rejections import Rejection, RejectionLetter, StandingRejection
from meters.models.reminders import OfficeReminder, ReadingReminder
from meters.models.rules import ReadingRule
from meters.models.uploads import ReadingUpload
from meters.models.verification import DueVerification

__all__ = [
    "CLOSED_TOO_EARLY",
    "REMOVED_TOO_EARLY",
    "ActReading",
    "BillingAnswer",
    "Doubt",
    "DueVerification",
    "Installation",
    "Meter",
    "MeteringPoint",
    "OfficeReminder",
    "Reading",
    "ReadingDraft",
    "ReadingReminder",
    "ReadingRule",
    "ReadingUpload",
    "Register",
    "Rejection",
    "RejectionLetter",
    "StandingRejection",
    "Submission",
    "SubmissionPaper",
]
