"""A request for access as pages tell it: what was asked for, and its course."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from accounts import company
from accounts.models import AccessRequest
from cabinet import formats


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that has happened to a request."""

    title: str
    at: datetime.datetime
    note: str = ""
    is_now: bool = False


def facts(asked: AccessRequest) -> list[tuple[str, str]]:
    """What was asked for: names and values."""
    return [
        ("Кому", asked.full_name),
        ("Должность", asked.position),
        ("E-mail", asked.email),
        ("Телефон", formats.phone_display(asked.phone)),
        ("Роль", asked.get_role_display()),
        ("Договоры", ", ".join(contracts(asked))),
        ("Основание", company.basis_in_words(asked)),
        ("Доступ по", formats.day(asked.ends_on) if asked.ends_on else "без срока"),
    ]


def contracts(asked: AccessRequest) -> list[str]:
    """«все, включая будущие», or «№ 35-01-004217» one by one; with a role of its own if any."""
    rows = asked.contracts.select_related("contract").order_by("contract__number", "pk")
    named = [
        f"№{formats.NBSP}{row.contract.number}"
        + (f" ({row.get_role_display()})" if row.role else "")
        for row in rows
    ]
    return ["все, включая будущие", *named] if asked.all_contracts else named


def course(asked: AccessRequest) -> list[Event]:
    """What has happened, newest first; the office's people are not named to the company."""
    found = [
        Event(
            title="Запрос отправлен поставщику",
            at=asked.asked_at,
            note=asked.asked_by.short_name,
            is_now=asked.state == AccessRequest.State.NEW,
        )
    ]
    if asked.taken_up_at:
        is_now = asked.state == AccessRequest.State.IN_WORK
        found.append(Event(title="Взят в работу", at=asked.taken_up_at, is_now=is_now))
    if asked.closed_at:
        title, note = _end(asked)
        found.append(Event(title=title, at=asked.closed_at, note=note, is_now=True))
    return found[::-1]


def _end(asked: AccessRequest) -> tuple[str, str]:
    if asked.state == AccessRequest.State.REFUSED:
        return "Отказано", asked.refusal
    if asked.state == AccessRequest.State.WITHDRAWN:
        return "Запрос отозван", asked.closed_by.short_name if asked.closed_by else ""
    login = f"логин {asked.membership.user.username}" if asked.membership else ""
    return "Доступ выдан", login
