from django.db import migrations, models

# Answers come and, when their import is undone, go; either way each batch they are about counts its
# rows anew. Locked first: the count then sees what others have committed meanwhile.
COUNTED_ANEW = """
    DROP TRIGGER exchange_count_answers ON meters_billinganswer;
    CREATE OR REPLACE FUNCTION exchange_count_answers() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE touched bigint[];
    BEGIN
        SELECT array_agg(DISTINCT outgoing.batch_id) INTO touched
        FROM answers
        JOIN meters_reading reading USING (submission_id, register_id)
        JOIN exchange_outgoingreading outgoing ON outgoing.reading_id = reading.id;
        IF touched IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM FROM exchange_outgoingbatch WHERE id = ANY(touched) ORDER BY id FOR UPDATE;
        UPDATE exchange_outgoingbatch batch SET answered = (
            SELECT count(*) FROM exchange_outgoingreading outgoing
            JOIN meters_reading reading ON reading.id = outgoing.reading_id
            WHERE outgoing.batch_id = batch.id AND EXISTS (
                SELECT FROM meters_billinganswer stored
                WHERE stored.submission_id = reading.submission_id
                  AND stored.register_id = reading.register_id)
        ) WHERE batch.id = ANY(touched);
        RETURN NULL;
    END $$;
    CREATE TRIGGER exchange_count_answers AFTER INSERT ON meters_billinganswer
        REFERENCING NEW TABLE AS answers
        FOR EACH STATEMENT EXECUTE FUNCTION exchange_count_answers();
    CREATE TRIGGER exchange_count_answers_that_went AFTER DELETE ON meters_billinganswer
        REFERENCING OLD TABLE AS answers
        FOR EACH STATEMENT EXECUTE FUNCTION exchange_count_answers();
    UPDATE exchange_outgoingbatch batch SET answered = (
        SELECT count(*) FROM exchange_outgoingreading outgoing
        JOIN meters_reading reading ON reading.id = outgoing.reading_id
        WHERE outgoing.batch_id = batch.id AND EXISTS (
            SELECT FROM meters_billinganswer stored
            WHERE stored.submission_id = reading.submission_id
              AND stored.register_id = reading.register_id)
    ) WHERE batch.kind = 'readings';
"""
COUNTED_ON = """
    DROP TRIGGER exchange_count_answers_that_went ON meters_billinganswer;
    DROP TRIGGER exchange_count_answers ON meters_billinganswer;
    CREATE OR REPLACE FUNCTION exchange_count_answers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        WITH named AS (
            SELECT submission_id, register_id, count(*) AS answers
            FROM added GROUP BY submission_id, register_id
        ), first AS (
            SELECT outgoing.batch_id, count(*)::int AS count
            FROM named
            JOIN meters_reading reading USING (submission_id, register_id)
            JOIN exchange_outgoingreading outgoing ON outgoing.reading_id = reading.id
            WHERE named.answers = (
                SELECT count(*) FROM meters_billinganswer stored
                WHERE stored.submission_id = named.submission_id
                  AND stored.register_id = named.register_id
            )
            GROUP BY outgoing.batch_id
        )
        UPDATE exchange_outgoingbatch batch SET answered = batch.answered + first.count
        FROM first WHERE first.batch_id = batch.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER exchange_count_answers AFTER INSERT ON meters_billinganswer
        REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION exchange_count_answers();
"""

# What a client has handed in stays, whatever is noted about it.
READING_GOES = """
    CREATE OR REPLACE FUNCTION meters_reading_is_append_only() RETURNS trigger
    LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND {condition}exchange_is_being_undone('readings', OLD.id)
        THEN RETURN OLD; END IF;
        RAISE EXCEPTION 'rows of meters_reading are only added, never changed or deleted'
            USING ERRCODE = 'restrict_violation';
    END $$;
"""

