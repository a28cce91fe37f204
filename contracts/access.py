"""The one door to a client's data: every page of a contract comes through here.

A page inherits from a class below and finds its contract in `self.contract`, already checked
against `Contract.objects.visible_to(user)`. A foreign or unknown contract is 404; a change that the
role does not allow is 403.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.generic import FormView, TemplateView, View
from django.views.generic.base import ContextMixin

from accounts import journal
from accounts.models import JournalEntry, Membership, User
from accounts.roles import RIGHTS, Right, allowing
from accounts.visitor import viewing_of
from cabinet import files
from cabinet.paging import NearestPage
from contracts.models import Contract, ContractLimit
from contracts.supervision import supervisors


class ContractDoor(View):
    """Loads `self.contract` and `self.membership` before anything else of the page runs.

    `right` is what the role must allow: for every request when `right_for_reading`, else for
    requests that change something (everything but GET and HEAD).
    """

    right: ClassVar[Right | None] = None
    right_for_reading: ClassVar[bool] = False

    contract: Contract
    membership: Membership

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Open the door, or raise 404."""
        super().setup(request, *args, **kwargs)
        if not request.user.is_authenticated:  # LoginRequiredMiddleware answers; nothing is loaded
            return
        self.contract = get_object_or_404(
            Contract.objects.visible_to(request.user).with_head(), pk=kwargs["contract"]
        )
        self.membership = _membership(request.user, self.contract)

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Refuse with 403 what the role does not allow.

        Raises:
            PermissionDenied: the contract is in view, the change is not this role's.
        """
        is_change = request.method not in ("GET", "HEAD")
        if self.right and (is_change or self.right_for_reading) and not self.may(self.right):
            raise PermissionDenied(
                f"Роль «{self.membership.get_role_display()}» не позволяет {self.right.value}."
            )
        return super().dispatch(request, *args, **kwargs)

    def may(self, right: Right) -> bool:
        """Whether this person's role at this contract allows `right`."""
        return right in RIGHTS[self.membership.role]


def _membership(user: User, contract: Contract) -> Membership:
    """The membership that opened the contract; its `role` is that of this contract. Not to save."""
    membership = (
        Membership.objects.active()
        .filter(user=user, client=contract.client_id)
        .annotate(role_here=_role_at(contract))
        .order_by("pk")
        .first()
    )
    if membership is None:  # ended between two statements
        raise Http404
    membership.user = user
    membership.client = contract.client
    membership.role = membership.role_here
    return membership


def _role_at(contract: Contract | OuterRef) -> Coalesce:
    """The role of a membership at a contract: that of the contract's own row, else its own."""
    own = ContractLimit.objects.filter(membership=OuterRef("pk"), contract=contract)
    return Coalesce(Subquery(own.exclude(role="").values("role")[:1]), F("role"))


def contracts_allowing(user: User, right: Right) -> QuerySet[Contract]:
    """The contracts at whose pages `ContractDoor` allows this person `right`.

    Terminated ones too: questions, debts and papers outlive a contract.
    """
    roles = allowing(right)
    memberships = Membership.objects.active().filter(user=user)
    own = ContractLimit.objects.filter(
        membership__in=memberships, contract__client=F("membership__client")
    ).exclude(role="")
    by_membership = Q(client__in=memberships.filter(role__in=roles).values("client"))
    found: QuerySet[Contract] = Contract.objects.visible_to(user).filter(
        Q(pk__in=own.filter(role__in=roles).values("contract"))
        | (by_membership & ~Q(pk__in=own.values("contract")))
    )
    return found


def people_allowed(
    right: Right,
    users: Iterable[int] | None = None,
    *,
    contracts: Iterable[int] | None = None,
) -> list[tuple[int, int]]:
    """Whom the pages of which contract allow `right`: pairs of user and contract.

    Of the given people, or of the given contracts. For letters to many at once, by one statement;
    the same pairs as `contracts_allowing` finds person by person.
    """
    pairs = _pairs(users, contracts).annotate(role_here=_role_at(OuterRef("client__contracts")))
    return list(pairs.filter(role_here__in=allowing(right)).values_list("user_id", "contract"))


def people_seeing(contracts: Iterable[int]) -> set[tuple[int, int]]:
    """Who has which of the given contracts in view: pairs of user and contract.

    For letters to many at once, by one statement; the same pairs as `visible_to` finds person by
    person.
    """
    return set(_pairs(None, contracts).values_list("user_id", "contract"))


