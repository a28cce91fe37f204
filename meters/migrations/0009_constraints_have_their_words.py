"""Each constraint has a sentence for whoever breaks it: what the database holds stays as it is."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0007_constraints_have_their_words'),
        ('meters', '0008_office_reminders_and_search'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name='actreading',
            name='act_reading_once',
            constraint=models.UniqueConstraint(fields=('installation', 'register', 'moment'), name='act_reading_once', violation_error_message='Показание этой шкалы в акте уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='actreading',
            name='act_reading_not_negative',
            constraint=models.CheckConstraint(condition=models.Q(('value__gte', 0)), name='act_reading_not_negative', violation_error_message='Показание не может быть меньше нуля.'),
        ),
        migrations.AlterConstraint(
            model_name='installation',
            name='installation_ratio_at_least_one',
            constraint=models.CheckConstraint(condition=models.Q(('current_ratio__gte', 1), ('voltage_ratio__gte', 1)), name='installation_ratio_at_least_one', violation_error_message='Коэффициенты трансформации — не меньше единицы.'),
        ),
        migrations.AlterConstraint(
            model_name='meteringpoint',
            name='point_number_in_contract',
            constraint=models.UniqueConstraint(fields=('contract', 'number'), name='point_number_in_contract', violation_error_message='Точка с таким номером в договоре уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='officereminder',
            name='office_reminder_period_is_a_month',
            constraint=models.CheckConstraint(condition=models.Q(('period__day', 1)), name='office_reminder_period_is_a_month', violation_error_message='Месяц хранится по первому числу.'),
        ),
        migrations.AlterConstraint(
            model_name='reading',
            name='reading_period_is_a_month',
            constraint=models.CheckConstraint(condition=models.Q(('period__day', 1)), name='reading_period_is_a_month', violation_error_message='Месяц хранится по первому числу.'),
        ),
        migrations.AlterConstraint(
            model_name='reading',
            name='reading_not_negative',
            constraint=models.CheckConstraint(condition=models.Q(('value__gte', 0)), name='reading_not_negative', violation_error_message='Показание не может быть меньше нуля.'),
        ),
        migrations.AlterConstraint(
            model_name='reading',
            name='client_reading_has_a_submission',
            constraint=models.CheckConstraint(condition=models.Q(('submission__isnull', False), models.Q(('source', 'client'), _negated=True), _connector='OR'), name='client_reading_has_a_submission', violation_error_message='У показания клиента должна быть передача.'),
        ),
        migrations.AlterConstraint(
            model_name='readingdraft',
            name='reading_draft_once',
            constraint=models.UniqueConstraint(fields=('author', 'contract', 'period'), name='reading_draft_once', violation_error_message='Черновик за этот месяц уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='readingdraft',
            name='reading_draft_period_is_a_month',
            constraint=models.CheckConstraint(condition=models.Q(('period__day', 1)), name='reading_draft_period_is_a_month', violation_error_message='Месяц хранится по первому числу.'),
        ),
        migrations.AlterConstraint(
            model_name='readingreminder',
            name='reading_reminder_period_is_a_month',
            constraint=models.CheckConstraint(condition=models.Q(('period__day', 1)), name='reading_reminder_period_is_a_month', violation_error_message='Месяц хранится по первому числу.'),
        ),
        migrations.AlterConstraint(
            model_name='readingreminder',
            name='reading_reminder_once',
            constraint=models.UniqueConstraint(condition=models.Q(('step', 'office'), _negated=True), fields=('user', 'contract', 'period', 'step'), name='reading_reminder_once', violation_error_message='Это напоминание уже отправлено.'),
        ),
        migrations.AlterConstraint(
            model_name='readingreminder',
            name='office_reminds_once_a_day',
            constraint=models.UniqueConstraint(condition=models.Q(('step', 'office')), fields=('user', 'contract', 'period', 'day'), name='office_reminds_once_a_day', violation_error_message='Сегодня этому человеку уже напомнили.'),
        ),
        migrations.AlterConstraint(
            model_name='readingreminder',
            name='office_reminder_is_whole',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('day__isnull', False), ('office_reminder__isnull', False), ('step', 'office')), models.Q(models.Q(('step', 'office'), _negated=True), ('day__isnull', True), ('office_reminder__isnull', True)), _connector='OR'), name='office_reminder_is_whole', violation_error_message='Рассылка и день есть только у напоминания офиса.'),
        ),
        migrations.AlterConstraint(
            model_name='readingrule',
            name='reading_rule_days',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('opens_day__isnull', True), ('opens_day__range', (1, 31)), _connector='OR'), models.Q(('closes_day__isnull', True), ('closes_day__range', (1, 31)), _connector='OR')), name='reading_rule_days', violation_error_message='Дни приёма — от 1 до 31.'),
        ),
        migrations.AlterConstraint(
            model_name='readingrule',
            name='reading_rule_thresholds',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('times_more__isnull', True), ('times_more__gt', 1), _connector='OR'), models.Q(('times_less__isnull', True), ('times_less__gt', 1), _connector='OR'), models.Q(('zones_tolerance__isnull', True), ('zones_tolerance__gte', 0), _connector='OR')), name='reading_rule_thresholds', violation_error_message='Разы — больше единицы, отличие зон — не меньше нуля.'),
        ),
        migrations.AlterConstraint(
            model_name='readingupload',
            name='reading_upload_waits_once',
            constraint=models.UniqueConstraint(condition=models.Q(('submission__isnull', True)), fields=('contract', 'period', 'author', 'sha256'), name='reading_upload_waits_once', violation_error_message='Этот файл уже загружен и ждёт подтверждения.'),
        ),
        migrations.AlterConstraint(
            model_name='readingupload',
            name='reading_upload_period_is_a_month',
            constraint=models.CheckConstraint(condition=models.Q(('period__day', 1)), name='reading_upload_period_is_a_month', violation_error_message='Месяц хранится по первому числу.'),
        ),
        migrations.AlterConstraint(
            model_name='register',
            name='register_once',
            constraint=models.UniqueConstraint(fields=('meter', 'energy', 'zone'), name='register_once', violation_error_message='Такая шкала у прибора уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='register',
            name='register_digits',
            constraint=models.CheckConstraint(condition=models.Q(('fraction_digits__range', (0, 3)), ('integer_digits__range', (3, 9))), name='register_digits', violation_error_message='До запятой от 3 до 9 цифр, после неё не больше трёх.'),
        ),
        migrations.AlterConstraint(
            model_name='submission',
            name='submission_form_once',
            constraint=models.UniqueConstraint(fields=('submitted_by', 'form_key'), name='submission_form_once', violation_error_message='Эти показания уже переданы.'),
        ),
        migrations.AlterConstraint(
            model_name='submission',
            name='submission_period_is_a_month',
            constraint=models.CheckConstraint(condition=models.Q(('period__day', 1)), name='submission_period_is_a_month', violation_error_message='Месяц хранится по первому числу.'),
        ),
        migrations.AlterConstraint(
            model_name='submissionpaper',
            name='submission_paper_once',
            constraint=models.UniqueConstraint(fields=('submission', 'kind'), name='submission_paper_once', violation_error_message='Эта бумага о передаче уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='submissionpaper',
            name='submission_paper_is_whole',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('made_at__isnull', True), ('path', ''), ('sha256', '')), models.Q(models.Q(('path', ''), _negated=True), models.Q(('sha256', ''), _negated=True), ('made_at__isnull', False)), _connector='OR'), name='submission_paper_is_whole', violation_error_message='У готовой бумаги должны быть файл, SHA-256 и время.'),
        ),
    ]
