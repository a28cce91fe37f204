"""Each constraint has a sentence for whoever breaks it: what the database holds stays as it is."""

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0010_letters_of_clients'),
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name='accessrequest',
            name='access_request_once',
            constraint=models.UniqueConstraint(fields=('asked_by', 'form_key'), name='access_request_once', violation_error_message='Эта заявка уже отправлена.'),
        ),
        migrations.AlterConstraint(
            model_name='accessrequest',
            name='one_open_access_request_for_a_person',
            constraint=models.UniqueConstraint(models.F('client'), django.db.models.functions.text.Lower('email'), condition=models.Q(('state__in', ('new', 'in_work'))), name='one_open_access_request_for_a_person', violation_error_message='Заявка на этого человека уже рассматривается.'),
        ),
        migrations.AlterConstraint(
            model_name='accessrequest',
            name='access_request_role_is_known',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['director', 'accountant', 'engineer', 'reader'])), name='access_request_role_is_known', violation_error_message='Выберите роль из списка.'),
        ),
        migrations.AlterConstraint(
            model_name='accessrequest',
            name='asked_power_of_attorney_has_number_and_term',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('basis', 'power_of_attorney'), _negated=True), models.Q(('ends_on__isnull', False), models.Q(('basis_number', ''), _negated=True)), _connector='OR'), name='asked_power_of_attorney_has_number_and_term', violation_error_message='У доверенности нужны номер и срок.'),
        ),
        migrations.AlterConstraint(
            model_name='accessrequest',
            name='access_request_is_closed_at_a_moment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('state__in', ('new', 'in_work'))), models.Q(('closed_at__isnull', False), ('state__in', ('issued', 'refused', 'withdrawn'))), _connector='OR'), name='access_request_is_closed_at_a_moment', violation_error_message='У закрытой заявки должно быть время закрытия.'),
        ),
        migrations.AlterConstraint(
            model_name='accessrequest',
            name='issued_access_request_has_a_membership',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('membership__isnull', False), ('state', 'issued')), models.Q(models.Q(('state', 'issued'), _negated=True), ('membership__isnull', True)), _connector='OR'), name='issued_access_request_has_a_membership', violation_error_message='Выданная заявка ведёт к доступу, остальные — нет.'),
        ),
        migrations.AlterConstraint(
            model_name='accessrequest',
            name='refused_access_request_has_a_reason',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('refusal', ''), _negated=True), _connector='OR'), name='refused_access_request_has_a_reason', violation_error_message='У отказа должна быть причина.'),
        ),
        migrations.AlterConstraint(
            model_name='agreementscan',
            name='agreement_scan_sha256',
            constraint=models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='agreement_scan_sha256', violation_error_message='SHA-256 — это 64 знака: цифры и буквы от a до f.'),
        ),
        migrations.AlterConstraint(
            model_name='client',
            name='client_inn_digits',
            constraint=models.CheckConstraint(condition=models.Q(('inn__regex', '^(\\d{10}|\\d{12})$')), name='client_inn_digits', violation_error_message='В ИНН 10 или 12 цифр.'),
        ),
        migrations.AlterConstraint(
            model_name='client',
            name='client_ogrn_digits',
            constraint=models.CheckConstraint(condition=models.Q(('ogrn__regex', '^(\\d{13}|\\d{15})$')), name='client_ogrn_digits', violation_error_message='В ОГРН 13 или 15 цифр.'),
        ),
        migrations.AlterConstraint(
            model_name='dossier',
            name='dossier_days_in_order',
            constraint=models.CheckConstraint(condition=models.Q(('last_day__gte', models.F('first_day'))), name='dossier_days_in_order', violation_error_message='Последний день не может быть раньше первого.'),
        ),
        migrations.AlterConstraint(
            model_name='endingnotice',
            name='ending_notice_once',
            constraint=models.UniqueConstraint(fields=('membership', 'user', 'ends_on', 'step'), name='ending_notice_once', violation_error_message='Об этом сроке этому человеку уже написано.'),
        ),
        migrations.AlterConstraint(
            model_name='endingnotice',
            name='ending_notice_step_is_known',
            constraint=models.CheckConstraint(condition=models.Q(('step__in', (1, 7, 30))), name='ending_notice_step_is_known', violation_error_message='О конце доступа пишут за 30, 7 и 1 день.'),
        ),
        migrations.AlterConstraint(
            model_name='enrolment',
            name='enrolment_printed_has_number',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['printed', 'signed', 'issued']), _negated=True), models.Q(('printed_at__isnull', False), models.Q(('agreement_number', ''), _negated=True)), _connector='OR'), name='enrolment_printed_has_number', violation_error_message='У напечатанного соглашения есть номер и время печати.'),
        ),
        migrations.AlterConstraint(
            model_name='enrolment',
            name='enrolment_signed_has_day_and_scan',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['signed', 'issued']), _negated=True), models.Q(('scan__isnull', False), ('signed_on__isnull', False)), _connector='OR'), name='enrolment_signed_has_day_and_scan', violation_error_message='У подписанного соглашения должны быть дата и скан.'),
        ),
        migrations.AlterConstraint(
            model_name='enrolment',
            name='enrolment_issued_has_membership',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('membership__isnull', False), ('state', 'issued')), models.Q(models.Q(('state', 'issued'), _negated=True), ('membership', None)), _connector='OR'), name='enrolment_issued_has_membership', violation_error_message='Оконченная выдача ведёт к доступу, остальные — нет.'),
        ),
        migrations.AlterConstraint(
            model_name='enrolment',
            name='enrolment_abandoned_has_reason',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'abandoned'), _negated=True), models.Q(('abandoned_reason', ''), _negated=True), _connector='OR'), name='enrolment_abandoned_has_reason', violation_error_message='У прекращённой выдачи должна быть причина.'),
        ),
        migrations.AlterConstraint(
            model_name='enrolment',
            name='enrolment_chosen_contracts',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('scope', 'chosen'), _negated=True), models.Q(('contract_ids', []), _negated=True), _connector='OR'), name='enrolment_chosen_contracts', violation_error_message='Выберите хотя бы один договор.'),
        ),
        migrations.AlterConstraint(
            model_name='enrolment',
            name='enrolment_agreement_number',
            constraint=models.UniqueConstraint(condition=models.Q(('agreement_number', ''), _negated=True), fields=('agreement_number',), name='enrolment_agreement_number', violation_error_message='Соглашение с таким номером уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='enrolment',
            name='enrolment_of_one_row_of_a_list',
            constraint=models.UniqueConstraint(fields=('source', 'row_number'), name='enrolment_of_one_row_of_a_list', violation_error_message='По этой строке списка выдача уже начата.'),
        ),
        migrations.AlterConstraint(
            model_name='enrolmentlist',
            name='enrolment_list_is_confirmed_by_somebody',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at', None), ('confirmed_by', None)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False)), _connector='OR'), name='enrolment_list_is_confirmed_by_somebody', violation_error_message='У подтверждённого списка должны быть время и сотрудник.'),
        ),
        migrations.AlterConstraint(
            model_name='journallink',
            name='one_link_at_a_position',
            constraint=models.UniqueConstraint(fields=('chain', 'position'), name='one_link_at_a_position', violation_error_message='На этом месте цепочки запись уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='user',
            name='one_time_password_has_a_term',
            constraint=models.CheckConstraint(condition=models.Q(('has_one_time_password', False), ('one_time_password_until__isnull', False), _connector='OR'), name='one_time_password_has_a_term', violation_error_message='У одноразового пароля должен быть срок.'),
        ),
        migrations.AlterConstraint(
            model_name='user',
            name='document_letters_are_known',
            constraint=models.CheckConstraint(condition=models.Q(('document_letters__in', ['at_once', 'daily', 'never'])), name='document_letters_are_known', violation_error_message='Выберите из списка, когда писать о документах.'),
        ),
    ]
