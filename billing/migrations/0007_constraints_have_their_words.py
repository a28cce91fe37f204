"""Each constraint has a sentence for whoever breaks it: what the database holds stays as it is."""

import django.core.validators
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_constraints_have_their_words'),
        ('billing', '0006_ledger_by_days_across_contracts'),
        ('contracts', '0007_constraints_have_their_words'),
        ('documents', '0007_constraints_have_their_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='paymentterm',
            name='months_later',
            field=models.PositiveSmallIntegerField(default=0, help_text='0 — в том же месяце, 1 — в следующем.', validators=[django.core.validators.MaxValueValidator(12)], verbose_name='через месяцев'),
        ),
        migrations.AlterConstraint(
            model_name='instalment',
            name='instalment_once',
            constraint=models.UniqueConstraint(fields=('contract', 'period', 'order'), name='instalment_once', violation_error_message='Платёж с таким порядком в этом месяце уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='instalment',
            name='instalment_has_a_sum',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gte', 0), ('amount__isnull', False)), models.Q(('amount__isnull', True), ('share_percent__isnull', True)), _connector='OR'), name='instalment_has_a_sum', violation_error_message='У платежа с долей нет суммы.'),
        ),
        migrations.AlterConstraint(
            model_name='instalment',
            name='instalment_share_is_a_part',
            constraint=models.CheckConstraint(condition=models.Q(('share_percent__isnull', True), models.Q(('share_percent__gt', 0), ('share_percent__lte', 100)), _connector='OR'), name='instalment_share_is_a_part', violation_error_message='Доля — больше нуля и не больше целого.'),
        ),
        migrations.AlterConstraint(
            model_name='instalment',
            name='instalment_period_is_a_month',
            constraint=models.CheckConstraint(condition=models.Q(('period__day', 1)), name='instalment_period_is_a_month', violation_error_message='Месяц хранится по первому числу.'),
        ),
        migrations.AlterConstraint(
            model_name='ledgerentry',
            name='ledger_period_is_a_month',
            constraint=models.CheckConstraint(condition=models.Q(('period__day', 1)), name='ledger_period_is_a_month', violation_error_message='Месяц хранится по первому числу.'),
        ),
        migrations.AlterConstraint(
            model_name='ledgerentry',
            name='ledger_amount_has_its_sign',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), models.Q(('kind', 'correction'), models.Q(('amount', 0), _negated=True)), _connector='OR'), name='ledger_amount_has_its_sign', violation_error_message='Сумма больше нуля; меньше она лишь у корректировки.'),
        ),
        migrations.AlterConstraint(
            model_name='ledgerentry',
            name='ledger_kind_has_its_account',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'correction'), models.Q(('account', 'main'), ('kind', 'charge')), models.Q(('account__in', ('main', 'late_fee')), ('kind', 'payment')), models.Q(('account', 'late_fee'), ('kind', 'late_fee')), models.Q(('account', 'advance'), ('kind', 'advance')), models.Q(('account__in', ('main', 'advance')), ('kind', 'offset')), _connector='OR'), name='ledger_kind_has_its_account', violation_error_message='Такого вида записей в этих расчётах не бывает.'),
        ),
        migrations.AlterConstraint(
            model_name='ledgerentry',
            name='ledger_entry_once',
            constraint=models.UniqueConstraint(fields=('contract', 'account', 'kind', 'number', 'booked_on'), name='ledger_entry_once', violation_error_message='Запись с таким номером и датой уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='monthturnover',
            name='turnover_of_a_month_once',
            constraint=models.UniqueConstraint(fields=('contract', 'account', 'month'), name='turnover_of_a_month_once', violation_error_message='Оборот за этот месяц уже есть.'),
        ),
        migrations.AlterConstraint(
            model_name='monthturnover',
            name='turnover_month_is_a_month',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='turnover_month_is_a_month', violation_error_message='Месяц хранится по первому числу.'),
        ),
        migrations.AlterConstraint(
            model_name='payeraccount',
            name='payer_account_once',
            constraint=models.UniqueConstraint(fields=('client', 'account', 'bic'), name='payer_account_once', violation_error_message='Такой счёт уже есть в списке.'),
        ),
        migrations.AlterConstraint(
            model_name='payeraccount',
            name='payer_account_digits',
            constraint=models.CheckConstraint(condition=models.Q(('account__regex', '^\\d{20}$'), ('bic__regex', '^\\d{9}$')), name='payer_account_digits', violation_error_message='В расчётном счёте 20 цифр, в БИК 9.'),
        ),
        migrations.AlterConstraint(
            model_name='payeraccount',
            name='payer_account_correspondent_digits',
            constraint=models.CheckConstraint(condition=models.Q(('correspondent_account__regex', '^(\\d{20})?$')), name='payer_account_correspondent_digits', violation_error_message='В корреспондентском счёте 20 цифр.'),
        ),
        migrations.AlterConstraint(
            model_name='paymentterm',
            name='payment_term_share_is_a_part',
            constraint=models.CheckConstraint(condition=models.Q(('share_percent__isnull', True), models.Q(('share_percent__gt', 0), ('share_percent__lte', 100)), _connector='OR'), name='payment_term_share_is_a_part', violation_error_message='Доля — больше нуля и не больше целого.'),
        ),
        migrations.AlterConstraint(
            model_name='paymentterm',
            name='payment_term_day_exists',
            constraint=models.CheckConstraint(condition=models.Q(('due_day__range', (1, 31)), ('months_later__lte', 12)), name='payment_term_day_exists', violation_error_message='День — от 1 до 31, месяцев — не больше 12.'),
        ),
        migrations.AlterConstraint(
            model_name='paymentterm',
            name='payment_term_begins_with_a_month',
            constraint=models.CheckConstraint(condition=models.Q(('first_month__day', 1)), name='payment_term_begins_with_a_month', violation_error_message='Месяц хранится по первому числу.'),
        ),
        migrations.AlterConstraint(
            model_name='vatrate',
            name='vat_rate_is_a_percentage',
            constraint=models.CheckConstraint(condition=models.Q(('percent__lt', 100)), name='vat_rate_is_a_percentage', violation_error_message='Ставка — меньше ста процентов.'),
        ),
    ]
