"""Letters that no person wrote: vacation notes, receipts of reading, lists, our own come back.

Nothing is ever sent because of one, so two machines cannot talk to each other (RFC 3834).
"""

from __future__ import annotations

import re
from email.utils import parseaddr

from django.conf import settings

from cabinet import mail, outbox
from messaging.incoming import reading
from messaging.incoming.reading import Letter

_BULK = frozenset({"bulk", "junk", "list", "auto_reply", "auto-reply"})
_MARKS = ("X-Autoreply", "X-Autorespond", "X-Autoresponse", "List-Id")
_REPORTS = frozenset({"disposition-notification", "feedback-report"})
_SUBJECT = re.compile(
    r"^\s*(?:автоответ|автоматический ответ|автоматическое уведомление"
    r"|прочитано\s*:|не прочитано\s*:|нет на работе|нет на месте|вне офиса|я в отпуске|отсутствую"
    r"|out of (?:the )?office|automatic reply|auto(?:matic)?[ -]?(?:reply|response)|auto\s*:"
    r"|vacation (?:reply|notice)|read\s*:)",
    re.IGNORECASE,
)
_MACHINES = frozenset({"mailer-daemon", "mail-daemon", "postmaster"})


def why(letter: Letter) -> str:
    """By what the letter is known as a machine's; empty for a person's."""
    source = letter.source
    submitted = reading.head(source, "Auto-Submitted").partition(";")[0].strip().lower()
    if submitted not in ("", "no"):
        return f"Автоответ: Auto-Submitted: {submitted[:40]}"
    precedence = reading.head(source, "Precedence").strip().lower()
    if precedence in _BULK:
        return f"Автоответ: Precedence: {precedence}"
    for name in _MARKS:
        if reading.head(source, name).strip().lower() not in ("", "no"):
            return f"Автоответ: {name}"
    if "Return-Path" in source and reading.head(source, "Return-Path").strip() in ("", "<>"):
        return "Автоответ: письмо без обратного адреса"
    if source.get_content_type() == "multipart/report" and report_type(letter) in _REPORTS:
        return "Автоответ: уведомление почтовой программы"
    if is_machine(letter):
        return "Автоответ: письмо почтового сервера"
    return "Автоответ: по теме письма" if _SUBJECT.match(letter.subject) else ""


def report_type(letter: Letter) -> str:
    """What a `multipart/report` reports; empty for other letters."""
    return reading.parameter(letter.source, "report-type").lower()


def is_machine(letter: Letter) -> bool:
    """Whether a mail server is the author."""
    return letter.address.partition("@")[0] in _MACHINES


def is_our_own(letter: Letter) -> bool:
    """Whether the portal itself sent it: by the author's address, or by the Message-ID."""
    own = {parseaddr(settings.DEFAULT_FROM_EMAIL)[1].lower(), settings.REPLY_EMAIL.lower()}
    if letter.address in own or mail.tag_of(letter.address):
        return True
    name, _, domain = letter.mail_id.strip("<>").partition("@")
    is_likely = domain == settings.MESSAGE_ID_DOMAIN and re.fullmatch(r"[0-9a-f]{32}", name)
    return bool(is_likely) and outbox.find(name) is not None
