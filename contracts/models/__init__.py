"""What clients hold: contracts, and the people who supervise them."""

from contracts.models.calendar import CalendarDay
from contracts.models.contract import Contract, ContractLimit, RequestedContract
from contracts.models.people import Branch, Leave, Specialist, TermQuerySet
from contracts.models.topics import Assignment, Topic

__all__ = [
    "Assignment",
    "Branch",
    "CalendarDay",
    "Contract",
    "ContractLimit",
    "Leave",
    "RequestedContract",
    "Specialist",
    "TermQuerySet",
    "Topic",
]
