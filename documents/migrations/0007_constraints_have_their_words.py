"""Each constraint has a sentence for whoever breaks it: what the database holds stays as it is."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_constraints_have_their_words'),
        ('contracts', '0007_constraints_have_their_words'),
        ('documents', '0006_newest_of_all_contracts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name='acknowledgement',
            name='acknowledged_once',
            constraint=models.UniqueConstraint(fields=('document', 'user'), name='acknowledged_once', violation_error_message='Этот человек уже подтвердил, что ознакомлен.'),
        ),
        migrations.AlterConstraint(
            model_name='announcement',
            name='announced_once',
            constraint=models.UniqueConstraint(fields=('user', 'document'), name='announced_once', violation_error_message='Об этом документе этому человеку уже написано.'),
        ),
        migrations.AlterConstraint(
            model_name='batch',
            name='batch_one_at_a_time',
            constraint=models.UniqueConstraint(models.Value(1), condition=models.Q(('finished_at__isnull', True)), name='batch_one_at_a_time', violation_error_message='Партия PDF уже готовится.'),
        ),
        migrations.AlterConstraint(
            model_name='bundle',
            name='bundle_is_ready_with_a_file',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'ready'), ('path', ''), _connector='XOR'), name='bundle_is_ready_with_a_file', violation_error_message='У готового архива должен быть файл, у остальных его нет.'),
        ),
        migrations.AlterConstraint(
            model_name='bundle',
            name='bundle_is_done_at_most_once',
            constraint=models.CheckConstraint(condition=models.Q(('done__lte', models.F('total'))), name='bundle_is_done_at_most_once', violation_error_message='Готово не может быть больше документов, чем заказано.'),
        ),
        migrations.AlterConstraint(
            model_name='document',
            name='document_period_is_a_month',
            constraint=models.CheckConstraint(condition=models.Q(('period__day', 1)), name='document_period_is_a_month', violation_error_message='Месяц хранится по первому числу.'),
        ),
        migrations.AlterConstraint(
            model_name='document',
            name='document_file_is_whole',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('path', ''), ('sha256', ''), ('size__isnull', True)), models.Q(models.Q(('path', ''), _negated=True), models.Q(('sha256', ''), _negated=True), ('size__isnull', False)), _connector='OR'), name='document_file_is_whole', violation_error_message='У файла должны быть размер и SHA-256.'),
        ),
        migrations.AlterConstraint(
            model_name='document',
            name='document_file_of_its_own',
            constraint=models.UniqueConstraint(condition=models.Q(('path', ''), _negated=True), fields=('path',), name='document_file_of_its_own', violation_error_message='Этот файл уже принадлежит другому документу.'),
        ),
        migrations.AlterConstraint(
            model_name='document',
            name='document_file_is_the_given_one',
            constraint=models.CheckConstraint(condition=models.Q(('file_sha256', ''), ('path', ''), ('sha256', models.F('file_sha256')), _connector='OR'), name='document_file_is_the_given_one', violation_error_message='Файл не тот, который прислал биллинг: SHA-256 другой.'),
        ),
        migrations.AlterConstraint(
            model_name='document',
            name='document_other_has_a_title',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'other'), _negated=True), models.Q(('title', ''), _negated=True), _connector='OR'), name='document_other_has_a_title', violation_error_message='У документа вида «Прочее» должно быть название.'),
        ),
        migrations.AlterConstraint(
            model_name='document',
            name='document_corrects_an_earlier_one',
            constraint=models.CheckConstraint(condition=models.Q(('corrects__isnull', True), ('corrects__lt', models.F('id')), _connector='OR'), name='document_corrects_an_earlier_one', violation_error_message='Исправить можно только более ранний документ.'),
        ),
    ]
