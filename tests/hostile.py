"""Rows whose every text is an attack: wherever one is shown, it must be shown as text."""

from __future__ import annotations

from django.apps import apps
from django.db import DatabaseError, connection, models, transaction

# A tag, an attribute and a quote of both kinds; {} makes it unlike any other.
WORDS = "<x>'\"&{}"
MARK, ESCAPED = "<x>", "&lt;x&gt;"

ROOMS = {
    "accounts", "billing", "contracts", "documents", "exchange", "messaging", "meters",
}  # fmt: skip
# Made by the portal itself and asked for by address; what is stored is markup on purpose.
OWN = {
    "html", "mail_id", "password", "path", "sha256", "AccessRequest.number", "Message.number",
    "Submission.number",
}  # fmt: skip


def fill() -> set[str]:
    """Write the words into every column that takes them; «contracts.Topic.name», …

    What the database refuses (a check, too short a column) cannot hold such words at all.
    """
    filled = set()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for model in apps.get_models():
            if model._meta.app_label in ROOMS and model._meta.managed:
                cursor.execute(f'ALTER TABLE "{model._meta.db_table}" DISABLE TRIGGER USER')
    for model in apps.get_models():
        is_ours = model._meta.app_label in ROOMS and model._meta.managed
        for field in model._meta.concrete_fields if is_ours else ():
            if (
                isinstance(field, models.CharField | models.TextField)
                and not field.choices
                and OWN.isdisjoint({field.name, f"{model.__name__}.{field.name}"})
                and _write(model, field)
            ):
                filled.add(f"{model._meta.label}.{field.name}")
    return filled


def _write(model: type[models.Model], field: models.Field) -> bool:
    keys = list(model._default_manager.order_by("pk").values_list("pk", flat=True))
    try:
        with transaction.atomic():
            for count, key in enumerate(keys):
                words = WORDS.format(count)
                model._default_manager.filter(pk=key).update(**{field.name: words})
    except DatabaseError:
        return False
    return bool(keys)
