"""Each constraint has a sentence for whoever breaks it: what the database holds stays as it is."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0007_constraints_have_their_words'),
        ('documents', '0007_constraints_have_their_words'),
        ('messaging', '0009_earlier_messages_name_their_notices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name='attachment',
            name='attachment_of_draft_or_message',
            constraint=models.CheckConstraint(condition=models.Q(('draft__isnull', True), ('message__isnull', True), _connector='XOR'), name='attachment_of_draft_or_message', violation_error_message='Файл приложен либо к черновику, либо к обращению.'),
        ),
        migrations.AlterConstraint(
            model_name='attachment',
            name='attachment_of_entry_is_of_message',
            constraint=models.CheckConstraint(condition=models.Q(('entry__isnull', True), ('message__isnull', False), _connector='OR'), name='attachment_of_entry_is_of_message', violation_error_message='Файл дополнения приложен к тому же обращению.'),
        ),
        migrations.AlterConstraint(
            model_name='draft',
            name='draft_form_once',
            constraint=models.UniqueConstraint(fields=('author', 'form_key'), name='draft_form_once', violation_error_message='Этот черновик уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='entry',
            name='entry_form_once',
            constraint=models.UniqueConstraint(fields=('author', 'form_key'), name='entry_form_once', violation_error_message='Это дополнение уже отправлено.'),
        ),
        migrations.AlterConstraint(
            model_name='message',
            name='message_form_once',
            constraint=models.UniqueConstraint(fields=('author', 'form_key'), name='message_form_once', violation_error_message='Это обращение уже отправлено.'),
        ),
        migrations.AlterConstraint(
            model_name='message',
            name='message_reminded_in_time',
            constraint=models.CheckConstraint(condition=models.Q(('remind_on__lte', models.F('due_on'))), name='message_reminded_in_time', violation_error_message='Напоминание не может быть позже срока ответа.'),
        ),
        migrations.AlterConstraint(
            model_name='message',
            name='message_closed_at_a_time',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', False), ('state', 'closed')), models.Q(('closed_at__isnull', True), models.Q(('state', 'closed'), _negated=True)), _connector='OR'), name='message_closed_at_a_time', violation_error_message='У закрытого обращения должно быть время закрытия.'),
        ),
    ]
