"""Constraints that wait for the end of a statement: a step of migrations that puts one in place.

PostgreSQL checks a plain UNIQUE or EXCLUDE row by row, so that two rows cannot exchange values in
one UPDATE. A deferrable one, initially immediate, is checked when the statement ends: a package of
billing may swap, and a page still hears of its mistake at once. Such a constraint is no arbiter of
ON CONFLICT and no target of a foreign key, so codes of billing keep their plain ones; a unique one
is never partial.
"""

from __future__ import annotations

from typing import Any

from django.db import models, router, transaction
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation, OperationCategory
from django.db.migrations.state import ProjectState

_Constraint = models.BaseConstraint | None


class MakeDeferrable(Operation):
    """Give a table `constraint`, in place of that of the same name where it has one.

    A unique one is built beside the former, while pages read and write, and takes its name in an
    instant. An exclusion cannot be built so: the table is closed while its index is built. Belongs
    into a migration that is not atomic.
    """

    category = OperationCategory.ALTERATION
    atomic = False

    def __init__(self, *, model_name: str, constraint: models.BaseConstraint) -> None:
        self.model_name, self.constraint = model_name, constraint

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """The model has this constraint, and no other of its name."""
        name = self.model_name.lower()
        if self._former(app_label, state):
            state.remove_constraint(app_label, name, self.constraint.name)
        state.add_constraint(app_label, name, self.constraint)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Put it in place."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if not router.allow_migrate_model(schema_editor.connection.alias, model):
            return
        if isinstance(self.constraint, models.UniqueConstraint):
            self._build_beside(schema_editor, model, self.constraint)
        else:
            _replace(schema_editor, model, self._former(app_label, from_state), self.constraint)

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """Put the former one in its place again; the table is closed meanwhile."""
        model = to_state.apps.get_model(app_label, self.model_name)
        if router.allow_migrate_model(schema_editor.connection.alias, model):
            _replace(schema_editor, model, self.constraint, self._former(app_label, to_state))

    def describe(self) -> str:
        """What `migrate --plan` says."""
        return f"Make constraint {self.constraint.name} on {self.model_name} deferrable"

    def _former(self, app_label: str, state: ProjectState) -> _Constraint:
        options = state.models[app_label, self.model_name.lower()].options
        named = (one for one in options["constraints"] if one.name == self.constraint.name)
        return next(named, None)

    def _build_beside(
        self,
        schema_editor: BaseDatabaseSchemaEditor,
        model: type[models.Model],
        constraint: models.UniqueConstraint,
    ) -> None:
        quote = schema_editor.quote_name
        table, name = quote(model._meta.db_table), quote(constraint.name)
        beside = quote(f"{constraint.name}_beside")
        columns = ", ".join(
            quote(str(model._meta.get_field(field).column))  # type: ignore[union-attr]
            for field in constraint.fields
        )
        # A million entries take longer than a page may; nobody waits for it.
        schema_editor.execute("SET statement_timeout = 0")
        try:
            # What a migration that broke off has left is of no use.
            schema_editor.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {beside}")
            schema_editor.execute(
                f"CREATE UNIQUE INDEX CONCURRENTLY {beside} ON {table} ({columns})"
            )
        finally:
            schema_editor.execute("RESET statement_timeout")
        schema_editor.execute(
            f"ALTER TABLE {table} DROP CONSTRAINT IF EXISTS {name}, ADD CONSTRAINT {name}"
            f" UNIQUE USING INDEX {beside} DEFERRABLE INITIALLY IMMEDIATE"
        )


def _replace(
    schema_editor: BaseDatabaseSchemaEditor,
    model: type[models.Model],
    former: _Constraint,
    constraint: _Constraint,
) -> None:
    """One instead of the other, at no moment none."""
    arguments: dict[str, Any] = {"using": schema_editor.connection.alias}
    with transaction.atomic(**arguments):
        if former is not None:
            schema_editor.remove_constraint(model, former)
        if constraint is not None:
            schema_editor.add_constraint(model, constraint)
