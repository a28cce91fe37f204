from django.db import migrations

from cabinet.append_only import append_only


class Migration(migrations.Migration):
    dependencies = [("meters", "0001_initial")]
    operations = [
        append_only("meters_reading"),
        append_only("meters_submission"),
        migrations.RunSQL(
            "CREATE SEQUENCE meters_submission_number", "DROP SEQUENCE meters_submission_number"
        ),
    ]