# Where the application has a role of its own, it may not delete rows of append-only tables at all.
# This does it with the owner's right, for the rows that the triggers let go and for no others.
LETS_GO = """
    CREATE FUNCTION exchange_let_go(attempt bigint, of_table text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE gone bigint;
    BEGIN
        IF NOT EXISTS (
            SELECT FROM public.exchange_import WHERE id = attempt AND state = 'undoing'
        ) THEN
            RAISE EXCEPTION 'import % is not being undone', attempt
                USING ERRCODE = 'restrict_violation';
        END IF;
        IF of_table = 'readings' THEN
            DELETE FROM public.meters_reading stored USING public.exchange_addedrows added
            WHERE added.attempt_id = attempt AND added."table" = of_table
              AND stored.id BETWEEN added.first_id AND added.last_id
              AND stored.submission_id IS NULL;
        ELSIF of_table = 'reading_answers' THEN
            DELETE FROM public.meters_billinganswer stored USING public.exchange_addedrows added
            WHERE added.attempt_id = attempt AND added."table" = of_table
              AND stored.id BETWEEN added.first_id AND added.last_id;
        ELSE
            RAISE EXCEPTION 'rows of % are not let go of here', of_table
                USING ERRCODE = 'restrict_violation';
        END IF;
        GET DIAGNOSTICS gone = ROW_COUNT;
        RETURN gone;
    END $$;
    REVOKE ALL ON FUNCTION exchange_let_go(bigint, text) FROM PUBLIC;
"""

# Rows of those two tables are noted by the insertion itself, under the import that the load names,
# and by nobody else: a note cannot be made about a row that was there before.
NOTES = """
    CREATE FUNCTION exchange_note_added() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    DECLARE attempt bigint := nullif(current_setting('cabinet.import', true), '')::bigint;
    BEGIN
        IF attempt IS NOT NULL THEN
            INSERT INTO public.exchange_addedrows (attempt_id, "table", first_id, last_id)
            SELECT attempt, TG_ARGV[0], min(id), max(id) FROM (
                SELECT id, id - row_number() OVER (ORDER BY id) AS island FROM added
            ) placed GROUP BY island;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER exchange_note_added AFTER INSERT ON meters_reading
        REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION exchange_note_added('readings');
    CREATE TRIGGER exchange_note_added AFTER INSERT ON meters_billinganswer
        REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION exchange_note_added('reading_answers');
    CREATE FUNCTION exchange_notes_are_true() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF current_user <> (
            SELECT pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class
            WHERE oid = TG_RELID
        ) THEN
            RAISE EXCEPTION 'added rows of % are noted by their insertion alone', NEW."table"
                USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER exchange_notes_are_true BEFORE INSERT OR UPDATE ON exchange_addedrows
        FOR EACH ROW WHEN (NEW."table" IN ('readings', 'reading_answers'))
        EXECUTE FUNCTION exchange_notes_are_true();
"""
NO_NOTES = """
    DROP TRIGGER exchange_notes_are_true ON exchange_addedrows;
    DROP FUNCTION exchange_notes_are_true();
    DROP TRIGGER exchange_note_added ON meters_billinganswer;
    DROP TRIGGER exchange_note_added ON meters_reading;
    DROP FUNCTION exchange_note_added();
"""


class Migration(migrations.Migration):

    dependencies = [("exchange", "0002_batches")]

    operations = [
        migrations.AddField(
            model_name="addedrows",
            name="digest",
            field=models.BigIntegerField(null=True),
        ),
        migrations.RunSQL(COUNTED_ANEW, COUNTED_ON),
        migrations.RunSQL(
            READING_GOES.format(condition="OLD.submission_id IS NULL AND "),
            READING_GOES.format(condition=""),
        ),
        migrations.RunSQL(NOTES, NO_NOTES),
        migrations.RunSQL(LETS_GO, "DROP FUNCTION exchange_let_go(bigint, text);"),
    ]
