import contracts.periods
import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from cabinet.append_only import append_only


def state_the_rule_for_all(apps, schema_editor):
    """What the law says where a contract says nothing else (ReadingRule)."""
    apps.get_model("meters", "ReadingRule").objects.create(
        opens_day=1,
        closes_day=1,
        closes_next_month=True,
        is_moved_by_holidays=False,
        times_more=2,
        times_less=2,
        asks_about_zero=True,
        asks_about_power=True,
        zones_tolerance=2,
        late_text=(
            "Если показаний нет вовремя, расход за месяц определяют расчётным способом. "
            "Переданные после срока показания мы всё равно примем и рассмотрим."
        ),
    )


class Migration(migrations.Migration):

    dependencies = [
        ('contracts', '0002_mailboxes_and_calendar'),
        ('meters', '0002_readings_are_append_only'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ActReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(max_length=64, unique=True, verbose_name='код в биллинге')),
                ('moment', models.CharField(choices=[('installed', 'при установке'), ('removed', 'при снятии')], max_length=10, verbose_name='когда')),
                ('value', models.DecimalField(decimal_places=3, max_digits=12, verbose_name='показание')),
            ],
            options={
                'verbose_name': 'показание по акту',
                'verbose_name_plural': 'показания по актам',
                'ordering': ['installation', 'register', 'moment'],
            },
        ),
        migrations.CreateModel(
            name='BillingAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(max_length=64, unique=True, verbose_name='код в биллинге')),
                ('state', models.CharField(choices=[('accepted', 'принято'), ('rejected', 'отклонено'), ('counted', 'учтено в счёте')], max_length=10, verbose_name='ответ')),
                ('reason', models.CharField(blank=True, max_length=300, verbose_name='причина')),
                ('answered_at', models.DateTimeField(verbose_name='когда')),
            ],
            options={
                'verbose_name': 'ответ биллинга',
                'verbose_name_plural': 'ответы биллинга',
                'ordering': ['-answered_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ReadingDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', contracts.periods.PeriodField(verbose_name='период')),
                ('form_key', models.UUIDField(default=uuid.uuid4, verbose_name='ключ формы')),
                ('typed', models.JSONField(default=dict, verbose_name='введено')),
                ('updated_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='сохранён')),
            ],
            options={
                'verbose_name': 'черновик показаний',
                'verbose_name_plural': 'черновики показаний',
                'ordering': ['-updated_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ReadingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opens_day', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31)], verbose_name='принимаются с числа расчётного месяца')),
                ('closes_day', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(31)], verbose_name='по число включительно')),
                ('closes_next_month', models.BooleanField(blank=True, null=True, verbose_name='последний день — в следующем месяце')),
                ('is_moved_by_holidays', models.BooleanField(blank=True, null=True, verbose_name='нерабочий последний день переносится вперёд')),
                ('time_zone', models.CharField(blank=True, choices=[('Europe/Kaliningrad', 'МСК−1, калининградское'), ('Europe/Moscow', 'МСК, московское'), ('Europe/Samara', 'МСК+1, самарское'), ('Asia/Yekaterinburg', 'МСК+2, екатеринбургское'), ('Asia/Omsk', 'МСК+3, омское'), ('Asia/Krasnoyarsk', 'МСК+4, красноярское'), ('Asia/Irkutsk', 'МСК+5, иркутское'), ('Asia/Yakutsk', 'МСК+6, якутское'), ('Asia/Vladivostok', 'МСК+7, владивостокское'), ('Asia/Magadan', 'МСК+8, магаданское'), ('Asia/Kamchatka', 'МСК+9, камчатское')], help_text='Пусто: часы поставщика.', max_length=40, verbose_name='часовой пояс')),
                ('late_text', models.TextField(blank=True, help_text='Клиент видит это, когда срок прошёл: например, как посчитают расход.', verbose_name='чем грозит опоздание')),
                ('times_more', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(Decimal('1.01'))], verbose_name='спросить, если расход больше обычного, раз')),
                ('times_less', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, validators=[django.core.validators.MinValueValidator(Decimal('1.01'))], verbose_name='спросить, если расход меньше обычного, раз')),
                ('asks_about_zero', models.BooleanField(blank=True, null=True, verbose_name='спросить, если расхода нет, а раньше был')),
                ('asks_about_power', models.BooleanField(blank=True, null=True, verbose_name='спросить, если расход больше максимальной мощности × часы')),
                ('zones_tolerance', models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))], verbose_name='сумма зон может отличаться от Σ, единиц последнего разряда табло')),
            ],
            options={
                'verbose_name': 'правило приёма показаний',
                'verbose_name_plural': 'правила приёма показаний',
                'ordering': [models.OrderBy(models.F('contract'), nulls_first=True), 'pk'],
            },
        ),
        # Until now a client was asked about one thing only: whether the display went through zero.
        migrations.RenameField('reading', 'is_confirmed', 'is_rollover'),
        migrations.AddField(
            model_name='installation',
            name='current_transformers_verified_until',
            field=models.DateField(blank=True, db_index=True, null=True, verbose_name='ТТ поверены до'),
        ),
        migrations.AddField(
            model_name='installation',
            name='voltage_transformers_verified_until',
            field=models.DateField(blank=True, db_index=True, null=True, verbose_name='ТН поверены до'),
        ),
        migrations.AddField(
            model_name='meter',
            name='verified_on',
            field=models.DateField(blank=True, null=True, verbose_name='поверен'),
        ),
        migrations.AddField(
            model_name='meteringpoint',
            name='losses_kwh',
            field=models.DecimalField(blank=True, decimal_places=3, max_digits=12, null=True, verbose_name='потери, кВт·ч в месяц'),
        ),
        migrations.AddField(
            model_name='meteringpoint',
            name='losses_percent',
            field=models.DecimalField(blank=True, decimal_places=3, help_text='Если счётчик стоит не на границе: сколько добавить к показанному, меньше нуля — вычесть. Либо в процентах, либо в кВт·ч за месяц.', max_digits=6, null=True, verbose_name='потери, %'),
        ),
        migrations.AddField(
            model_name='reading',
            name='doubts',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('less', 'меньше предыдущего'), ('zero', 'нулевой расход'), ('more', 'больше обычного'), ('little', 'меньше обычного'), ('power', 'больше максимальной мощности'), ('zones', 'зоны не сходятся с суммой')], max_length=10), blank=True, db_default=[], default=list, help_text='О чём переспросили: клиент ответил, что значение верное.', size=None, verbose_name='сомнения'),
        ),
        migrations.AddField(
            model_name='reading',
            name='explanation',
            field=models.CharField(blank=True, db_default='', max_length=300, verbose_name='объяснение клиента'),
        ),
        migrations.AlterField(
            model_name='reading',
            name='is_rollover',
            field=models.BooleanField(db_default=False, default=False, help_text='Значение меньше предыдущего, потому что табло прошло через ноль.', verbose_name='счётчик перешёл через ноль'),
        ),
        migrations.AddField(
            model_name='submission',
            name='correction_reason',
            field=models.CharField(blank=True, db_default='', help_text='Почему клиент заменил своё прежнее значение.', max_length=300, verbose_name='причина исправления'),
        ),
        migrations.AlterField(
            model_name='meter',
            name='verified_until',
            field=models.DateField(blank=True, db_index=True, null=True, verbose_name='поверен до'),
        ),
        migrations.AddConstraint(
            model_name='meteringpoint',
            constraint=models.CheckConstraint(condition=models.Q(('losses_percent__isnull', True), ('losses_kwh__isnull', True), _connector='OR'), name='point_losses_in_one_way', violation_error_message='Потери заданы либо в процентах, либо в кВт·ч.'),
        ),
        migrations.AddField(
            model_name='actreading',
            name='installation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='act_readings', to='meters.installation', verbose_name='установка'),
        ),
        migrations.AddField(
            model_name='actreading',
            name='register',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='act_readings', to='meters.register', verbose_name='шкала'),
        ),
        migrations.AddField(
            model_name='billinganswer',
            name='register',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='meters.register', verbose_name='шкала'),
        ),
        migrations.AddField(
            model_name='billinganswer',
            name='submission',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='meters.submission', verbose_name='передача'),
        ),
        migrations.AddField(
            model_name='readingdraft',
            name='author',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reading_drafts', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='readingdraft',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='reading_drafts', to='contracts.contract'),
        ),
        migrations.AddField(
            model_name='readingrule',
            name='contract',
            field=models.ForeignKey(blank=True, help_text='Пусто: правило для всех договоров без собственного.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='reading_rules', to='contracts.contract', verbose_name='договор'),
        ),
        migrations.AddConstraint(
            model_name='actreading',
            constraint=models.UniqueConstraint(fields=('installation', 'register', 'moment'), name='act_reading_once'),
        ),
        migrations.AddConstraint(
            model_name='actreading',
            constraint=models.CheckConstraint(condition=models.Q(('value__gte', 0)), name='act_reading_not_negative'),
        ),
        migrations.AddIndex(
            model_name='billinganswer',
            index=models.Index(fields=['submission', 'register', '-answered_at', '-id'], name='billing_answer_latest'),
        ),
        migrations.AddConstraint(
            model_name='billinganswer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'rejected'), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='rejection_has_a_reason', violation_error_message='У отказа должна быть причина.'),
        ),
        migrations.AddIndex(
            model_name='readingdraft',
            index=models.Index(fields=['updated_at'], name='reading_draft_age'),
        ),
        migrations.AddConstraint(
            model_name='readingdraft',
            constraint=models.UniqueConstraint(fields=('author', 'contract', 'period'), name='reading_draft_once'),
        ),
        migrations.AddConstraint(
            model_name='readingdraft',
            constraint=models.CheckConstraint(condition=models.Q(('period__day', 1)), name='reading_draft_period_is_a_month'),
        ),
        migrations.AddConstraint(
            model_name='readingrule',
            constraint=models.UniqueConstraint(fields=('contract',), name='one_reading_rule_of_a_contract', nulls_distinct=False, violation_error_message='Такое правило уже есть: измените его.'),
        ),
        migrations.AddConstraint(
            model_name='readingrule',
            constraint=models.CheckConstraint(condition=models.Q(('contract__isnull', False), models.Q(('asks_about_power__isnull', False), ('asks_about_zero__isnull', False), ('closes_day__isnull', False), ('closes_next_month__isnull', False), ('is_moved_by_holidays__isnull', False), ('opens_day__isnull', False), ('times_less__isnull', False), ('times_more__isnull', False), ('zones_tolerance__isnull', False)), _connector='OR'), name='reading_rule_for_all_is_complete', violation_error_message='В правиле для всех заполните каждое поле.'),
        ),
        migrations.AddConstraint(
            model_name='readingrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('opens_day__isnull', True), ('opens_day__range', (1, 31)), _connector='OR'), models.Q(('closes_day__isnull', True), ('closes_day__range', (1, 31)), _connector='OR')), name='reading_rule_days'),
        ),
        migrations.AddConstraint(
            model_name='readingrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('times_more__isnull', True), ('times_more__gt', 1), _connector='OR'), models.Q(('times_less__isnull', True), ('times_less__gt', 1), _connector='OR'), models.Q(('zones_tolerance__isnull', True), ('zones_tolerance__gte', 0), _connector='OR')), name='reading_rule_thresholds'),
        ),
        append_only("meters_billinganswer"),
        migrations.RunPython(state_the_rule_for_all, migrations.RunPython.noop),
    ]
