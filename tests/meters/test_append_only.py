"""Nothing that was handed in is ever changed or deleted: PostgreSQL itself refuses."""

from __future__ import annotations

import pytest
from django.db import Error, connection, transaction

from accounts.models import User
from contracts.models import Contract
from tests import make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE meters_reading SET value = 1",
        "DELETE FROM meters_reading",
        "UPDATE meters_submission SET is_late = NOT is_late",
        "DELETE FROM meters_submission",
    ],
)
def test_refused(statement: str, vega: User, vega_contract: Contract) -> None:
    make.submission(vega_contract, vega, "100.0")
    with (
        pytest.raises(Error, match="only added, never changed or deleted"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
