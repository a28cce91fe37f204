"""The office's groups and exactly the rights that the work of each needs.

One table: model → the rights of each group. `ensure_office_groups` brings the database to it.
"""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from accounts.models import User

FRONT_DESK = "Операционист"
BRANCH_HEAD = "Руководитель отделения"
SPECIALIST = "Специалист"
ACCOUNTANT = "Бухгалтер"
AUDITOR = "Аудитор"
ADMINISTRATOR = "Администратор"
# In the order of the table's columns.
GROUPS = (FRONT_DESK, BRANCH_HEAD, SPECIALIST, ACCOUNTANT, AUDITOR, ADMINISTRATOR)
# Who works for one branch or for some contracts; whoever is in another group too sees all of them.
CONFINED = frozenset({BRANCH_HEAD, SPECIALIST})

_RIGHTS = {"v": "view", "a": "add", "c": "change", "d": "delete", "e": "view_as"}

# The letters are Django's rights: view, add, change, delete; «e» looks with a client's eyes
# (accounts/viewing.py). What they mean in the office:
#   membership: «add» issues logins and one-time passwords, goes on with enrolments and answers
#     requests for access, «change» revokes;
#   user: «change» corrects name and telephone of clients' people; «add» keeps staff's accounts:
#     brings colleagues in, names their groups, switches logins off, resets their second factor;
#   letter, delivery: «change» sends again what was not delivered;
#   message: «change» answers, hands over, notes and closes; what was said nobody changes;
#   incomingmail: «change» sorts the tray of letters that came in;
#   batch: «change» stops the making of PDFs, goes on, and tries again what failed;
#   officereminder: «view» shows who has not handed in readings, «add» has reminders written;
#   import: «add» hands in packages of the billing system and applies them, «change» undoes;
#   outgoingbatch: «add» makes a batch for billing, «change» takes billing's answer to one;
#   dossier: «add» makes the paper of what a client saw and sent (exchange/dossier.py);
#   contract: only looked at; its specialists are changed by the rights on `assignment`.
TABLE: dict[str, tuple[str, str, str, str, str, str]] = {
    # model                        desk    head    spec.   acc.    audit   admin
    "accounts.client":           ("vce",  "v",    "v",    "v",    "v",    "vce"),
    "accounts.membership":       ("vac",  "v",    "",     "",     "v",    "vac"),
    "accounts.accessrequest":    ("v",    "v",    "",     "",     "v",    "v"),
    "accounts.enrolment":        ("v",    "v",    "",     "",     "v",    "v"),
    "accounts.enrolmentlist":    ("v",    "",     "",     "",     "v",    "v"),
    "accounts.dossier":          ("",     "",     "",     "",     "v",    "va"),
    "accounts.user":             ("vc",   "v",    "v",    "v",    "v",    "vac"),
    "accounts.journalentry":     ("",     "",     "",     "",     "v",    "v"),
    "accounts.sitenotice":       ("v",    "v",    "v",    "v",    "v",    "vac"),
    "accounts.letter":           ("vc",   "",     "",     "",     "v",    "vc"),

    "contracts.contract":        ("v",    "v",    "v",    "v",    "v",    "v"),
    "contracts.contractlimit":   ("v",    "v",    "",     "",     "v",    "v"),
    "contracts.branch":          ("v",    "vc",   "v",    "v",    "v",    "vc"),
    "contracts.specialist":      ("v",    "vc",   "v",    "v",    "v",    "vac"),
    "contracts.leave":           ("v",    "vacd", "v",    "",     "v",    "vacd"),
    "contracts.topic":           ("v",    "v",    "v",    "v",    "v",    "vac"),
    "contracts.assignment":      ("v",    "vacd", "v",    "v",    "v",    "vacd"),
    "contracts.calendarday":     ("v",    "v",    "v",    "v",    "v",    "vacd"),

    "documents.document":        ("",     "v",    "v",    "v",    "v",    "v"),
    "documents.batch":           ("",     "",     "",     "v",    "v",    "vc"),
    "documents.opening":         ("",     "v",    "v",    "v",    "v",    "v"),
    "documents.noticedispatch":  ("",     "v",    "v",    "v",    "v",    "v"),
    "documents.noticewithdrawal":("",     "v",    "v",    "v",    "v",    "v"),
    "documents.acknowledgement": ("",     "v",    "v",    "v",    "v",    "v"),
    "documents.bundle":          ("",     "",     "",     "v",    "v",    "v"),
    "documents.announcement":    ("",     "",     "",     "v",    "v",    "v"),

    "meters.meteringpoint":      ("",     "v",    "v",    "",     "v",    "v"),
    "meters.meter":              ("",     "v",    "v",    "",     "v",    "v"),
    "meters.installation":       ("",     "v",    "v",    "",     "v",    "v"),
    "meters.dueverification":    ("",     "v",    "v",    "",     "v",    "v"),
    "meters.register":           ("",     "v",    "v",    "",     "v",    "v"),
    "meters.officereminder":     ("va",   "va",   "va",   "",     "v",    "va"),
    "meters.submission":         ("",     "v",    "v",    "",     "v",    "v"),
    "meters.reading":            ("",     "v",    "v",    "",     "v",    "v"),
    "meters.readingrule":        ("",     "v",    "v",    "",     "v",    "vacd"),
    "meters.actreading":         ("",     "v",    "v",    "",     "v",    "v"),
    "meters.billinganswer":      ("",     "v",    "v",    "",     "v",    "v"),

    "billing.ledgerentry":       ("",     "v",    "v",    "v",    "v",    "v"),
    "billing.balance":           ("",     "v",    "v",    "v",    "v",    "v"),
    "billing.payeraccount":      ("",     "v",    "v",    "v",    "v",    "v"),
    "billing.vatrate":           ("",     "v",    "v",    "v",    "v",    "vac"),
    "billing.balancedifference": ("",     "v",    "v",    "v",    "v",    "v"),
    "billing.instalment":        ("",     "v",    "v",    "v",    "v",    "v"),
    "billing.paymentterm":       ("",     "v",    "v",    "v",    "v",    "vacd"),

    "messaging.message":         ("",     "vc",   "vc",   "",     "v",    "vc"),
    "messaging.attachment":      ("",     "v",    "v",    "",     "v",    "v"),
    "messaging.delivery":        ("",     "",     "",     "",     "v",    "vc"),
    "messaging.incomingmail":    ("",     "",     "",     "",     "v",    "vc"),

    "exchange.import":           ("",     "",     "",     "v",    "v",    "vac"),
    "exchange.outgoingbatch":    ("",     "",     "",     "",     "v",    "vac"),
}  # fmt: skip


