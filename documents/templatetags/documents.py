"""What pages of a contract say of its documents: `{% load documents %}`."""

from __future__ import annotations

from django import template

from accounts.models import User
from contracts.models import Contract
from documents import news, notices
from documents.notices import Notice

register = template.Library()


@register.simple_tag
def restriction_notice(contract: Contract) -> Notice | None:
    """`{% restriction_notice contract as notice %}`: the one that stands over its pages now."""
    return notices.current(contract)


@register.simple_tag
def new_documents(contract: Contract, user: User) -> int:
    """`{% new_documents contract user as count %}`: how many this person has not opened yet."""
    return news.count_new(user, [contract.pk]).get(contract.pk, 0)


@register.simple_tag
def new_documents_by_contract(user: User) -> dict[int, int]:
    """`{% new_documents_by_contract user as counts %}`: of every contract in view, by its id."""
    return news.count_new(user, Contract.objects.visible_to(user).values("pk"))


@register.filter
def of_contract(counts: dict[int, int], contract: Contract) -> int:
    """`{{ counts|of_contract:contract }}`: zero where nothing is new."""
    return counts.get(contract.pk, 0)


@register.filter
def was_read_by(notice: Notice, user: User) -> bool:
    """`{{ notice|was_read_by:user }}`: whether this person has pressed «Ознакомлен»."""
    return notice.is_acknowledged_by(user)
