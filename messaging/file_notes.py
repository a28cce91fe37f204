"""Whether «Документы» of the form may be left out: its topics differ in that."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from contracts.models import Topic

# Of the note that stands while no topic is chosen; no topic has such a code.
UNDECIDED = "?"


@dataclass(frozen=True, kw_only=True)
class FileNote:
    """What stands beside «Документы» while this topic is chosen; `topic` "": any that asks nothing.

    All of them are on the page, one is shown; static/js/message.js shows another one by its topic.
    """

    topic: str
    words: str
    is_shown: bool
    is_asked: bool = False


def file_notes(topics: Iterable[Topic], *, chosen: str) -> list[FileNote]:
    """The notes of a form with these topics; `chosen` is the code of the topic in it, or nothing.

    Empty where no topic asks for a file.
    """
    asking = {topic.code: topic.required_file for topic in topics if topic.required_file}
    if not asking:
        return []
    shown = UNDECIDED if not chosen else chosen if chosen in asking else ""
    return [
        FileNote(
            topic=UNDECIDED,
            words="для некоторых тем обязательно",
            is_shown=shown == UNDECIDED,
        ),
        FileNote(topic="", words="необязательно", is_shown=shown == ""),
        *(
            FileNote(
                topic=code,
                words=f"обязательно: приложите {file}",
                is_shown=shown == code,
                is_asked=True,
            )
            for code, file in asking.items()
        ),
    ]
