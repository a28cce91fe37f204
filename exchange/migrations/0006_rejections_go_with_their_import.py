from django.db import migrations

# As migration 0003 has it; what a trigger noted about rejections goes before their answers. Who
# writes the letters locks the rows in this order, too.
LETS_GO = """
    CREATE OR REPLACE FUNCTION exchange_let_go(attempt bigint, of_table text) RETURNS bigint
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
            {rejections}
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
"""
REJECTIONS_GO_TOO = """
            DELETE FROM public.meters_rejection rejection USING public.exchange_addedrows added
            WHERE added.attempt_id = attempt AND added."table" = of_table
              AND rejection.answer_id BETWEEN added.first_id AND added.last_id;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("exchange", "0005_constraints_have_their_words"),
        ("meters", "0010_rejections_reach_their_clients"),
    ]

    operations = [
        migrations.RunSQL(LETS_GO.format(rejections=REJECTIONS_GO_TOO), LETS_GO.format(rejections="")),
    ]
