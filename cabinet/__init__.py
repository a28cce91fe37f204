"""The frame: settings, addresses, and the few tools that every room leans on."""

from cabinet.celery import app as celery_app

__all__ = ["celery_app"]
