from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_notification_choices"),
        ("contracts", "0002_mailboxes_and_calendar"),
    ]

    operations = [
        migrations.AddField(
            model_name="contractlimit",
            name="role",
            field=models.CharField(
                blank=True,
                choices=[
                    ("director", "руководитель"),
                    ("accountant", "бухгалтер"),
                    ("engineer", "энергетик"),
                    ("reader", "только просмотр"),
                ],
                db_default="",
                default="",
                help_text="Пусто: роль, которая указана в доступе.",
                max_length=20,
                verbose_name="роль по договору",
            ),
        ),
        migrations.AddConstraint(
            model_name="contractlimit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("role__in", ["", "director", "accountant", "engineer", "reader"])
                ),
                name="contract_limit_role_is_known",
            ),
        ),
    ]
