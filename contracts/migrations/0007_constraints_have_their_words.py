"""Each constraint has a sentence for whoever breaks it: what the database holds stays as it is."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_constraints_have_their_words'),
        ('contracts', '0006_search'),
    ]

    operations = [
        migrations.AlterConstraint(
            model_name='contractlimit',
            name='contract_limit_once',
            constraint=models.UniqueConstraint(fields=('membership', 'contract'), name='contract_limit_once', violation_error_message='Этот договор уже в списке.'),
        ),
        migrations.AlterConstraint(
            model_name='contractlimit',
            name='contract_limit_role_is_known',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['', 'director', 'accountant', 'engineer', 'reader'])), name='contract_limit_role_is_known', violation_error_message='Выберите роль из списка.'),
        ),
        migrations.AlterConstraint(
            model_name='requestedcontract',
            name='requested_contract_once',
            constraint=models.UniqueConstraint(fields=('request', 'contract'), name='requested_contract_once', violation_error_message='Этот договор уже в заявке.'),
        ),
        migrations.AlterConstraint(
            model_name='requestedcontract',
            name='requested_contract_role_is_known',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['', 'director', 'accountant', 'engineer', 'reader'])), name='requested_contract_role_is_known', violation_error_message='Выберите роль из списка.'),
        ),
    ]
