from django.db import migrations

# What billing stated about a document, and the office and the clients have seen.
_STATED = (
    "external_id", "contract_id", "kind", "title", "number", "issued_on", "period", "amount",
    "content", "published_at", "corrects_id", "file_sha256",
)


def _kept(condition: str) -> str:
    old, new = (", ".join(f"{row}.{name}" for name in _STATED) for row in ("OLD", "NEW"))
    return f"""
        DROP TRIGGER documents_document_is_kept ON documents_document;
        CREATE TRIGGER documents_document_is_kept
            BEFORE UPDATE OF {", ".join(_STATED)} ON documents_document FOR EACH ROW
            WHEN (({condition} OR OLD.contract_id <> NEW.contract_id)
                AND ROW({old}) IS DISTINCT FROM ROW({new}))
            EXECUTE FUNCTION documents_document_is_kept();
    """


class Migration(migrations.Migration):

    dependencies = [("documents", "0003_archive")]

    operations = [
        # A paper says for ever what it was made of: nothing of a document with a PDF changes.
        migrations.RunSQL(
            _kept("OLD.published_at <= statement_timestamp() OR OLD.path <> ''"),
            _kept("OLD.published_at <= statement_timestamp()"),
        )
    ]
