"""Each constraint has a sentence for whoever breaks it: what the database holds stays as it is."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0004_orders'),
        ('messaging', '0010_constraints_have_their_words'),
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
            model_name='outgoingorder',
            name='outgoing_order_makes_one_at_a_time',
            constraint=models.UniqueConstraint(condition=models.Q(('deed', 'make'), ('state__in', ('waiting', 'working'))), fields=('kind',), name='outgoing_order_makes_one_at_a_time', violation_error_message='Партия этого вида уже делается.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingorder',
            name='outgoing_order_takes_one_at_a_time',
            constraint=models.UniqueConstraint(condition=models.Q(('deed', 'take'), ('state__in', ('waiting', 'working'))), fields=('batch',), name='outgoing_order_takes_one_at_a_time', violation_error_message='Ответ на эту партию уже принимается.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingorder',
            name='outgoing_order_made_the_batch',
            constraint=models.UniqueConstraint(condition=models.Q(('deed', 'make')), fields=('batch',), name='outgoing_order_made_the_batch', violation_error_message='Поручение сделать эту партию уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingorder',
            name='outgoing_order_has_its_batch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('batch__isnull', False), ('deed', 'take')), models.Q(('batch__isnull', False), ('deed', 'make'), ('state', 'done')), models.Q(('batch__isnull', True), ('deed', 'make'), models.Q(('state', 'done'), _negated=True)), _connector='OR'), name='outgoing_order_has_its_batch', violation_error_message='Партия есть у сделанного поручения и у приёма ответа.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingorder',
            name='outgoing_order_file_is_needed',
            constraint=models.CheckConstraint(condition=models.Q(('path', ''), models.Q(('deed', 'take'), ('state__in', ('waiting', 'working', 'failed'))), _connector='OR'), name='outgoing_order_file_is_needed', violation_error_message='Файл хранится, пока ответ не принят.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingorder',
            name='outgoing_order_has_its_file',
            constraint=models.CheckConstraint(condition=models.Q(('deed', 'take'), ('path', ''), ('state__in', ('waiting', 'working')), _negated=True), name='outgoing_order_has_its_file', violation_error_message='Для приёма ответа нужен файл.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingorder',
            name='outgoing_order_ends_at_a_moment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('state__in', ('waiting', 'working'))), models.Q(models.Q(('state__in', ('waiting', 'working')), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='outgoing_order_ends_at_a_moment', violation_error_message='У оконченного поручения должно быть время окончания.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingorder',
            name='outgoing_order_refused_says_why',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('deed', 'take'), ('state', 'refused')), ('problems', []), _connector='XOR'), name='outgoing_order_refused_says_why', violation_error_message='Причины названы только у непринятого ответа.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingorder',
            name='outgoing_order_percent',
            constraint=models.CheckConstraint(condition=models.Q(('percent__isnull', True), ('percent__lte', 100), _connector='OR'), name='outgoing_order_percent', violation_error_message='Готовность — не больше ста процентов.'),
        ),
        migrations.AlterConstraint(
            model_name='outgoingreading',
            name='outgoing_reading_row',
            constraint=models.UniqueConstraint(fields=('batch', 'row'), name='outgoing_reading_row', violation_error_message='Такая строка в партии уже есть.'),
        ),
    ]
