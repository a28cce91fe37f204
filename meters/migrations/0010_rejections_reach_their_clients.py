import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import contracts.periods
from cabinet.append_only import written_by_trigger

# A rejection waits for its letter from the moment of its own COMMIT. With the owner's right: a
# release that does not know the table yet may bring answers too.
NOTED = """
    CREATE FUNCTION meters_note_rejections() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
    BEGIN
        IF NOT EXISTS (SELECT FROM added WHERE state = 'rejected') THEN
            RETURN NULL;
        END IF;
        INSERT INTO public.meters_rejection (answer_id, reading_id, contract_id, period, noted_at)
        SELECT DISTINCT ON (added.id)
               added.id, reading.id, reading.contract_id, reading.period, clock.noted_at
        FROM (SELECT clock_timestamp() AS noted_at) AS clock, added
        JOIN public.meters_reading reading
            ON reading.submission_id = added.submission_id
           AND reading.register_id = added.register_id
        WHERE added.state = 'rejected'
        ORDER BY added.id, reading.id DESC;
        RETURN NULL;
    END $$;
    CREATE TRIGGER meters_note_rejections AFTER INSERT ON meters_billinganswer
        REFERENCING NEW TABLE AS added
        FOR EACH STATEMENT EXECUTE FUNCTION meters_note_rejections();
"""
NOT_NOTED = """
    DROP TRIGGER meters_note_rejections ON meters_billinganswer;
    DROP FUNCTION meters_note_rejections();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0011_constraints_have_their_words'),
        ('contracts', '0007_constraints_have_their_words'),
        ('meters', '0009_constraints_have_their_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Rejection',
            fields=[
                ('answer', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='rejection', serialize=False, to='meters.billinganswer', verbose_name='ответ биллинга')),
                ('period', contracts.periods.PeriodField(verbose_name='период')),
                ('noted_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='замечено')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='решено')),
                ('contract', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contracts.contract', verbose_name='договор')),
                ('reading', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='rejections', to='meters.reading', verbose_name='показание')),
            ],
            options={
                'verbose_name': 'отклонённое показание',
                'verbose_name_plural': 'отклонённые показания',
                'ordering': ['-period', '-pk'],
                'indexes': [
                    models.Index(fields=['contract', '-period'], name='rejection_of_contract'),
                    models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['contract', 'noted_at'], name='rejection_waiting'),
                ],
                'constraints': [models.CheckConstraint(condition=models.Q(('period__day', 1)), name='rejection_period_is_a_month', violation_error_message='Месяц хранится по первому числу.')],
            },
        ),
        migrations.CreateModel(
            name='RejectionLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('told_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='когда')),
                ('answer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='meters.billinganswer', verbose_name='ответ биллинга')),
                ('letter', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.letter', verbose_name='письмо')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rejection_letters', to=settings.AUTH_USER_MODEL, verbose_name='кому')),
            ],
            options={
                'verbose_name': 'письмо об отказе биллинга',
                'verbose_name_plural': 'письма об отказе биллинга',
                'ordering': ['-told_at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('answer', 'user'), name='told_of_a_rejection_once', violation_error_message='Этому человеку об отказе уже написали.')],
            },
        ),
        written_by_trigger('meters_rejection'),
        migrations.RunSQL(NOTED, NOT_NOTED),
    ]
