"""Two clients may exchange their ИНН in one package; the beginning of one keeps an index.

A unique field cannot be checked at the end of a statement, a constraint of the model can.
"""

import cabinet.requisites
from cabinet.deferring import MakeDeferrable
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0011_constraints_have_their_words")]

    operations = [
        AddIndexConcurrently(
            "client",
            models.Index(
                fields=["inn"], opclasses=["varchar_pattern_ops"], name="client_inn_begins"
            ),
        ),
        MakeDeferrable(
            model_name="client",
            constraint=models.UniqueConstraint(
                fields=["inn"],
                name="client_inn_once",
                deferrable=models.Deferrable.IMMEDIATE,
                violation_error_message="Клиент с таким ИНН уже есть.",
            ),
        ),
        migrations.AlterField(
            model_name="client",
            name="inn",
            field=models.CharField(
                max_length=12, validators=[cabinet.requisites.validate_inn], verbose_name="ИНН"
            ),
        ),
    ]