class UnknownRights(LookupError):
    """`TABLE` names rights that this installation does not have."""


def rights_of(group: str) -> set[str]:
    """What members of `group` may do: «accounts.view_client», …"""
    column = GROUPS.index(group)
    return {
        f"{room}.{_RIGHTS[letter]}_{model}"
        for label, cells in TABLE.items()
        for room, model in [label.split(".")]
        for letter in cells[column]
    }


@transaction.atomic
def ensure_office_groups() -> list[Group]:
    """The groups of the table with its rights and no others; call it after `migrate`.

    Groups with other names are left alone.

    Raises:
        UnknownRights: migrations have not run, or a model was renamed.
    """
    known = _known_rights()
    wanted = {name: rights_of(name) for name in GROUPS}
    missing = set().union(*wanted.values()) - known.keys()
    if missing:
        raise UnknownRights(", ".join(sorted(missing)))
    groups = []
    for name in GROUPS:
        group, _ = Group.objects.get_or_create(name=name)
        group.permissions.set([known[right] for right in wanted[name]])
        groups.append(group)
    return groups


def groups() -> QuerySet[Group]:
    """The groups of the table, to be chosen for a member of the office."""
    return Group.objects.filter(name__in=GROUPS).order_by("name")


def keeps_staff(request: HttpRequest) -> bool:
    """Whether this person keeps the accounts of the office's own people."""
    return request.user.has_perm("accounts.add_user")


def may_issue_password(by: User, user: User) -> bool:
    """Whether `by` may give `user` a new one-time password.

    Clients' people get theirs from whoever issues logins, the office's own from whoever keeps
    staff's accounts, superusers from superusers alone.
    """
    if user.is_superuser:
        return bool(by.is_superuser)
    return by.has_perm("accounts.add_user" if user.is_staff else "accounts.add_membership")


def is_confined(user: User) -> bool:
    """Whether the person works for one branch or for some contracts and sees no others."""
    if user.is_superuser:
        return False
    names = set(user.groups.values_list("name", flat=True))
    return bool(names) and names <= CONFINED


def heads_a_branch(user: User) -> bool:
    """Whether the person is in the group of branch heads."""
    return user.groups.filter(name=BRANCH_HEAD).exists()


def _known_rights() -> dict[str, Permission]:
    condition = Q()
    for label in TABLE:
        room, model = label.split(".")
        condition |= Q(content_type__app_label=room, content_type__model=model)
    found = Permission.objects.filter(condition).select_related("content_type")
    return {f"{right.content_type.app_label}.{right.codename}": right for right in found}
