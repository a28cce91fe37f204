"""Who comes in: people, the companies they act for, and the paper that lets them.

`access` is what holds today, `journal` what happened, `enrolment` how an access comes about at the
office, `desk` what companies ask for and are told.
"""

from accounts.models.access import (
    Basis,
    Client,
    DocumentLetters,
    Letter,
    Membership,
    MembershipQuerySet,
    User,
)
from accounts.models.desk import AccessRequest, EndingNotice
from accounts.models.enrolment import AgreementScan, Enrolment, EnrolmentList
from accounts.models.journal import Dossier, JournalEntry, JournalLink
from accounts.models.site_notice import SiteNotice

__all__ = [
    "AccessRequest", "AgreementScan", "Basis", "Client", "DocumentLetters", "Dossier",
    "EndingNotice", "Enrolment", "EnrolmentList", "JournalEntry", "JournalLink", "Letter",
    "Membership", "MembershipQuerySet", "SiteNotice", "User",
]  # fmt: skip
