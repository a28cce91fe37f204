"""What pages of other rooms show of readings: `{% load readings %}`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django import template
from django.utils import timezone

from contracts.models import Contract
from meters import notices, rejections
from meters.notices import Notice

if TYPE_CHECKING:
    from contracts.views import Company

register = template.Library()


@register.simple_tag
def readings_notice(contract: Contract) -> Notice | None:
    """`{% readings_notice contract as notice %}`: the term of readings, and how many are there.

    Parameters of components/notice.html, or None where nothing is to be said.
    """
    return notices.of_contract(contract, timezone.now())


@register.simple_tag
def rejected_by_contract(companies: Iterable[Company]) -> dict[int, rejections.Notice]:
    """`{% rejected_by_contract companies as rejected %}`: what billing rejected, by contract."""
    shown = [contract.pk for company in companies for contract in company.contracts]
    return rejections.of_contracts(shown)


@register.filter
def rejected_of(rejected: dict[int, rejections.Notice], contract: Contract) -> str:
    """`{{ rejected|rejected_of:contract }}`: a line about it; empty where nothing is rejected."""
    notice = rejected.get(contract.pk)
    return notice.short if notice else ""
