import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

# Rows that only an import has added may go again while it is being undone, and by nothing else: not
# what a client has handed in (it has a submission), nor what another import brought. The triggers
# themselves stay where they were; their functions learn the one exception.
MAY_BE_UNDONE = """
CREATE FUNCTION exchange_is_being_undone(of_table text, row_id bigint) RETURNS boolean
    LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM exchange_addedrows AS added
          JOIN exchange_import AS import ON import.id = added.attempt_id
         WHERE added."table" = of_table AND row_id BETWEEN added.first_id AND added.last_id
           AND import.state = 'undoing')
$$;
"""
NO_LONGER = "DROP FUNCTION exchange_is_being_undone(text, bigint);"


def append_only_but_undone(table, name):
    """The function of `cabinet.append_only`, with the exception and as it was."""
    function = """
        CREATE OR REPLACE FUNCTION {table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            {exception}
            RAISE EXCEPTION 'rows of {table} are only added, never changed or deleted'
                USING ERRCODE = 'restrict_violation';
        END $$;
    """
    exception = (
        f"IF TG_OP = 'DELETE' AND exchange_is_being_undone('{name}', OLD.id)"
        " THEN RETURN OLD; END IF;"
    )
    return migrations.RunSQL(
        function.format(table=table, exception=exception),
        function.format(table=table, exception=""),
    )


DOCUMENT_IS_KEPT = """
    CREATE OR REPLACE FUNCTION documents_document_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        {exception}
        RAISE EXCEPTION 'a published document, and the contract and the PDF of any, never change'
            USING ERRCODE = 'restrict_violation', TABLE = 'documents_document';
    END $$;
"""
DOCUMENT_MAY_BE_UNDONE = (
    "IF TG_OP = 'DELETE' AND exchange_is_being_undone('documents', OLD.id)"
    " THEN RETURN OLD; END IF;"
)


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('documents', '0004_made_papers_are_kept'),
        ('meters', '0007_readings_that_count_stand_in_their_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Import',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(choices=[('command', 'команда'), ('upload', 'загрузка в офисе'), ('folder', 'папка обмена')], max_length=10, verbose_name='откуда')),
                ('state', models.CharField(choices=[('checking', 'проверяется'), ('checked', 'проверен'), ('applying', 'загружается'), ('applied', 'загружен'), ('refused', 'отклонён'), ('failed', 'прерван'), ('undoing', 'отменяется'), ('undone', 'отменён')], default='checking', max_length=10, verbose_name='состояние')),
                ('name', models.CharField(max_length=255, verbose_name='пакет')),
                ('path', models.CharField(blank=True, editable=False, max_length=200, verbose_name='файл')),
                ('version', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='версия формата')),
                ('day', models.DateField(blank=True, null=True, verbose_name='день пакета')),
                ('as_of', models.DateTimeField(blank=True, null=True, verbose_name='данные на')),
                ('sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 описи')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='получен')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='загружен')),
                ('undone_at', models.DateTimeField(blank=True, null=True, verbose_name='отменён')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='окончен')),
                ('counts', models.JSONField(blank=True, default=dict, verbose_name='строки')),
                ('samples', models.JSONField(blank=True, default=dict, verbose_name='примеры')),
                ('has_changed', models.BooleanField(default=False, verbose_name='что-то изменил')),
                ('refused_rows', models.PositiveIntegerField(default=0, verbose_name='отклонено строк')),
                ('trouble', models.TextField(blank=True, verbose_name='почему')),
                ('percent', models.PositiveSmallIntegerField(default=0, verbose_name='готово, %')),
                ('stage', models.CharField(blank=True, max_length=100, verbose_name='чем занят')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='попыток')),
                ('leased_until', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='занят до')),
                ('applied_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='кто загрузил')),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='кто передал')),
                ('undone_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='кто отменил')),
            ],
            options={
                'verbose_name': 'загрузка данных',
                'verbose_name_plural': 'загрузки данных',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='ChangedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=30)),
                ('row_id', models.BigIntegerField()),
                ('key', models.CharField(max_length=100)),
                ('before', models.JSONField()),
                ('after', models.JSONField()),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='changed', to='exchange.import')),
            ],
            options={
                'verbose_name': 'изменённая строка',
                'verbose_name_plural': 'изменённые строки',
                'ordering': ['attempt', 'table', 'row_id'],
            },
        ),
        migrations.CreateModel(
            name='AddedRows',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=30)),
                ('first_id', models.BigIntegerField()),
                ('last_id', models.BigIntegerField()),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='added', to='exchange.import')),
            ],
            options={
                'verbose_name': 'добавленные строки',
                'verbose_name_plural': 'добавленные строки',
                'ordering': ['attempt', 'table', 'first_id'],
            },
        ),
        migrations.CreateModel(
            name='RefusedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('table', models.CharField(max_length=30, verbose_name='таблица')),
                ('row', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='строка')),
                ('column', models.CharField(blank=True, max_length=60, verbose_name='столбец')),
                ('key', models.CharField(blank=True, max_length=100, verbose_name='код')),
                ('reason', models.CharField(max_length=500, verbose_name='причина')),
                ('cells', models.JSONField(blank=True, default=list, verbose_name='как пришла')),
                ('attempt', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='refusals', to='exchange.import', verbose_name='загрузка')),
            ],
            options={
                'verbose_name': 'отклонённая строка',
                'verbose_name_plural': 'отклонённые строки',
                'ordering': ['attempt', 'pk'],
            },
        ),
        migrations.AddIndex(
            model_name='import',
            index=models.Index(condition=models.Q(('state', 'applied')), fields=['-applied_at', '-id'], name='import_applied'),
        ),
        migrations.AddIndex(
            model_name='import',
            index=models.Index(condition=models.Q(('state__in', ('checking', 'applying', 'undoing'))), fields=['leased_until'], name='import_working'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ('applied', 'undoing', 'undone')), _negated=True), models.Q(('applied_at__isnull', False), ('as_of__isnull', False), ('version__isnull', False)), _connector='OR'), name='import_applied_has_its_moments'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'undone'), _negated=True), ('undone_at__isnull', False), _connector='OR'), name='import_undone_has_its_moment'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(('path', ''), ('source', 'upload'), _connector='OR'), name='import_file_was_uploaded'),
        ),
        migrations.AddConstraint(
            model_name='import',
            constraint=models.CheckConstraint(condition=models.Q(('percent__lte', 100)), name='import_percent'),
        ),
        migrations.AddConstraint(
            model_name='changedrow',
            constraint=models.UniqueConstraint(fields=('attempt', 'table', 'row_id'), name='changed_row_once'),
        ),
        migrations.AddIndex(
            model_name='addedrows',
            index=models.Index(fields=['table', 'first_id', 'last_id'], name='added_rows_by_id'),
        ),
        migrations.AddConstraint(
            model_name='addedrows',
            constraint=models.CheckConstraint(condition=models.Q(('last_id__gte', models.F('first_id'))), name='added_rows_in_order'),
        ),
        migrations.AddIndex(
            model_name='refusedrow',
            index=models.Index(fields=['attempt', 'table', 'id'], name='refused_row_by_table'),
        ),
        migrations.RunSQL(MAY_BE_UNDONE, NO_LONGER),
        append_only_but_undone('meters_reading', 'readings'),
        append_only_but_undone('meters_billinganswer', 'reading_answers'),
        migrations.RunSQL(
            DOCUMENT_IS_KEPT.format(exception=DOCUMENT_MAY_BE_UNDONE),
            DOCUMENT_IS_KEPT.format(exception=''),
        ),
    ]
