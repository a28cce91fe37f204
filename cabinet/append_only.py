"""Tables to which rows are only added: PostgreSQL itself refuses anything else.

Triggers hold for everybody, the tables' owner included, as long as nobody switches them off. Where
the application runs under a role of its own, `grant_rights` gives it no right to change or empty
such a table at all, and none to switch off a trigger.
"""

from __future__ import annotations

from typing import Any

from django.db.migrations import RunSQL
from psycopg import sql

BY_TRIGGER = "written by a trigger"


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


def grant_rights(cursor: Any, role: str) -> list[str]:
    """Give `role` the application's rights on all tables; the names of those that only grow.

    A table whose rows come from a trigger (`written_by_trigger`) is only read. Functions that act
    with their owner's right may be called.
    """
    name = sql.Identifier(role)
    cursor.execute(
        sql.SQL(
            "REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role};"
            " GRANT USAGE ON SCHEMA public TO {role};"
            " GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role};"
            " GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}"
        ).format(role=name)
    )
    cursor.execute(
        "SELECT relname FROM pg_class JOIN pg_trigger ON tgrelid = pg_class.oid"
        " WHERE tgname = relname || '_is_append_only' ORDER BY relname"
    )
    tables = [table for (table,) in cursor.fetchall()]
    for table in tables:
        cursor.execute(
            sql.SQL("REVOKE UPDATE, DELETE ON {table} FROM {role}").format(
                table=sql.Identifier(table), role=name
            )
        )
    cursor.execute(
        "SELECT relname FROM pg_class WHERE relkind = 'r'"
        " AND obj_description(oid, 'pg_class') = %s",
        [BY_TRIGGER],
    )
    for (table,) in cursor.fetchall():
        cursor.execute(
            sql.SQL("REVOKE INSERT ON {table} FROM {role}").format(
                table=sql.Identifier(table), role=name
            )
        )
    # Functions that do with their owner's right what nobody may do otherwise check it themselves.
    cursor.execute(
        "SELECT oid::regprocedure::text FROM pg_proc WHERE prosecdef"
        " AND pronamespace = 'public'::regnamespace AND prorettype <> 'trigger'::regtype"
        " AND proowner = (SELECT relowner FROM pg_class WHERE oid = 'django_migrations'::regclass)"
    )
    for (function,) in cursor.fetchall():
        cursor.execute(
            sql.SQL("GRANT EXECUTE ON FUNCTION {function} TO {role}").format(
                function=sql.SQL(function), role=name
            )
        )
    return tables


def written_by_trigger(table: str) -> RunSQL:
    """A migration step: rows of `table` come from a trigger with its owner's rights alone."""
    return RunSQL(
        sql=f"COMMENT ON TABLE {table} IS '{BY_TRIGGER}'",
        reverse_sql=f"COMMENT ON TABLE {table} IS NULL",
    )
