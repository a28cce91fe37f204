"""The mail server of these tests."""

from tests.smtp_server import smtp

__all__ = ["smtp"]
