"""Two withdrawals may exchange their notices in one package.

The column stays as it is, only what makes it unique is another: Django would make its foreign key
anew and close the documents for that.
"""

import django.db.models.deletion
from cabinet.deferring import MakeDeferrable
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("documents", "0007_constraints_have_their_words")]

    operations = [
        MakeDeferrable(
            model_name="noticewithdrawal",
            constraint=models.UniqueConstraint(
                fields=["document"],
                name="notice_withdrawn_once",
                violation_error_message="Это уведомление уже снято.",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ),
        migrations.RunSQL(
            "ALTER TABLE documents_noticewithdrawal"
            " DROP CONSTRAINT IF EXISTS documents_noticewithdrawal_document_id_key",
            "ALTER TABLE documents_noticewithdrawal"
            " ADD CONSTRAINT documents_noticewithdrawal_document_id_key UNIQUE (document_id)",
            state_operations=[
                migrations.AlterField(
                    model_name="noticewithdrawal",
                    name="document",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="withdrawals",
                        to="documents.document",
                        verbose_name="уведомление",
                    ),
                ),
            ],
        ),
    ]
