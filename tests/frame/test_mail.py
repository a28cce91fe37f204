"""Letters as a mail program sees them: headers, bodies, names of files."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from cabinet import mail

TEXT = mail.Text(subject="Тема письма", plain="Текст\n", html="<p>Текст</p>")


def a_letter(**values: Any) -> EmailMultiAlternatives:
    """A letter to a specialist."""
    return mail.build(
        TEXT, **{"to": "to@retailer.example", "message_id": "<1@x.example>", **values}
    )


def parsed(letter: EmailMultiAlternatives) -> EmailMessage:
    """What arrives."""
    message: Any = letter.message()
    raw = message.as_bytes(linesep="\r\n")
    assert max(map(len, raw.split(b"\r\n"))) < 998, "longer lines are cut by mail servers"
    return email.message_from_bytes(raw, policy=email.policy.default)  # type: ignore[return-value]


def test_headers_and_both_bodies() -> None:
    letter = parsed(a_letter(reply_to=["client@vega.example"]))
    assert letter["Subject"] == "Тема письма"
    assert letter["Message-ID"] == "<1@x.example>"
    assert letter["Reply-To"] == "client@vega.example"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert [part.get_content().strip() for part in letter.iter_parts()] == ["Текст", "<p>Текст</p>"]  # type: ignore[attr-defined]


def test_a_persons_words_are_not_called_automatic() -> None:
    assert parsed(a_letter(is_automatic=False))["Auto-Submitted"] is None


@pytest.mark.parametrize(
    "name",
    [
        "scan.pdf",
        "Акт замены ПУ ТП-14.pdf",
        'кавычки " и ; точка.txt',
        "Ж" * 250 + ".pdf",
        "it's a file with spaces.pdf",
        "процент %D0 и 100%.csv",
    ],
)
@pytest.mark.parametrize("content_type", ["application/pdf", "text/csv"])
def test_a_file_arrives_byte_for_byte_under_its_name(name: str, content_type: str) -> None:
    content = bytes(range(256)) * 9 + b"\r\nline\nline\rend"
    letter = a_letter()
    mail.attach(letter, name=name, content=content, content_type=content_type)
    (part,) = parsed(letter).iter_attachments()
    assert part.get_filename() == name
    assert part.get_content_type() == content_type
    assert part.get_payload(decode=True) == content


visible = st.characters(exclude_categories=["Cc", "Cs"])


@hypothesis_settings(deadline=None)
@given(name=st.text(visible, min_size=1, max_size=250).map(str.strip).filter(bool))
def test_any_name_comes_back(name: str) -> None:
    letter = a_letter()
    mail.attach(letter, name=name, content=b"x", content_type="application/pdf")
    arrived = parsed(letter)
    (part,) = arrived.iter_attachments()
    assert part.get_filename() == name
    assert set(part.keys()) == {
        "Content-Type",
        "MIME-Version",
        "Content-Transfer-Encoding",
        "Content-Disposition",
    }


@hypothesis_settings(deadline=None)
@given(plain=st.text(max_size=3000))
def test_any_body_stays_a_body(plain: str) -> None:
    text = mail.Text(subject="Тема", plain=plain.replace("\0", ""), html="<p></p>")
    letter = parsed(mail.build(text, to="to@retailer.example", message_id="<1@x.example>"))
    assert set(letter.keys()) == {
        "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID",
        "Auto-Submitted",
    }  # fmt: skip


def test_a_line_break_in_an_address_is_refused() -> None:
    with pytest.raises(ValueError, match="newlines"):
        a_letter(reply_to=["a@b.example\r\nBcc: evil@x.example"]).message()