def _pairs(users: Iterable[int] | None, contracts: Iterable[int] | None) -> QuerySet[Any]:
    """Memberships in force with each `contract` that they open; each pair of people once."""
    pairs = Membership.objects.active()
    if users is not None:
        pairs = pairs.filter(user__in=users)
    pairs = pairs.annotate(contract=F("client__contracts"))
    if contracts is not None:
        pairs = pairs.filter(contract__in=list(contracts))
    listed = ContractLimit.objects.filter(membership=OuterRef("pk"), contract=OuterRef("contract"))
    in_view = pairs.filter(Q(all_contracts=True) | Exists(listed), contract__isnull=False)
    return in_view.distinct().order_by()


class ContractPage(ContextMixin, ContractDoor):
    """A page under the contract's head; `tab` is the one that is lit."""

    tab: ClassVar[str] = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the contract, the lit tab, what the role may do, and whom to ask for help."""
        answering = supervisors(self.contract)
        frame = {
            "contract": self.contract,
            "current_client": self.contract.client,
            "current_position": self.membership.title,
            "rights": {right.name.lower(): self.may(right) for right in Right},
            "tab": self.tab,
            "supervisors": answering,
            "help_contact": next((one.specialist for one in answering if one.specialist), None),
        }
        return super().get_context_data(**{**kwargs, **frame})


class ContractTemplatePage(ContractPage, TemplateView):
    """A page that shows."""


class ContractListPage(ContractPage, NearestPage):
    """A page with a list; `get_queryset` begins at `self.contract`."""


class ContractFormPage(ContractPage, FormView):
    """A page with a form."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A stored file: `filename` is for the browser, `title` and `details` for the journal.

    `on_leaving` writes what else is to be known of it, in the transaction of the journal's line.
    """

    path: str
    filename: str
    content_type: str
    title: str
    details: dict[str, Any]
    on_leaving: Callable[[JournalEntry], None] | None = None


def hand_out_journalled(
    request: HttpRequest,
    *,
    contract: Contract,
    file: File,
    inline: bool = False,
    also_of: Sequence[Contract] = (),
) -> HttpResponseBase:
    """The file, and a line in the journal: clients and the office alike get stored files here.

    `also_of`: further contracts whose papers are in the file; each has a line. A HEAD request is
    given no file and leaves no line. `on_leaving` is left out while the office looks with a
    client's eyes: nothing is marked in the client's name.
    """
    if request.method == "GET":
        with transaction.atomic():
            for owner in (contract, *also_of):
                entry = journal.record(
                    journal.Action.FILE_OPENED,
                    request=request,
                    client=owner.client,
                    subject=f"{file.title} (договор № {owner.number})",
                    details=file.details,
                )
            if file.on_leaving and viewing_of(request) is None:
                file.on_leaving(entry)
    return files.hand_out(
        storage=default_storage,
        path=file.path,
        filename=file.filename,
        content_type=file.content_type,
        inline=inline,
    )


class ContractFile(ContractDoor):
    """Hands out a file of a contract: the only class that gives files to clients.

    A subclass says which file.
    """

    http_method_names = ["get", "head", "options"]
    inline: bool = False

    def get_file(self) -> File:
        """The file that the address names, looked up within `self.contract`."""
        raise NotImplementedError

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The file, and a line in the journal."""
        return hand_out_journalled(
            request, contract=self.contract, file=self.get_file(), inline=self.inline
        )


@dataclass(frozen=True, kw_only=True)
class MadeFile:
    """A file that is made for one request and stored nowhere.

    `filename` is for the browser, `title` and `details` for the journal. A PDF is shown in the
    browser, everything else is saved.
    """

    content: bytes
    filename: str
    content_type: str
    title: str
    details: dict[str, Any]


class ContractMadeFile(ContractDoor):
    """Hands out a file that is made of a contract's rows for this request.

    A subclass makes it, or answers otherwise where the address asks for what cannot be made.
    """

    http_method_names = ["get", "head", "options"]

    def make_file(self) -> MadeFile | HttpResponseBase:
        """The file of what the address asks, from `self.contract`."""
        raise NotImplementedError

    def head(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """That there is something to ask for; nothing is made for it."""
        return HttpResponse(headers={"Content-Type": "application/octet-stream"})

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The file, and a line in the journal."""
        file = self.make_file()
        if not isinstance(file, MadeFile):
            return file
        journal.record(
            journal.Action.FILE_OPENED,
            request=request,
            client=self.contract.client,
            subject=f"{file.title} (договор № {self.contract.number})",
            details={**file.details, "sha256": hashlib.sha256(file.content).hexdigest()},
        )
        if file.content_type == "application/pdf":
            return files.pdf_response(file.content, filename=file.filename)
        return files.made_response(
            file.content, filename=file.filename, content_type=file.content_type
        )
