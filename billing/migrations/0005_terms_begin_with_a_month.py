"""Terms of payment begin with a month: those that are there hold from the beginning.

The previous release goes on: it neither reads the column nor writes it.
"""

import contracts.periods
from django.db import migrations, models

# Rows of one set are looked at together, when the transaction ends.
LIMIT_SHARES = """
CREATE OR REPLACE FUNCTION billing_limit_shares() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(share_percent) FROM billing_paymentterm
         WHERE contract_id IS NOT DISTINCT FROM NEW.contract_id
           AND first_month IS NOT DISTINCT FROM NEW.first_month) > 100 THEN
        RAISE EXCEPTION 'shares of one set of terms are more than 100 %%'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_term_shares_are_a_whole';
    END IF;
    RETURN NULL;
END $$;
"""
LIMIT_SHARES_OF_A_CONTRACT = """
CREATE OR REPLACE FUNCTION billing_limit_shares() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(share_percent) FROM billing_paymentterm
         WHERE contract_id IS NOT DISTINCT FROM NEW.contract_id) > 100 THEN
        RAISE EXCEPTION 'shares of one contract are more than 100 %%'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'payment_term_shares_are_a_whole';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):

    dependencies = [("billing", "0004_offsets_need_no_index")]

    operations = [
        migrations.AddField(
            model_name="paymentterm",
            name="first_month",
            field=contracts.periods.PeriodField(
                blank=True,
                help_text="Пусто: с самого начала. Сроки прежних месяцев остаются прежними.",
                null=True,
                verbose_name="с расчётного месяца",
            ),
        ),
        migrations.AlterModelOptions(
            name="paymentterm",
            options={
                "ordering": [
                    "contract",
                    models.OrderBy(models.F("first_month"), nulls_first=True),
                    "order",
                    "pk",
                ],
                "verbose_name": "срок оплаты",
                "verbose_name_plural": "сроки оплаты",
            },
        ),
        migrations.RemoveConstraint(model_name="paymentterm", name="payment_term_once"),
        migrations.AddConstraint(
            model_name="paymentterm",
            constraint=models.UniqueConstraint(
                fields=["contract", "first_month", "order"],
                name="payment_term_once",
                nulls_distinct=False,
                violation_error_message="Срок с таким порядком уже есть.",
            ),
        ),
        migrations.RemoveConstraint(model_name="paymentterm", name="payment_term_one_rest"),
        migrations.AddConstraint(
            model_name="paymentterm",
            constraint=models.UniqueConstraint(
                fields=["contract", "first_month"],
                condition=models.Q(share_percent__isnull=True),
                name="payment_term_one_rest",
                nulls_distinct=False,
                violation_error_message="Остаток может быть только один.",
            ),
        ),
        migrations.AddConstraint(
            model_name="paymentterm",
            constraint=models.CheckConstraint(
                condition=models.Q(first_month__day=1), name="payment_term_begins_with_a_month"
            ),
        ),
        migrations.RunSQL(LIMIT_SHARES, LIMIT_SHARES_OF_A_CONTRACT),
    ]
