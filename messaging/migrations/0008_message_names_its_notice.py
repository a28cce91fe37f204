import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('documents', '0005_bundle_says_whose_it_is'),
        ('messaging', '0007_words_of_a_waiting_case'),
    ]

    operations = [
        migrations.AddField(
            model_name='message',
            name='notice',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='documents.document', verbose_name='об уведомлении'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('notice__isnull', False)), fields=['notice'], name='message_by_notice'),
        ),
    ]
