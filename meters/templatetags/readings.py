"""What pages of other rooms show of readings: `{% load readings %}`."""

from __future__ import annotations

from django import template
from django.utils import timezone

from contracts.models import Contract
from meters import notices
from meters.notices import Notice

register = template.Library()


@register.simple_tag
def readings_notice(contract: Contract) -> Notice | None:
    """`{% readings_notice contract as notice %}`: the term of readings, and how many are there.

    Parameters of components/notice.html, or None where nothing is to be said.
    """
    return notices.of_contract(contract, timezone.now())
