"""The office's side of the room: clients, their people, what was issued, and the journal."""

from accounts.admin import clients, memberships, people, records, site_notices

__all__ = ["clients", "memberships", "people", "records", "site_notices"]
