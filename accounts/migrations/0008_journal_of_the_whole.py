from django.conf import settings
from django.db import migrations, models

from cabinet.append_only import append_only, never_emptied, written_by_trigger

# The fingerprint of an entry and of the link before it. Its words do not depend on the session: the
# moment is written in UTC, JSON has its keys in order.
DIGEST = """
    CREATE FUNCTION accounts_journal_digest(previous text, entry accounts_journalentry)
    RETURNS text LANGUAGE sql STABLE AS $$
        SELECT encode(sha256(convert_to(jsonb_build_array(
            previous,
            entry.id,
            to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
            entry.action,
            entry.user_id,
            entry.login,
            entry.person_id,
            entry.client_id,
            entry.subject,
            entry.request_id,
            host(entry.ip),
            entry.user_agent,
            entry.details
        )::text, 'UTF8')), 'hex')
    $$;
"""

# Deferred, so that the lock is held for the moment of COMMIT alone: a transaction that writes an
# entry early and works on holds nobody up. Sixteen chains beside each other, so that commits need
# not wait for each other's disk: a transaction takes the first whose lock is free, and waits only
# where none is. SECURITY DEFINER: the application's role needs no right to write a chain, and
# cannot forge it; pg_temp stands last, so that no temporary table takes a chain's place.
CHAIN = """
    CREATE FUNCTION accounts_journal_chain(entry accounts_journalentry)
    RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    DECLARE
        space constant integer := 'accounts_journallink'::regclass::oid::bigint % 2147483647;
        own constant integer := pg_backend_pid() % 16;
        last accounts_journallink%ROWTYPE;
        taken integer;
    BEGIN
        FOR step IN 0..15 LOOP
            IF pg_try_advisory_xact_lock(space, (own + step) % 16) THEN
                taken := (own + step) % 16;
                EXIT;
            END IF;
        END LOOP;
        IF taken IS NULL THEN
            PERFORM pg_advisory_xact_lock(space, own);
            taken := own;
        END IF;
        SELECT * INTO last FROM accounts_journallink
            WHERE chain = taken ORDER BY position DESC LIMIT 1;
        INSERT INTO accounts_journallink (entry_id, chain, position, sha256) VALUES (
            entry.id,
            taken,
            coalesce(last.position, 0) + 1,
            accounts_journal_digest(coalesce(last.sha256, ''), entry)
        );
    END $$;
    CREATE FUNCTION accounts_journalentry_is_chained()
    RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    BEGIN
        PERFORM accounts_journal_chain(NEW);
        RETURN NULL;
    END $$;
    REVOKE EXECUTE ON FUNCTION accounts_journal_chain(accounts_journalentry) FROM PUBLIC;
    CREATE CONSTRAINT TRIGGER accounts_journalentry_is_chained
        AFTER INSERT ON accounts_journalentry DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION accounts_journalentry_is_chained();
"""

