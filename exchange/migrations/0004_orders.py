import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# As it was, but whoever orders that an answer to the batch be taken need not wait until the
# transaction that brings answers is over: its order refers to the batch, and changes nothing of it.
COUNTED = """
    CREATE OR REPLACE FUNCTION exchange_count_answers() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE touched bigint[];
    BEGIN
        SELECT array_agg(DISTINCT outgoing.batch_id) INTO touched
        FROM answers
        JOIN meters_reading reading USING (submission_id, register_id)
        JOIN exchange_outgoingreading outgoing ON outgoing.reading_id = reading.id;
        IF touched IS NULL THEN
            RETURN NULL;
        END IF;
        PERFORM FROM exchange_outgoingbatch WHERE id = ANY(touched) ORDER BY id FOR {lock};
        UPDATE exchange_outgoingbatch batch SET answered = (
            SELECT count(*) FROM exchange_outgoingreading outgoing
            JOIN meters_reading reading ON reading.id = outgoing.reading_id
            WHERE outgoing.batch_id = batch.id AND EXISTS (
                SELECT FROM meters_billinganswer stored
                WHERE stored.submission_id = reading.submission_id
                  AND stored.register_id = reading.register_id)
        ) WHERE batch.id = ANY(touched);
        RETURN NULL;
    END $$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('exchange', '0003_undoing_meets_its_limits'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='OutgoingOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('deed', models.CharField(choices=[('make', 'выгрузить новые'), ('take', 'принять ответ')], max_length=10, verbose_name='что сделать')),
                ('kind', models.CharField(choices=[('readings', 'показания'), ('cases', 'обращения'), ('requests', 'запросы документов')], max_length=10, verbose_name='вид')),
                ('state', models.CharField(choices=[('waiting', 'ждёт очереди'), ('working', 'выполняется'), ('done', 'выполнено'), ('nothing', 'ничего нового'), ('refused', 'файл не принят'), ('failed', 'не выполнено')], default='waiting', max_length=10, verbose_name='состояние')),
                ('name', models.CharField(blank=True, max_length=255, verbose_name='файл')),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256')),
                ('path', models.CharField(blank=True, editable=False, max_length=200, verbose_name='где лежит')),
                ('ordered_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='когда поручено')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='окончено')),
                ('problems', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), blank=True, default=list, size=None, verbose_name='ошибки')),
                ('trouble', models.CharField(blank=True, max_length=300, verbose_name='почему не выполнено')),
                ('percent', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='готово, %')),
                ('stage', models.CharField(blank=True, max_length=100, verbose_name='чем занято')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='попыток')),
                ('batch', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='exchange.outgoingbatch', verbose_name='партия')),
                ('ordered_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='кто поручил')),
            ],
            options={
                'verbose_name': 'поручение выгрузки',
                'verbose_name_plural': 'поручения выгрузки',
                'ordering': ['-pk'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('deed', 'make'), ('state__in', ('waiting', 'working'))), fields=('kind',), name='outgoing_order_makes_one_at_a_time'), models.UniqueConstraint(condition=models.Q(('deed', 'take'), ('state__in', ('waiting', 'working'))), fields=('batch',), name='outgoing_order_takes_one_at_a_time'), models.UniqueConstraint(condition=models.Q(('deed', 'make')), fields=('batch',), name='outgoing_order_made_the_batch'), models.CheckConstraint(condition=models.Q(models.Q(('batch__isnull', False), ('deed', 'take')), models.Q(('batch__isnull', False), ('deed', 'make'), ('state', 'done')), models.Q(('batch__isnull', True), ('deed', 'make'), models.Q(('state', 'done'), _negated=True)), _connector='OR'), name='outgoing_order_has_its_batch'), models.CheckConstraint(condition=models.Q(('path', ''), models.Q(('deed', 'take'), ('state__in', ('waiting', 'working', 'failed'))), _connector='OR'), name='outgoing_order_file_is_needed'), models.CheckConstraint(condition=models.Q(('deed', 'take'), ('path', ''), ('state__in', ('waiting', 'working')), _negated=True), name='outgoing_order_has_its_file'), models.CheckConstraint(condition=models.Q(models.Q(('finished_at__isnull', True), ('state__in', ('waiting', 'working'))), models.Q(models.Q(('state__in', ('waiting', 'working')), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='outgoing_order_ends_at_a_moment'), models.CheckConstraint(condition=models.Q(models.Q(('deed', 'take'), ('state', 'refused')), ('problems', []), _connector='XOR'), name='outgoing_order_refused_says_why'), models.CheckConstraint(condition=models.Q(('percent__isnull', True), ('percent__lte', 100), _connector='OR'), name='outgoing_order_percent')],
            },
        ),
        migrations.RunSQL(COUNTED.format(lock="NO KEY UPDATE"), COUNTED.format(lock="UPDATE")),
    ]
