import contracts.periods
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


# Billing's latest word about a value that nothing has replaced: what the pages tell of, and what
# the statements that count readings leave out.
STANDING = """
    CREATE VIEW meters_standing_rejection AS
    SELECT rejection.answer_id, rejection.contract_id, rejection.period,
           reading.point_id, reading.register_id
    FROM meters_rejection rejection
    JOIN meters_reading reading ON reading.id = rejection.reading_id
    JOIN meters_billinganswer answer ON answer.id = rejection.answer_id
    WHERE NOT EXISTS (
        SELECT FROM meters_billinganswer later
        WHERE later.submission_id = answer.submission_id
              AND later.register_id = answer.register_id
              AND (later.answered_at, later.id) > (answer.answered_at, answer.id)
    ) AND NOT EXISTS (
        SELECT FROM meters_reading later
        WHERE later.contract_id = rejection.contract_id AND later.period = rejection.period
              AND later.point_id = reading.point_id AND later.register_id = reading.register_id
              AND (later.received_at, later.id) > (reading.received_at, reading.id)
    );
"""


class Migration(migrations.Migration):

    dependencies = [
        ('meters', '0012_numbers_and_days_change_hands'),
    ]

    operations = [
        migrations.RunSQL(STANDING, "DROP VIEW meters_standing_rejection"),
        migrations.CreateModel(
            name='StandingRejection',
            fields=[
                ('answer', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='+', serialize=False, to='meters.billinganswer')),
                ('period', contracts.periods.PeriodField(verbose_name='период')),
            ],
            options={
                'verbose_name': 'отклонённое и не заменённое показание',
                'verbose_name_plural': 'отклонённые и не заменённые показания',
                'db_table': 'meters_standing_rejection',
                'ordering': ['-period', '-pk'],
                'managed': False,
            },
        ),
        migrations.AlterField(
            model_name='reading',
            name='doubts',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('less', 'меньше предыдущего'), ('zero', 'нулевой расход'), ('more', 'больше обычного'), ('little', 'меньше обычного'), ('power', 'больше максимальной мощности'), ('zones', 'зоны не сходятся с суммой'), ('rejected', 'отклонено биллингом')], max_length=10), blank=True, db_default=[], default=list, help_text='О чём переспросили: клиент ответил, что значение верное.', size=None, verbose_name='сомнения'),
        ),
    ]
