"""Entries may exchange numbers, instalments their places, in one package.

Built beside the former indexes: pages go on while a million entries are read.
"""

from cabinet.deferring import MakeDeferrable
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("billing", "0004_offsets_need_no_index")]

    operations = [
        MakeDeferrable(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                fields=["contract", "account", "kind", "number", "booked_on"],
                name="ledger_entry_once",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ),
        MakeDeferrable(
            model_name="instalment",
            constraint=models.UniqueConstraint(
                fields=["contract", "period", "order"],
                name="instalment_once",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ),
    ]
