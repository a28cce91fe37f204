"""Letters of mail servers about our letters: given back, put off, delivered (RFC 3464).

A letter is known by the address to which the server writes (VERP, cabinet/mail.py), else by the
Message-ID of what is returned. Servers that write no report say it in words.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message as Source

from accounts.models import Letter as AccessLetter
from cabinet import mail, outbox
from cabinet.outbox import OutboxRow
from messaging.incoming import automatic, reading
from messaging.incoming.reading import Letter
from messaging.models import Delivery

# A report has three.
_PARTS_READ = 10
_OUR_NAME = re.compile(r"[0-9a-f]{32}")
_STATUS = re.compile(r"\b[245]\.\d{1,3}\.\d{1,3}\b")
_REPLY_CODE = re.compile(r"\b([45]\d\d)[ -]")
_RETURNED_ID = re.compile(r"(?im)^[ \t>]*message-id:\s*<([0-9a-f]{32})@")
_SUBJECT = re.compile(
    r"undeliver|delivery (?:status|fail|has failed)|mail delivery|returned mail|failure notice"
    r"|не ?доставлен|не удалось доставить|недоставк",
    re.IGNORECASE,
)
# Of the class 5.1 these two are about the sender, that is about us.
_NOT_THE_MAILBOX = frozenset({"5.1.7", "5.1.8"})
_NO_SUCH_MAILBOX = re.compile(
    r"user unknown|unknown user|no such (?:user|recipient|mailbox)"
    r"|mailbox (?:unavailable|not found)|does not exist|invalid mailbox"
    r"|recipient (?:address )?rejected|account (?:is )?disabled",
    re.IGNORECASE,
)


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a mail server says about one of our letters.

    `action` as in RFC 3464 («failed», «delayed», «delivered», «relayed», «expanded»), `answer` are
    the other server's words, `about` the mailboxes, in lower case.
    """

    row: OutboxRow | None
    action: str
    status: str
    answer: str
    about: frozenset[str]

    @property
    def is_mailbox_dead(self) -> bool:
        """Whether later letters to the addressee would come back as well.

        Not when the report is about another mailbox, to which the addressee forwards his mail.
        """
        to = self.row.to.lower() if isinstance(self.row, Delivery | AccessLetter) else ""
        if self.about and to not in self.about:
            return False
        if self.status.startswith("5.1."):
            return self.status not in _NOT_THE_MAILBOX
        if self.status == "5.2.1":
            return True
        is_vague = self.status in ("", "5.0.0", "5.4.1", "5.5.0")
        return is_vague and "550" in self.answer and bool(_NO_SUCH_MAILBOX.search(self.answer))


def read(letter: Letter) -> Report | None:
    """What the letter reports; None when it is no report of a mail server."""
    blocks = list(_blocks(letter.source))
    if blocks:
        return _from_blocks(letter, blocks)
    is_to_sender = letter.tag.startswith(mail.BOUNCE)
    is_bounce_like = is_to_sender and bool(_SUBJECT.search(letter.subject))
    if not (automatic.is_machine(letter) or is_bounce_like):
        return None
    words = _all_words(letter)
    status = _STATUS.search(words)
    code = _REPLY_CODE.search(words)
    row = _row(letter, words)
    if not row and not is_to_sender:
        return None
    is_final = (status.group()[0] if status else code.group(1)[0] if code else "") == "5"
    return Report(
        row=row,
        action="failed" if is_final else "delayed",
        status=status.group() if status else "",
        answer=_around(words, code or status),
        about=frozenset(),
    )


def of_address(letter: Letter) -> OutboxRow | None:
    """Our letter that the recipient's address names."""
    name = letter.tag.removeprefix(mail.BOUNCE)
    is_ours = letter.tag.startswith(mail.BOUNCE) and _OUR_NAME.fullmatch(name)
    return outbox.find(name) if is_ours else None


def _from_blocks(letter: Letter, blocks: list[Source]) -> Report:
    """The report as its machine-readable part has it; one refusal outweighs the rest."""
    found = [
        (reading.head(block, "Action").strip().lower(), reading.head(block, "Status"), block)
        for block in blocks
    ]
    failed = [one for one in found if one[0] == "failed" or (not one[0] and one[1][:1] == "5")]
    action, status, block = (failed or found)[0]
    about = (
        reading.head(block, name).rpartition(";")[2].strip(" <>").lower()
        for name in ("Original-Recipient", "Final-Recipient")
    )
    match = _STATUS.search(status)
    said = reading.one_line(reading.head(block, "Diagnostic-Code").partition(";")[2])
    return Report(
        row=_row(letter, _all_words(letter)),
        action="failed" if failed else action or "delayed",
        status=match.group() if match else "",
        answer=" ".join(filter(None, (match.group() if match else "", said)))[:2000],
        about=frozenset(filter(None, about)),
    )


def _blocks(source: Source) -> Iterator[Source]:
    """What a report says of each recipient; nothing where the letter is no report."""
    if source.get_content_type() != "multipart/report" or not source.is_multipart():
        return  # what somebody attached or forwarded is not the letter's own report
    for part in source.get_payload():
        if not isinstance(part, Source):
            continue
        if part.get_content_type() != "message/delivery-status" or not part.is_multipart():
            continue
        for block in part.get_payload():
            if isinstance(block, Source) and ("Action" in block or "Status" in block):
                yield block


def _row(letter: Letter, words: str) -> OutboxRow | None:
    """Our letter: by the address, else by the Message-ID of the returned one."""
    if row := of_address(letter):
        return row
    returned = _RETURNED_ID.search(words)
    return outbox.find(returned.group(1)) if returned else None


def _all_words(letter: Letter) -> str:
    """The report's own text, and the beginning of what is returned."""
    inside = (
        reading.content(part)[:65_536].decode(errors="replace")
        for part in reading.parts(letter.source)
        if part.get_content_maintype() in ("text", "message")
    )
    return "\n".join(itertools.islice(inside, _PARTS_READ))


def _around(words: str, match: re.Match[str] | None) -> str:
    if match is None:
        return reading.one_line(words)[:500]
    return reading.one_line(words[max(0, match.start()) : match.start() + 500])
