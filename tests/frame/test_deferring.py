"""The step of migrations that makes a constraint deferrable, forward and back."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.postgres.constraints import ExclusionConstraint
from django.db import connection, models
from django.db.migrations.state import ModelState, ProjectState

from cabinet.deferring import MakeDeferrable

pytestmark = pytest.mark.django_db(transaction=True)

AT_THE_END = models.Deferrable.IMMEDIATE
KEPT_NUMBERS = models.UniqueConstraint(fields=["number"], name="shelf_number_once")
KEPT_ROWS = ExclusionConstraint(name="one_shelf_of_a_row", expressions=[("row", "=")])
NUMBERS = models.UniqueConstraint(
    fields=["number"], name="shelf_number_once", deferrable=AT_THE_END
)
ROWS = ExclusionConstraint(
    name="one_shelf_of_a_row", expressions=[("row", "=")], deferrable=AT_THE_END
)
# Two shelves exchange what the constraint is about.
EXCHANGED = {
    "shelf_number_once": "UPDATE frame_shelf SET number = 3 - number",
    "one_shelf_of_a_row": "UPDATE frame_shelf SET row = 3 - row",
}


def shelves(*constraints: models.BaseConstraint) -> ProjectState:
    """A room with one table."""
    state = ProjectState()
    fields: list[tuple[str, models.Field[Any, Any]]] = [
        ("id", models.BigAutoField(primary_key=True)),
        ("number", models.IntegerField()),
        ("row", models.IntegerField()),
    ]
    options = {"constraints": list(constraints), "indexes": []}
    state.add_model(ModelState("frame", "Shelf", fields, options=options))
    return state


def constraints() -> dict[str, bool]:
    """The table's constraints, and whether they are judged at the end of the statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conname, condeferrable AND NOT condeferred FROM pg_constraint"
            " WHERE conrelid = 'frame_shelf'::regclass AND contype IN ('u', 'x')"
        )
        return dict(cursor.fetchall())


@pytest.mark.parametrize("constraint", [NUMBERS, ROWS], ids=["unique", "exclusion"])
def test_a_constraint_changes_and_changes_back(constraint: models.BaseConstraint) -> None:
    before = shelves(KEPT_NUMBERS, KEPT_ROWS)
    model = before.apps.get_model("frame", "Shelf")
    step = MakeDeferrable(model_name="Shelf", constraint=constraint)
    after = before.clone()
    step.state_forwards("frame", after)
    other = ({KEPT_NUMBERS.name, KEPT_ROWS.name} - {constraint.name}).pop()
    with connection.schema_editor(atomic=False) as editor:
        editor.create_model(model)
        try:
            step.database_forwards("frame", editor, before, after)
            assert constraints() == {constraint.name: True, other: False}
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO frame_shelf (number, row) VALUES (1, 1), (2, 2)")
                cursor.execute(EXCHANGED[str(constraint.name)])
            step.database_backwards("frame", editor, after, before)
            assert constraints() == {constraint.name: False, other: False}
        finally:
            editor.delete_model(model)


def test_it_begins_anew_after_it_broke_off() -> None:
    before = shelves()
    model = before.apps.get_model("frame", "Shelf")
    step = MakeDeferrable(model_name="Shelf", constraint=NUMBERS)
    after = before.clone()
    step.state_forwards("frame", after)
    with connection.schema_editor(atomic=False) as editor:
        editor.create_model(model)
        try:
            editor.execute("CREATE INDEX shelf_number_once_beside ON frame_shelf (row)")
            step.database_forwards("frame", editor, before, after)
            step.database_forwards("frame", editor, before, after)
            assert constraints() == {"shelf_number_once": True}
            step.database_backwards("frame", editor, after, before)
            assert constraints() == {}
        finally:
            editor.delete_model(model)