# What was written before there was a chain becomes its beginning.
EARLIER = """
    DO $$
    DECLARE
        entry accounts_journalentry;
    BEGIN
        FOR entry IN SELECT * FROM accounts_journalentry ORDER BY id LOOP
            PERFORM accounts_journal_chain(entry);
        END LOOP;
    END $$;
    SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0007_requests_lead_to_enrolments")]
    operations = [
        migrations.AlterModelOptions(
            name="client",
            options={
                "ordering": ["short_name", "pk"],
                "permissions": [("view_as_client", "Может смотреть кабинет глазами клиента")],
                "verbose_name": "клиент",
                "verbose_name_plural": "клиенты",
            },
        ),
        migrations.AddField(
            model_name="user",
            name="position",
            field=models.CharField(
                blank=True,
                db_default="",
                help_text="Её видит клиент в «Истории доступа». У людей клиента должность стоит в доступе.",
                max_length=150,
                verbose_name="должность в офисе",
            ),
        ),
        migrations.AlterField(
            model_name="journalentry",
            name="at",
            field=models.DateTimeField(db_default=models.functions.Now(), verbose_name="когда"),
        ),
        migrations.AddField(
            model_name="journalentry",
            name="person",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="кого касается",
            ),
        ),
        migrations.AlterField(
            model_name="journalentry",
            name="user",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="кто",
            ),
        ),
        migrations.AlterField(
            model_name="journalentry",
            name="client",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=models.PROTECT,
                related_name="journal",
                to="accounts.client",
                verbose_name="клиент",
            ),
        ),
        migrations.AddField(
            model_name="journalentry",
            name="request_id",
            field=models.CharField(
                blank=True, db_default="", max_length=32, verbose_name="номер запроса"
            ),
        ),
        migrations.AlterField(
            model_name='journalentry',
            name='action',
            field=models.CharField(choices=[('login', 'вход'), ('login_refused', 'отказ во входе'), ('logout', 'выход'), ('login_issued', 'выдан логин'), ('access_granted', 'дан доступ по имеющемуся логину'), ('password_issued', 'выдан одноразовый пароль'), ('password_changed', 'изменён пароль'), ('password_reset', 'пароль восстановлен по ссылке'), ('email_changed', 'изменён e-mail'), ('access_revoked', 'отозван доступ'), ('session_ended', 'сеанс завершён'), ('file_opened', 'открыт файл'), ('second_factor_set', 'включён код при входе'), ('second_factor_refused', 'отказ: неверный код при входе'), ('second_factor_removed', 'отключён код при входе'), ('second_factor_reset', 'сброшен код при входе'), ('recovery_codes_made', 'созданы резервные коды'), ('recovery_code_used', 'использован резервный код'), ('access_narrowed', 'сужен доступ'), ('access_requested', 'запрошен доступ'), ('request_closed', 'закрыт запрос доступа'), ('enrolment_started', 'начато оформление доступа'), ('agreement_printed', 'напечатано соглашение'), ('agreement_signed', 'соглашение подписано'), ('enrolment_abandoned', 'оформление доступа отменено'), ('slip_printed', 'напечатан листок с паролем'), ('list_uploaded', 'загружен список на выдачу доступа'), ('refused', 'отказ в доступе'), ('viewing_started', 'начат просмотр глазами клиента'), ('viewing_ended', 'просмотр глазами клиента завершён'), ('viewing_refused', 'отказ при просмотре глазами клиента'), ('page_viewed', 'страница открыта глазами клиента'), ('office_viewed', 'просмотр в рабочем месте'), ('office_did', 'действие в рабочем месте'), ('exported', 'выгрузка'), ('row_added', 'добавлена запись'), ('row_changed', 'изменена запись'), ('row_deleted', 'удалена запись')], max_length=30, verbose_name='что'),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(fields=["-at", "-id"], name="journal_by_time"),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(
                condition=models.Q(("person__isnull", False)),
                fields=["person", "-at", "-id"],
                name="journal_by_person",
            ),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(fields=["action", "-at", "-id"], name="journal_by_action"),
        ),
        migrations.AddIndex(
            model_name="journalentry",
            index=models.Index(
                condition=models.Q(("ip__isnull", False)),
                fields=["ip", "-at", "-id"],
                name="journal_by_ip",
            ),
        ),
        migrations.CreateModel(
            name="JournalLink",
            fields=[
                (
                    "entry",
                    models.OneToOneField(
                        on_delete=models.PROTECT,
                        primary_key=True,
                        related_name="link",
                        serialize=False,
                        to="accounts.journalentry",
                        verbose_name="запись",
                    ),
                ),
                ("chain", models.SmallIntegerField(verbose_name="цепочка")),
                ("position", models.BigIntegerField(verbose_name="место в цепочке")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
            ],
            options={
                "verbose_name": "звено цепочки журнала",
                "verbose_name_plural": "цепочки журнала",
                "ordering": ["chain", "position"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("chain", "position"), name="one_link_at_a_position"
                    )
                ],
            },
        ),
        migrations.RunSQL(
            DIGEST, "DROP FUNCTION accounts_journal_digest(text, accounts_journalentry)"
        ),
        migrations.RunSQL(
            CHAIN,
            """
                DROP TRIGGER accounts_journalentry_is_chained ON accounts_journalentry;
                DROP FUNCTION accounts_journalentry_is_chained();
                DROP FUNCTION accounts_journal_chain(accounts_journalentry);
            """,
        ),
        append_only("accounts_journallink"),
        written_by_trigger("accounts_journallink"),
        never_emptied("accounts_journallink"),
        never_emptied("accounts_journalentry"),
        migrations.CreateModel(
            name="Dossier",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("first_day", models.DateField(verbose_name="с")),
                ("last_day", models.DateField(verbose_name="по")),
                ("purpose", models.CharField(max_length=200, verbose_name="для чего")),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=models.functions.Now(), verbose_name="составлено"
                    ),
                ),
                (
                    "path",
                    models.CharField(
                        editable=False, max_length=200, unique=True, verbose_name="файл"
                    ),
                ),
                ("size", models.PositiveIntegerField(verbose_name="размер, байт")),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=models.PROTECT,
                        related_name="dossiers",
                        to="accounts.client",
                        verbose_name="клиент",
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=models.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="кто составил",
                    ),
                ),
            ],
            options={
                "verbose_name": "справка о действиях клиента",
                "verbose_name_plural": "справки о действиях клиентов",
                "ordering": ["-made_at", "-pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last_day__gte", models.F("first_day"))),
                        name="dossier_days_in_order",
                    )
                ],
            },
        ),
        append_only("accounts_dossier"),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
    ]
