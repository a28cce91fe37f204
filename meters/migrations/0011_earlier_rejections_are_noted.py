"""What was rejected before migration 0010 is told by the pages too; letters about it are no news.

Beside loads that go on: nothing is locked.
"""

from django.db import migrations

EARLIER = """
    SET LOCAL statement_timeout = 0;
    INSERT INTO meters_rejection
        (answer_id, reading_id, contract_id, period, noted_at, settled_at)
    SELECT DISTINCT ON (answer.id) answer.id, reading.id, reading.contract_id, reading.period,
           answer.answered_at, statement_timestamp()
    FROM meters_billinganswer answer
    JOIN meters_reading reading
        ON reading.submission_id = answer.submission_id
       AND reading.register_id = answer.register_id
    WHERE answer.state = 'rejected'
    ORDER BY answer.id, reading.id DESC
    ON CONFLICT (answer_id) DO NOTHING;
"""


class Migration(migrations.Migration):

    dependencies = [("meters", "0010_rejections_reach_their_clients")]

    operations = [migrations.RunSQL(EARLIER, migrations.RunSQL.noop)]
