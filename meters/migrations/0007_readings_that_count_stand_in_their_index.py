"""The index of the readings that count holds whatever a page shows of them.

Built beside the former one, so that pages and «Передать» go on meanwhile.
"""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("meters", "0006_reading_uploads")]

    operations = [
        AddIndexConcurrently(
            "reading",
            models.Index(
                fields=["contract", "-period", "point", "register", "-received_at", "-id"],
                include=("value", "source", "is_rollover", "submission"),
                name="reading_counting",
            ),
        ),
        RemoveIndexConcurrently("reading", "reading_latest"),
    ]
