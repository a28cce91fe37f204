"""The office's side of the room: clients, their people, what was issued, and the journal."""

from accounts.admin import (
    clients,
    enrolments,
    journal,
    lists,
    memberships,
    people,
    records,
    requests,
    site_notices,
)

__all__ = [
    "clients", "enrolments", "journal", "lists", "memberships", "people", "records", "requests",
    "site_notices",
]  # fmt: skip
