"""Who is confined: the head of a branch, and a specialist."""

from __future__ import annotations

import pytest

from accounts import office
from accounts.models import User
from contracts.models import Specialist
from tests import make


@pytest.fixture
def head(specialist: Specialist) -> User:
    """The head of the branch of Vega's contract."""
    return linked(make.member(office.BRANCH_HEAD, "head"), specialist)


@pytest.fixture
def clerk(specialist: Specialist) -> User:
    """The specialist who holds the topic for that branch."""
    return linked(make.member(office.SPECIALIST, "clerk"), specialist)


def linked(user: User, specialist: Specialist) -> User:
    Specialist.objects.filter(pk=specialist.pk).update(user=user)
    return user
