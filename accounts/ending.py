"""A director ends an access of the company; the office revokes by `issuing` alone."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest

from accounts import company, desk_letters, issuing
from accounts.models import Client, Membership, User


class EndingRefused(Exception):
    """The access may not be ended by this person; the text is a sentence for them."""


@transaction.atomic
def end_access(
    *, membership: Membership, by: User, reason: str, request: HttpRequest | None = None
) -> Membership:
    """End an access now, and tell the office and both people by letter.

    Raises:
        EndingRefused: `by` would shut themselves out, or the company would have no director.
        company.NotLeading: `by` does not lead the company.
        issuing.RevokingRefused: it was ended before.
    """
    client = company.lock(membership.client, by)
    if words := why_not(membership, client=client, by=by):
        raise EndingRefused(words)
    ended = issuing.revoke_membership(membership=membership, by=by, reason=reason, request=request)
    desk_letters.tell_of_end(ended, by=by, reason=reason)
    return ended


def why_not(membership: Membership, *, client: Client, by: User) -> str:
    """Why `by` may not end the access; empty when they may. Others' accesses they always may."""
    if membership.user_id != by.pk:
        return ""
    if not company.leaders(client).exclude(user=by).exists():
        return (
            "Это ваш собственный доступ, а другого руководителя, которому открыты все договоры, "
            "у компании нет. Сначала запросите доступ для нового руководителя."
        )
    if not Membership.objects.active().filter(user=by).exclude(pk=membership.pk).exists():
        return (
            "Это ваш последний доступ: после этого вы не сможете войти. "
            "Закрыть его может другой руководитель компании или поставщик."
        )
    return ""
