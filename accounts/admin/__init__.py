"""The office's side of the room: clients, their people, what was issued, and the journal."""

from accounts.admin import clients, journal, memberships, people, records

__all__ = ["clients", "journal", "memberships", "people", "records"]
