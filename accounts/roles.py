"""What each role may do. One table, asked by pages and templates alike.

Everybody who has a contract in view sees all of it; roles differ in what they may change. A person
may have another role at some contracts of the company: `contracts.ContractLimit.role`.
"""

from __future__ import annotations

import enum

from django.db import models


class Role(models.TextChoices):
    """What a person is to the company."""

    DIRECTOR = "director", "руководитель"
    ACCOUNTANT = "accountant", "бухгалтер"
    ENGINEER = "engineer", "энергетик"
    READER = "reader", "только просмотр"


class Right(enum.Enum):
    """A change that a role allows."""

    SUBMIT_READINGS = "передавать показания"
    SEND_MESSAGES = "отправлять сообщения"
    PAYER_ACCOUNTS = "менять счета, с которых платит организация"
    SEE_COLLEAGUES = "видеть, у кого есть доступ"
    MANAGE_ACCESS = "решать, у кого есть доступ"
    SEE_OPENINGS = "видеть, кто открывал документы"
    ACKNOWLEDGE_NOTICES = "подтверждать ознакомление с уведомлениями"


RIGHTS: dict[str, frozenset[Right]] = {
    Role.DIRECTOR: frozenset(Right),
    Role.ACCOUNTANT: frozenset(
        {
            Right.SUBMIT_READINGS,
            Right.SEND_MESSAGES,
            Right.ACKNOWLEDGE_NOTICES,
            Right.PAYER_ACCOUNTS,
        }
    ),
    Role.ENGINEER: frozenset(
        {Right.SUBMIT_READINGS, Right.SEND_MESSAGES, Right.ACKNOWLEDGE_NOTICES}
    ),
    Role.READER: frozenset(),
}


def allowing(right: Right) -> list[str]:
    """The roles that allow `right`."""
    return [role for role, rights in RIGHTS.items() if right in rights]


def within(role: str) -> list[Role]:
    """The roles that allow nothing beyond `role`, itself among them, the widest first."""
    return [other for other in Role if RIGHTS[other] <= RIGHTS[role]]
