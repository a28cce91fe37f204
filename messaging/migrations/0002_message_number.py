from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE messaging_message_number", "DROP SEQUENCE messaging_message_number"
        ),
    ]
