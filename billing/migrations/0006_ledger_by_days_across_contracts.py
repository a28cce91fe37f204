"""The office's list of entries opens with the newest day, by an index.

Built while pages read and packages of billing are loaded.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("billing", "0005_terms_begin_with_a_month")]

    operations = [
        # Of tens of millions it takes longer than a page may.
        migrations.RunSQL("SET statement_timeout = 0", migrations.RunSQL.noop),
        AddIndexConcurrently(
            model_name="ledgerentry",
            index=models.Index(fields=["-booked_on", "-id"], name="ledger_newest"),
        ),
        migrations.RunSQL("RESET statement_timeout", migrations.RunSQL.noop),
    ]
