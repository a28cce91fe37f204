"""What a branch head may change: the own branch, its people, their leaves, its assignments.

Everybody in the office sees whose they are; others than a branch head are not held back here.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.forms import ModelChoiceField
from django.http import HttpRequest

from accounts import office
from accounts.visitor import user_of
from cabinet.office import contracts_for
from contracts.models import Assignment, Branch, Contract, Leave, Specialist

_ASKED = "_specialist_of_this_person"


def of(request: HttpRequest) -> Specialist | None:
    """Who the person is, with the branch to which the changes are confined.

    An unsaved specialist without a branch stands for a confined person whom nobody linked to one:
    nothing is his. None: not confined. Asked once a request.
    """
    if not hasattr(request, _ASKED):
        user = user_of(request)
        own = Specialist.objects.filter(user=user).first() or Specialist()
        setattr(request, _ASKED, own if office.is_confined(user) else None)
    found: Specialist | None = getattr(request, _ASKED)
    return found


def holds(person: Specialist, row: Model | None) -> bool:
    """Whether `row` belongs to the person's branch; no row yet: the form decides."""
    match row:
        case Branch():
            return row.pk == person.branch_id
        case Specialist():
            return row.branch_id == person.branch_id
        case Leave():
            return row.specialist.branch_id == person.branch_id
        case Assignment():
            contract_branch = row.contract.branch_id if row.contract else None
            return person.branch_id in (row.branch_id, contract_branch)
    return True


class OwnBranch:
    """For the office's pages of such rows, before Django's own class."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As Django says, and of the own branch."""
        return super().has_change_permission(request, obj) and _is_own(request, obj)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """As Django says, and of the own branch."""
        return super().has_delete_permission(request, obj) and _is_own(request, obj)  # type: ignore[misc]

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """What may be named: the own branch, its people and contracts; a deputy may be anybody."""
        person = of(request)
        if person is not None:
            offered = {
                "branch": Branch.objects.filter(pk=person.branch_id),
                "specialist": Specialist.objects.filter(branch=person.branch_id),
                "contract": contracts_for(request),
            }
            if db_field.name in offered:
                kwargs["queryset"] = offered[db_field.name]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc, no-any-return]


def _is_own(request: HttpRequest, row: Model | None) -> bool:
    person = of(request)
    if person is None:
        return True
    # An inline asks with the row on whose page it stands.
    return row.branch_id == person.branch_id if isinstance(row, Contract) else holds(person, row)
