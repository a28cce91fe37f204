import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.datetime
import django.db.models.functions.text
import uuid
from decimal import Decimal
from django.conf import settings
from django.contrib.postgres.operations import BtreeGinExtension, TrigramExtension
from django.db import migrations, models

from cabinet.append_only import append_only


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_trail_of_letters'),
        ('contracts', '0002_mailboxes_and_calendar'),
        ('documents', '0002_published_papers'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Part of a number is found within a contract by one index (gin_trgm_ops beside its id).
        TrigramExtension(),
        BtreeGinExtension(),
        migrations.CreateModel(
            name='Acknowledgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=255, verbose_name='имя и должность')),
                ('ip', models.GenericIPAddressField(blank=True, null=True, verbose_name='IP-адрес')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='когда')),
            ],
            options={
                'verbose_name': 'ознакомление с уведомлением',
                'verbose_name_plural': 'ознакомления с уведомлениями',
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Announcement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='замечен')),
                ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='решено')),
            ],
            options={
                'verbose_name': 'сообщение о документе',
                'verbose_name_plural': 'сообщения о документах',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Bundle',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True, verbose_name='ключ')),
                ('title', models.CharField(max_length=200, verbose_name='что')),
                ('came_from', models.CharField(editable=False, max_length=500, verbose_name='с какой страницы')),
                ('state', models.CharField(choices=[('queued', 'ждёт очереди'), ('making', 'собирается'), ('ready', 'готов'), ('failed', 'не получился'), ('cancelled', 'отменён'), ('expired', 'удалён')], default='queued', max_length=10, verbose_name='состояние')),
                ('total', models.PositiveIntegerField(verbose_name='документов')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='готово')),
                ('missing', models.PositiveIntegerField(default=0, verbose_name='не вошло')),
                ('trouble', models.CharField(blank=True, max_length=200, verbose_name='почему не получился')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='попыток')),
                ('leased_until', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='занят до')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='заказан')),
                ('ready_at', models.DateTimeField(blank=True, null=True, verbose_name='собран')),
                ('expires_at', models.DateTimeField(blank=True, null=True, verbose_name='хранится до')),
                ('path', models.CharField(blank=True, editable=False, max_length=200, verbose_name='файл')),
                ('size', models.PositiveBigIntegerField(blank=True, null=True, verbose_name='размер, байт')),
                ('sha256', models.CharField(blank=True, editable=False, max_length=64, verbose_name='SHA-256')),
            ],
            options={
                'verbose_name': 'архив документов',
                'verbose_name_plural': 'архивы документов',
                'ordering': ['-created_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='NoticeDispatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(max_length=64, unique=True, verbose_name='код в биллинге')),
                ('channel', models.CharField(choices=[('email', 'электронная почта'), ('sms', 'СМС'), ('post', 'заказное письмо'), ('hand', 'вручено под подпись'), ('bill', 'в составе счёта'), ('cabinet', 'личный кабинет')], max_length=10, verbose_name='способ')),
                ('address', models.CharField(blank=True, max_length=254, verbose_name='куда')),
                ('sent_at', models.DateTimeField(verbose_name='отправлено')),
                ('text_sha256', models.CharField(blank=True, max_length=64, verbose_name='SHA-256 текста')),
            ],
            options={
                'verbose_name': 'отправка уведомления',
                'verbose_name_plural': 'отправки уведомлений',
                'ordering': ['sent_at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='NoticeWithdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(max_length=64, unique=True, verbose_name='код в биллинге')),
                ('reason', models.CharField(choices=[('paid', 'долг погашен'), ('withdrawn', 'отозвано')], max_length=10, verbose_name='причина')),
                ('withdrawn_at', models.DateTimeField(verbose_name='снято')),
            ],
            options={
                'verbose_name': 'снятие уведомления',
                'verbose_name_plural': 'снятия уведомлений',
                'ordering': ['-withdrawn_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Opening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('means', models.CharField(choices=[('opened', 'открыт в браузере'), ('saved', 'сохранён на компьютер'), ('bundled', 'скачан в архиве ZIP')], max_length=10, verbose_name='как')),
                ('is_office', models.BooleanField(default=False, verbose_name='из офиса')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), verbose_name='когда')),
            ],
            options={
                'verbose_name': 'открытие документа',
                'verbose_name_plural': 'открытия документов',
                'ordering': ['-at', '-pk'],
            },
        ),
        migrations.AlterModelOptions(
            name='document',
            options={'ordering': ['-period', '-issued_on', '-pk'], 'verbose_name': 'документ', 'verbose_name_plural': 'документы'},
        ),
        migrations.RemoveIndex(
            model_name='document',
            name='document_archive',
        ),
        migrations.AddField(
            model_name='document',
            name='announced_at',
            field=models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), editable=False, help_text='Когда решено, кому о нём написать.', null=True, verbose_name='разослан'),
        ),
        # What was there before is no news: it gets the default, what comes later does not.
        migrations.AlterField(
            model_name='document',
            name='announced_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='Когда решено, кому о нём написать.', null=True, verbose_name='разослан'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(fields=['contract', '-period', '-issued_on', '-id'], name='document_by_period'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(fields=['contract', 'kind', '-period', '-issued_on', '-id'], name='document_by_kind'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(models.F('contract'), django.db.models.functions.comparison.Coalesce('amount', Decimal('0')), models.F('id'), name='document_by_amount'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=django.contrib.postgres.indexes.GinIndex(models.F('contract'), django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('number'), 'gin_trgm_ops'), name='document_by_number'),
        ),
        migrations.AddIndex(
            model_name='document',
            index=models.Index(condition=models.Q(('announced_at__isnull', True)), fields=['id'], name='document_unannounced'),
        ),
        migrations.AddField(
            model_name='acknowledgement',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acknowledgements', to='documents.document', verbose_name='уведомление'),
        ),
        migrations.AddField(
            model_name='acknowledgement',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='acknowledgements', to=settings.AUTH_USER_MODEL, verbose_name='кто'),
        ),
        migrations.AddField(
            model_name='announcement',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='announcements', to='documents.document', verbose_name='документ'),
        ),
        migrations.AddField(
            model_name='announcement',
            name='letter',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='accounts.letter', verbose_name='письмо'),
        ),
        migrations.AddField(
            model_name='announcement',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='announcements', to=settings.AUTH_USER_MODEL, verbose_name='кому'),
        ),
        migrations.AddField(
            model_name='bundle',
            name='documents',
            field=models.ManyToManyField(related_name='bundles', to='documents.document', verbose_name='документы'),
        ),
        migrations.AddField(
            model_name='bundle',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bundles', to=settings.AUTH_USER_MODEL, verbose_name='чей'),
        ),
        migrations.AddField(
            model_name='noticedispatch',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='dispatches', to='documents.document', verbose_name='уведомление'),
        ),
        migrations.AddField(
            model_name='noticewithdrawal',
            name='document',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawal', to='documents.document', verbose_name='уведомление'),
        ),
        migrations.AddField(
            model_name='opening',
            name='contract',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='openings', to='contracts.contract', verbose_name='договор'),
        ),
        migrations.AddField(
            model_name='opening',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='openings', to='documents.document', verbose_name='документ'),
        ),
        migrations.AddField(
            model_name='opening',
            name='user',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='openings', to=settings.AUTH_USER_MODEL, verbose_name='кто'),
        ),
        migrations.AddConstraint(
            model_name='acknowledgement',
            constraint=models.UniqueConstraint(fields=('document', 'user'), name='acknowledged_once'),
        ),
        migrations.AddIndex(
            model_name='announcement',
            index=models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['user', 'created_at'], name='announcement_pending'),
        ),
        migrations.AddConstraint(
            model_name='announcement',
            constraint=models.UniqueConstraint(fields=('user', 'document'), name='announced_once'),
        ),
        migrations.AddIndex(
            model_name='bundle',
            index=models.Index(fields=['user', '-created_at'], name='bundle_by_user'),
        ),
        migrations.AddIndex(
            model_name='bundle',
            index=models.Index(condition=models.Q(('state__in', ['queued', 'making'])), fields=['leased_until'], name='bundle_due'),
        ),
        migrations.AddIndex(
            model_name='bundle',
            index=models.Index(condition=models.Q(('state', 'ready')), fields=['expires_at'], name='bundle_kept'),
        ),
        migrations.AddConstraint(
            model_name='bundle',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'ready'), ('path', ''), _connector='XOR'), name='bundle_is_ready_with_a_file'),
        ),
        migrations.AddConstraint(
            model_name='bundle',
            constraint=models.CheckConstraint(condition=models.Q(('done__lte', models.F('total'))), name='bundle_is_done_at_most_once'),
        ),
        migrations.AddIndex(
            model_name='opening',
            index=models.Index(fields=['document', 'user'], name='opening_by_document'),
        ),
        migrations.AddIndex(
            model_name='opening',
            index=models.Index(fields=['contract', '-at', '-id'], name='opening_by_contract'),
        ),
        append_only("documents_opening"),
        append_only("documents_acknowledgement"),
    ]
