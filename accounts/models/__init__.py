"""Who comes in: people, the companies they act for, and the paper that lets them.

`access` is what holds today and what happened, `enrolment` how an access comes about at the office.
"""

from accounts.models.access import (
    Basis,
    Client,
    DocumentLetters,
    JournalEntry,
    Letter,
    Membership,
    MembershipQuerySet,
    User,
)
from accounts.models.enrolment import AgreementScan, Enrolment, EnrolmentList

__all__ = [
    "AgreementScan", "Basis", "Client", "DocumentLetters", "Enrolment", "EnrolmentList",
    "JournalEntry", "Letter", "Membership", "MembershipQuerySet", "User",
]  # fmt: skip
