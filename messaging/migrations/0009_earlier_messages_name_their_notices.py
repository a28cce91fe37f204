from django.db import migrations

# «Оплачено» and «Оспорить» begin a message with the notice's name: its number and date.
_NAME = """
    UPDATE messaging_message message SET notice_id = named.document_id
    FROM (
        SELECT DISTINCT ON (message.id) message.id AS message_id, document.id AS document_id
        FROM messaging_message message
        JOIN contracts_topic topic ON topic.id = message.topic_id
        JOIN documents_document document ON document.contract_id = message.contract_id
        WHERE topic.code IN ('notice-paid', 'notice-dispute')
            AND document.kind = 'restriction_notice'
            AND document.published_at <= message.sent_at
            AND position(
                '№ ' || document.number || ' от ' || to_char(document.issued_on, 'DD.MM.YYYY')
                IN translate(message.text, chr(160), ' ')
            ) > 0
        ORDER BY message.id, document.published_at DESC, document.id DESC
    ) named
    WHERE message.id = named.message_id AND message.notice_id IS NULL
"""


class Migration(migrations.Migration):

    dependencies = [('messaging', '0008_message_names_its_notice')]

    operations = [migrations.RunSQL(_NAME, migrations.RunSQL.noop)]
