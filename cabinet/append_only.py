"""Tables to which rows are only added: PostgreSQL itself refuses anything else."""

from __future__ import annotations

from django.db.migrations import RunSQL


def append_only(table: str) -> RunSQL:
    """A migration step: UPDATE and DELETE on `table` fail with an error that says why."""
    return RunSQL(
        sql=f"""
            CREATE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                RAISE EXCEPTION 'rows of {table} are only added, never changed or deleted'
                    USING ERRCODE = 'restrict_violation';
            END $$;
            CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table}
                FOR EACH ROW EXECUTE FUNCTION {table}_is_append_only();
        """,
        reverse_sql=f"""
            DROP TRIGGER {table}_is_append_only ON {table};
            DROP FUNCTION {table}_is_append_only();
        """,
    )
