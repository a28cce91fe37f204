"""Tables to which rows are only added: PostgreSQL itself refuses anything else.

Triggers hold for everybody, the tables' owner included, as long as nobody switches them off. Where
the application runs under a role of its own, `grant_rights` gives it no right to change or empty
such a table at all, and none to switch off a trigger.
"""

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


def never_emptied(table: str) -> RunSQL:
    """A migration step: TRUNCATE of `table` fails too; to be run after `append_only`."""
    return RunSQL(
        sql=f"""
            CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table}
                FOR EACH STATEMENT EXECUTE FUNCTION {table}_is_append_only();
        """,
        reverse_sql=f"DROP TRIGGER {table}_is_never_emptied ON {table};",
    )
