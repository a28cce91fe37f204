import django.db.models.deletion
from django.db import migrations, models

# What still lies ready: of one contract where all of its documents are.
_NAME = """
    UPDATE documents_bundle bundle SET contract_id = whose.contract_id
    FROM (
        SELECT bundle_id, MIN(contract_id) AS contract_id
        FROM documents_bundle_documents JOIN documents_document document ON document.id = document_id
        GROUP BY bundle_id HAVING MIN(contract_id) = MAX(contract_id)
    ) whose
    WHERE bundle.id = whose.bundle_id AND bundle.contract_id IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0006_search'),
        ('documents', '0004_made_papers_are_kept'),
    ]

    operations = [
        migrations.AddField(
            model_name='bundle',
            name='contract',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bundles', to='contracts.contract', verbose_name='договор'),
        ),
        migrations.RunSQL(_NAME, migrations.RunSQL.noop),
    ]
