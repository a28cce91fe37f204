"""Each constraint has a sentence for whoever breaks it: what the database holds stays as it is."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0003_undoing_meets_its_limits'),
        ('messaging', '0008_constraints_have_their_words'),
        ('meters', '0009_constraints_have_their_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name='addedrows',
            name='added_rows_in_order',
            constraint=models.CheckConstraint(condition=models.Q(('last_id__gte', models.F('first_id'))), name='added_rows_in_order', violation_error_message='Последний ключ не может быть меньше первого.'),
        ),
        migrations.AlterConstraint(
            model_name='answerfile',
            name='answer_file_once',
            constraint=models.UniqueConstraint(fields=('batch', 'sha256'), name='answer_file_once', violation_error_message='Этот файл с ответами уже загружен.'),
        ),
        migrations.AlterConstraint(
            model_name='answerfile',
            name='answer_file_counts',
            constraint=models.CheckConstraint(condition=models.Q(('new__lte', models.F('rows'))), name='answer_file_counts', violation_error_message='Новых ответов не может быть больше, чем строк.'),
        ),
        migrations.AlterConstraint(
            model_name='changedrow',
            name='changed_row_once',
            constraint=models.UniqueConstraint(fields=('attempt', 'table', 'row_id'), name='changed_row_once', violation_error_message='Эта строка в загрузке уже отмечена.'),
        ),
        migrations.AlterConstraint(
            model_name='import',
            name='import_applied_has_its_moments',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('applied', 'undoing', 'undone')), _negated=True), models.Q(('applied_at__isnull', False), ('as_of__isnull', False), ('version__isnull', False)), _connector='OR'), name='import_applied_has_its_moments', violation_error_message='У принятой загрузки есть версия, время данных и приёма.'),
        ),
        migrations.AlterConstraint(
            model_name='import',
            name='import_undone_has_its_moment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'undone'), _negated=True), ('undone_at__isnull', False), _connector='OR'), name='import_undone_has_its_moment', violation_error_message='У отменённой загрузки должно быть время отмены.'),
        ),
        migrations.AlterConstraint(
            model_name='import',
            name='import_file_was_uploaded',
            constraint=models.CheckConstraint(condition=models.Q(('path', ''), ('source', 'upload'), _connector='OR'), name='import_file_was_uploaded', violation_error_message='Файл хранится только у загрузки со страницы.'),
        ),
        migrations.AlterConstraint(
            model_name='import',
            name='import_percent',
            constraint=models.CheckConstraint(condition=models.Q(('percent__lte', 100)), name='import_percent', violation_error_message='Готовность — не больше ста процентов.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingbatch',
            name='outgoing_batch_number',
            constraint=models.UniqueConstraint(fields=('kind', 'number'), name='outgoing_batch_number', violation_error_message='Партия с таким номером уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingbatch',
            name='outgoing_batch_answered_at_most_once',
            constraint=models.CheckConstraint(condition=models.Q(('answered__lte', models.F('rows'))), name='outgoing_batch_answered_at_most_once', violation_error_message='Ответов не может быть больше, чем строк.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingcase',
            name='outgoing_case_row',
            constraint=models.UniqueConstraint(fields=('batch', 'row'), name='outgoing_case_row', violation_error_message='Такая строка в партии уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingcase',
            name='outgoing_case_once',
            constraint=models.UniqueConstraint(fields=('message', 'entry'), name='outgoing_case_once', nulls_distinct=False, violation_error_message='Это обращение уже выгружено.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingfile',
            name='outgoing_file_once',
            constraint=models.UniqueConstraint(fields=('batch', 'format'), name='outgoing_file_once', violation_error_message='Файл этого вида в партии уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingreading',
            name='outgoing_reading_row',
            constraint=models.UniqueConstraint(fields=('batch', 'row'), name='outgoing_reading_row', violation_error_message='Такая строка в партии уже есть.'),
        ),
    ]
