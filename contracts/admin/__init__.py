"""The office's side of the room: contracts, who supervises them, topics, leaves, the calendar."""

from contracts.admin import calendar, contracts, people, topics

__all__ = ["calendar", "contracts", "people", "topics"]
