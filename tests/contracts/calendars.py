"""The calendars that come with the portal, and one in the format in which they are published."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

XML = """<?xml version="1.0" encoding="UTF-8"?>
<calendar year="2026" lang="ru" date="2025.09.30" country="ru">
  <holidays>
    <holiday id="1" title="Новогодние каникулы"/>
  </holidays>
  <days>
    <day d="01.01" t="1" h="1"/>
    <day d="01.09" t="1" f="01.03"/>
    <day d="04.30" t="2"/>
    <day d="11.07" t="3"/>
  </days>
</calendar>
"""


def published(year: int) -> tuple[str, bytes]:
    """The name and the content of contracts/calendars/<year>.csv."""
    path = Path(settings.BASE_DIR) / "contracts" / "calendars" / f"{year}.csv"
    return path.name, path.read_bytes()
