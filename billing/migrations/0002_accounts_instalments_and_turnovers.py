"""Accounts of the ledger, totals of its months, terms of payment.

What was booked before is a charge of the main debt or a payment of it.
"""

import contracts.periods
import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.db import migrations, models


# What an entry moves is added to its month, or taken from it, in the same transaction.
KEEP_TOTALS = """
CREATE FUNCTION billing_keep_month_totals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        UPDATE billing_monthturnover AS total
           SET entries = total.entries - gone.entries,
               charged = total.charged - gone.charged,
               paid = total.paid - gone.paid
          FROM (SELECT contract_id, account, date_trunc('month', booked_on)::date AS month,
                       count(*) AS entries, sum(charged) AS charged, sum(paid) AS paid
                  FROM old_rows GROUP BY 1, 2, 3) AS gone
         WHERE total.contract_id = gone.contract_id
           AND total.account = gone.account AND total.month = gone.month;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO billing_monthturnover AS total
                    (contract_id, account, month, entries, charged, paid)
        SELECT contract_id, account, date_trunc('month', booked_on)::date,
               count(*), sum(charged), sum(paid)
          FROM new_rows GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
            ON CONFLICT (contract_id, account, month) DO UPDATE
           SET entries = total.entries + excluded.entries,
               charged = total.charged + excluded.charged,
               paid = total.paid + excluded.paid;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM billing_monthturnover AS total
         USING (SELECT DISTINCT contract_id, account, date_trunc('month', booked_on)::date AS month
                  FROM old_rows) AS touched
         WHERE total.contract_id = touched.contract_id
           AND total.account = touched.account AND total.month = touched.month
           AND total.entries = 0;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER billing_ledgerentry_added AFTER INSERT ON billing_ledgerentry
    REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION billing_keep_month_totals();
CREATE TRIGGER billing_ledgerentry_changed AFTER UPDATE ON billing_ledgerentry
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION billing_keep_month_totals();
CREATE TRIGGER billing_ledgerentry_removed AFTER DELETE ON billing_ledgerentry
    REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION billing_keep_month_totals();
INSERT INTO billing_monthturnover (contract_id, account, month, entries, charged, paid)
SELECT contract_id, account, date_trunc('month', booked_on)::date, count(*), sum(charged), sum(paid)
  FROM billing_ledgerentry GROUP BY 1, 2, 3;
"""
FORGET_TOTALS = """
DROP TRIGGER billing_ledgerentry_added ON billing_ledgerentry;
DROP TRIGGER billing_ledgerentry_changed ON billing_ledgerentry;
DROP TRIGGER billing_ledgerentry_removed ON billing_ledgerentry;
DROP FUNCTION billing_keep_month_totals();
"""

# Rows of one contract are looked at together, when the transaction ends.
LIMIT_SHARES = """
CREATE FUNCTION billing_limit_shares() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(share_percent) FROM billing_paymentterm
         WHERE contract_id IS NOT DISTINCT FROM NEW.contract_id) > 100 THEN
        RAISE EXCEPTION 'shares of one contract are more than 100 %%'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_term_shares_are_a_whole';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER billing_paymentterm_shares AFTER INSERT OR UPDATE ON billing_paymentterm
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION billing_limit_shares();
"""
FREE_SHARES = """
DROP TRIGGER billing_paymentterm_shares ON billing_paymentterm;
DROP FUNCTION billing_limit_shares();
"""


