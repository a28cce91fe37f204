"""The office's group and exactly the rights that its work needs."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

GROUP = "Офис"

# Room → model → rights, by Django's codenames. What they mean in the office:
#   membership: «add» issues logins and one-time passwords, «change» revokes;
#   letter, delivery: «change» sends again what was not delivered;
#   message: «change» answers, hands over, notes and closes; what was said nobody changes;
#   incomingmail: «change» sorts the tray of letters that came in;
#   batch: «change» stops the making of PDFs, goes on, and tries again what failed;
#   contract: only looked at; its specialists are changed by the rights on `assignment`;
#   import: «add» hands in packages of the billing system and applies them, «change» undoes;
#   user: «change» corrects name and telephone of clients' people, never of the office's.
RIGHTS: dict[str, dict[str, tuple[str, ...]]] = {
    "accounts": {
        "client": ("view", "change"),
        "membership": ("view", "add", "change"),
        "user": ("view", "change"),
        "journalentry": ("view",),
        "letter": ("view", "change"),
    },
    "contracts": {
        "contract": ("view",),
        "contractlimit": ("view",),
        "branch": ("view", "change"),
        "specialist": ("view", "add", "change"),
        "leave": ("view", "add", "change", "delete"),
        "topic": ("view", "add", "change"),
        "assignment": ("view", "add", "change", "delete"),
        "calendarday": ("view", "add", "change", "delete"),
    },
    "documents": {
        "document": ("view",),
        "batch": ("view", "change"),
        "opening": ("view",),
        "noticedispatch": ("view",),
        "noticewithdrawal": ("view",),
        "acknowledgement": ("view",),
        "bundle": ("view",),
        "announcement": ("view",),
    },
    "meters": {
        "meteringpoint": ("view",),
        "meter": ("view",),
        "installation": ("view",),
        "dueverification": ("view",),
        "register": ("view",),
        "submission": ("view",),
        "reading": ("view",),
        "readingrule": ("view", "add", "change", "delete"),
        "actreading": ("view",),
        "billinganswer": ("view",),
    },
    "billing": {
        "ledgerentry": ("view",),
        "balance": ("view",),
        "payeraccount": ("view",),
        "vatrate": ("view", "add", "change"),
        "balancedifference": ("view",),
        "instalment": ("view",),
        "paymentterm": ("view", "add", "change", "delete"),
    },
    "messaging": {
        "message": ("view", "change"),
        "attachment": ("view",),
        "delivery": ("view", "change"),
        "incomingmail": ("view", "change"),
    },
    "exchange": {
        "import": ("view", "add", "change"),
    },
}


class UnknownRights(LookupError):
    """`RIGHTS` names rights that this installation does not have."""


@transaction.atomic
def ensure_office_group() -> Group:
    """The group «Офис» with the rights above and no others; call it after `migrate`.

    Raises:
        UnknownRights: migrations have not run, or a model was renamed.
    """
    wanted = {
        (room, f"{right}_{model}")
        for room, models in RIGHTS.items()
        for model, rights in models.items()
        for right in rights
    }
    condition = Q()
    for room, codename in wanted:
        condition |= Q(content_type__app_label=room, codename=codename)
    found = list(Permission.objects.filter(condition).select_related("content_type"))
    missing = wanted - {
        (permission.content_type.app_label, permission.codename) for permission in found
    }
    if missing:
        raise UnknownRights(", ".join(sorted(f"{room}.{codename}" for room, codename in missing)))
    group, _ = Group.objects.get_or_create(name=GROUP)
    group.permissions.set(found)
    return group
