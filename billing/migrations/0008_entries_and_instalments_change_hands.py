"""Entries may exchange numbers, instalments their places, in one package.

Built beside the former indexes: pages go on while a million entries are read.
"""

from cabinet.deferring import MakeDeferrable
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("billing", "0007_constraints_have_their_words")]

    operations = [
        MakeDeferrable(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                fields=["contract", "account", "kind", "number", "booked_on"],
                name="ledger_entry_once",
                violation_error_message="Запись с таким номером и датой уже есть.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ),
        MakeDeferrable(
            model_name="instalment",
            constraint=models.UniqueConstraint(
                fields=["contract", "period", "order"],
                name="instalment_once",
                violation_error_message="Платёж с таким порядком в этом месяце уже есть.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ),
    ]
