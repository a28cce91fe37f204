"""The office's list of documents, newest first: built beside the others, loads go on meanwhile."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [('documents', '0005_bundle_says_whose_it_is')]

    operations = [
        AddIndexConcurrently(
            model_name='document',
            index=models.Index(fields=['-period', '-issued_on', '-id'], name='document_newest'),
        ),
    ]
