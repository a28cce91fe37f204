"""Messages to the specialists: each is a case with a course, an addressee and a deadline.

`Message` is what the client asked, `Entry` everything that was said and done since, `Delivery` a
letter on its way out, `IncomingMail` a letter that came in.
"""

from messaging.models.case import Addressed, Attachment, Draft, Entry, Message, new_token
from messaging.models.mail import Delivery, IncomingMail

__all__ = [
    "Addressed", "Attachment", "Delivery", "Draft", "Entry", "IncomingMail", "Message", "new_token",
]  # fmt: skip