def add_terms_of_the_law(apps, schema_editor):
    """ПП РФ № 442, п. 82: what holds until the office says otherwise."""
    term = apps.get_model("billing", "PaymentTerm")
    term.objects.bulk_create(
        [
            term(order=1, share_percent=Decimal(30), due_day=10, months_later=0),
            term(order=2, share_percent=Decimal(40), due_day=25, months_later=0),
            term(order=3, share_percent=None, due_day=18, months_later=1),
        ]
    )


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0001_initial'),
        ('contracts', '0002_mailboxes_and_calendar'),
        ('documents', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Instalment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(max_length=64, unique=True, verbose_name='код в биллинге')),
                ('period', contracts.periods.PeriodField(verbose_name='период')),
                ('order', models.PositiveSmallIntegerField(verbose_name='порядок')),
                ('share_percent', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, verbose_name='доля, %')),
                ('due_on', models.DateField(verbose_name='срок')),
                ('amount', models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name='сумма, ₽')),
                ('base_amount', models.DecimalField(blank=True, decimal_places=2, max_digits=15, null=True, verbose_name='плановая стоимость месяца, ₽')),
            ],
            options={
                'verbose_name': 'платёж месяца',
                'verbose_name_plural': 'платежи по месяцам',
                'ordering': ['contract', 'period', 'order'],
            },
        ),
        migrations.CreateModel(
            name='MonthTurnover',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.CharField(choices=[('main', 'основной долг'), ('advance', 'авансы'), ('late_fee', 'пени')], max_length=10, verbose_name='расчёты')),
                ('month', contracts.periods.PeriodField(verbose_name='месяц')),
                ('entries', models.PositiveIntegerField(verbose_name='записей')),
                ('charged', models.DecimalField(decimal_places=2, max_digits=18, verbose_name='начислено, ₽')),
                ('paid', models.DecimalField(decimal_places=2, max_digits=18, verbose_name='оплачено, ₽')),
            ],
            options={
                'verbose_name': 'оборот за месяц',
                'verbose_name_plural': 'обороты по месяцам',
                'ordering': ['contract', 'account', 'month'],
            },
        ),
        migrations.CreateModel(
            name='PaymentTerm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('order', models.PositiveSmallIntegerField(verbose_name='порядок')),
                ('share_percent', models.DecimalField(blank=True, decimal_places=2, help_text='От плановой стоимости месяца. Пусто: остаток по итоговому счёту.', max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0.01')), django.core.validators.MaxValueValidator(100)], verbose_name='доля, %')),
                ('due_day', models.PositiveSmallIntegerField(help_text='В коротком месяце — его последний день.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31)], verbose_name='не позднее дня')),
                ('months_later', models.PositiveSmallIntegerField(default=0, help_text='0 — в том же месяце, 1 — в следующем.', verbose_name='через месяцев')),
            ],
            options={
                'verbose_name': 'срок оплаты',
                'verbose_name_plural': 'сроки оплаты',
                'ordering': ['contract', 'order', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='BalanceDifference',
            fields=[
            ],
            options={
                'verbose_name': 'расхождение сальдо',
                'verbose_name_plural': 'расхождения сальдо',
                'ordering': ['contract__number', 'account', 'pk'],
                'proxy': True,
                'indexes': [],
                'constraints': [],
            },
            bases=('billing.balance',),
        ),
        migrations.RemoveConstraint(
            model_name='ledgerentry',
            name='ledger_amount_positive',
        ),
        migrations.RemoveConstraint(
            model_name='ledgerentry',
            name='ledger_entry_once',
        ),
        migrations.RemoveIndex(
            model_name='balance',
            name='balance_latest',
        ),
        migrations.AddField(
            model_name='balance',
            name='account',
            field=models.CharField(choices=[('main', 'основной долг'), ('advance', 'авансы'), ('late_fee', 'пени')], default='main', max_length=10, verbose_name='расчёты'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='account',
            field=models.CharField(choices=[('main', 'основной долг'), ('advance', 'авансы'), ('late_fee', 'пени')], default='main', max_length=10, verbose_name='расчёты'),
        ),
        migrations.AlterField(
            model_name='ledgerentry',
            name='kind',
            field=models.CharField(choices=[('charge', 'начисление'), ('payment', 'оплата'), ('correction', 'корректировка'), ('late_fee', 'пени'), ('advance', 'аванс'), ('offset', 'зачёт аванса')], max_length=10, verbose_name='вид'),
        ),
        migrations.AddField(
            model_name='instalment',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='instalments', to='contracts.contract', verbose_name='договор'),
        ),
        migrations.AddField(
            model_name='instalment',
            name='document',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='instalments', to='documents.document', verbose_name='счёт'),
        ),
        migrations.AddField(
            model_name='monthturnover',
            name='contract',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='month_turnovers', to='contracts.contract', verbose_name='договор'),
        ),
        migrations.AddField(
            model_name='paymentterm',
            name='contract',
            field=models.ForeignKey(blank=True, help_text='Пусто: для всех договоров, у которых своих сроков нет.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='payment_terms', to='contracts.contract', verbose_name='договор'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='charged',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('kind__in', ('payment', 'advance')), models.Q(('account', 'main'), ('kind', 'offset')), _connector='OR'), models.Value(Decimal('0'))), default=models.F('amount')), output_field=models.DecimalField(decimal_places=2, max_digits=15), verbose_name='начислено, ₽'),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='paid',
            field=models.GeneratedField(db_persist=True, expression=models.Case(models.When(models.Q(('kind__in', ('payment', 'advance')), models.Q(('account', 'main'), ('kind', 'offset')), _connector='OR'), models.F('amount')), default=models.Value(Decimal('0'))), output_field=models.DecimalField(decimal_places=2, max_digits=15), verbose_name='оплачено, ₽'),
        ),
        migrations.AddIndex(
            model_name='balance',
            index=models.Index(fields=['contract', 'account', '-as_of', '-id'], name='balance_latest'),
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(fields=['contract', 'account', 'booked_on'], include=('charged', 'paid'), name='ledger_sums'),
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(condition=models.Q(('account', 'main'), ('kind__in', ('charge', 'correction'))), fields=['contract', 'period'], include=('kind', 'amount'), name='ledger_charged_for'),
        ),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(condition=models.Q(('account', 'advance'), ('kind', 'offset')), fields=['contract', 'booked_on'], include=('amount',), name='ledger_offsets'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0), models.Q(('kind', 'correction'), models.Q(('amount', 0), _negated=True)), _connector='OR'), name='ledger_amount_has_its_sign'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.CheckConstraint(condition=models.Q(('kind', 'correction'), models.Q(('account', 'main'), ('kind', 'charge')), models.Q(('account__in', ('main', 'late_fee')), ('kind', 'payment')), models.Q(('account', 'late_fee'), ('kind', 'late_fee')), models.Q(('account', 'advance'), ('kind', 'advance')), models.Q(('account__in', ('main', 'advance')), ('kind', 'offset')), _connector='OR'), name='ledger_kind_has_its_account'),
        ),
        migrations.AddConstraint(
            model_name='ledgerentry',
            constraint=models.UniqueConstraint(fields=('contract', 'account', 'kind', 'number', 'booked_on'), name='ledger_entry_once'),
        ),
        migrations.AddConstraint(
            model_name='instalment',
            constraint=models.UniqueConstraint(fields=('contract', 'period', 'order'), name='instalment_once'),
        ),
        migrations.AddConstraint(
            model_name='instalment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('amount__gte', 0), ('amount__isnull', False)), models.Q(('amount__isnull', True), ('share_percent__isnull', True)), _connector='OR'), name='instalment_has_a_sum'),
        ),
        migrations.AddConstraint(
            model_name='instalment',
            constraint=models.CheckConstraint(condition=models.Q(('share_percent__isnull', True), models.Q(('share_percent__gt', 0), ('share_percent__lte', 100)), _connector='OR'), name='instalment_share_is_a_part'),
        ),
        migrations.AddConstraint(
            model_name='instalment',
            constraint=models.CheckConstraint(condition=models.Q(('period__day', 1)), name='instalment_period_is_a_month'),
        ),
        migrations.AddConstraint(
            model_name='monthturnover',
            constraint=models.UniqueConstraint(fields=('contract', 'account', 'month'), name='turnover_of_a_month_once'),
        ),
        migrations.AddConstraint(
            model_name='monthturnover',
            constraint=models.CheckConstraint(condition=models.Q(('month__day', 1)), name='turnover_month_is_a_month'),
        ),
        migrations.AddConstraint(
            model_name='paymentterm',
            constraint=models.UniqueConstraint(fields=('contract', 'order'), name='payment_term_once', nulls_distinct=False, violation_error_message='Срок с таким порядком уже есть.'),
        ),
        migrations.AddConstraint(
            model_name='paymentterm',
            constraint=models.UniqueConstraint(condition=models.Q(('share_percent__isnull', True)), fields=('contract',), name='payment_term_one_rest', nulls_distinct=False, violation_error_message='Остаток может быть только один.'),
        ),
        migrations.AddConstraint(
            model_name='paymentterm',
            constraint=models.CheckConstraint(condition=models.Q(('share_percent__isnull', True), models.Q(('share_percent__gt', 0), ('share_percent__lte', 100)), _connector='OR'), name='payment_term_share_is_a_part'),
        ),
        migrations.AddConstraint(
            model_name='paymentterm',
            constraint=models.CheckConstraint(condition=models.Q(('due_day__range', (1, 31)), ('months_later__lte', 12)), name='payment_term_day_exists'),
        ),
        migrations.RunSQL(KEEP_TOTALS, FORGET_TOTALS),
        # Before the trigger: its pending events would forbid the indexes that follow.
        migrations.RunPython(add_terms_of_the_law, migrations.RunPython.noop),
        migrations.RunSQL(LIMIT_SHARES, FREE_SHARES),
    ]
