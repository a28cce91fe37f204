"""The office's side of messages: cases and what is done with them, letters out and in."""

from messaging.admin import cases, deliveries, tray

__all__ = ["cases", "deliveries", "tray"]
