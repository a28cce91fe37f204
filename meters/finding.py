"""Which points and meters a search of the office means (cabinet/finding.py)."""

from __future__ import annotations

from cabinet import finding
from meters.models import Installation, Meter, MeteringPoint, Register, Submission

METER_COLUMNS = ("serial", "make", "model")
POINT_COLUMNS = ("name", "site", "place")


def meters(term: str) -> list[int]:
    """Meters by a part of the serial number."""
    return finding.keys(Meter.objects.filter(finding.condition(("serial",), term)))


def registers(term: str) -> list[int]:
    """The registers of those meters."""
    return finding.keys(Register.objects.filter(meter__in=meters(term)))


def points_of_meters(term: str) -> list[int]:
    """Points at which those meters hang or hung."""
    return finding.keys(Installation.objects.filter(meter__in=meters(term)).distinct(), "point")


def points(term: str) -> list[int]:
    """Points by name."""
    return finding.keys(MeteringPoint.objects.filter(finding.condition(POINT_COLUMNS, term)))


def submissions(term: str) -> list[int]:
    """The submission with this receipt's number."""
    return finding.keys(Submission.objects.filter(finding.condition(("=number",), term)))
