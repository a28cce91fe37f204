"""The home page with its contracts, and the page of a contract with its specialists."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.views.generic import TemplateView

from accounts import journal
from accounts.models import Client, JournalEntry, Membership
from accounts.visitor import user_of
from contracts.access import ContractTemplatePage
from contracts.models import Contract


@dataclass(frozen=True)
class Company:
    """A company that the person acts for, with those of its contracts that are in view."""

    membership: Membership
    contracts: list[Contract]

    @property
    def client(self) -> Client:
        """The company itself."""
        return self.membership.client

    @property
    def active(self) -> list[Contract]:
        """Contracts in force."""
        return [contract for contract in self.contracts if contract.is_active]

    @property
    def terminated(self) -> list[Contract]:
        """Contracts that are over."""
        return [contract for contract in self.contracts if not contract.is_active]


class HomeView(LoginRequiredMixin, TemplateView):
    """The company's card and its contracts: active ones at once, terminated ones folded away.

    A person who acts for several companies sees one card below the other.
    """

    template_name = "contracts/home.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """One statement for the memberships and one for all contracts."""
        memberships = (
            Membership.objects.active()
            .filter(user=user_of(self.request))
            .select_related("client")
            .order_by("client__short_name", "pk")
        )
        contracts = defaultdict(list)
        for contract in Contract.objects.visible_to(user_of(self.request)).with_head():
            contracts[contract.client_id].append(contract)
        companies = [
            Company(membership, contracts[membership.client_id]) for membership in memberships
        ]
        first = companies[0].membership if companies else None
        return super().get_context_data(
            companies=companies,
            current_client=first.client if first else None,
            current_position=first.title if first else "",
            nav="home",
            previous_login=self._previous_login(),
            **kwargs,
        )

    def _previous_login(self) -> JournalEntry | None:
        """The login before this one: a stranger's is noticed by its owner."""
        logins = JournalEntry.objects.filter(
            user=user_of(self.request), action=journal.Action.LOGIN
        )
        return logins.order_by("-at", "-pk")[1:2].first()


class ContractView(ContractTemplatePage):
    """«Контакты»: everybody who supervises this contract, topic by topic."""

    template_name = "contracts/contract.html"
    tab = "contacts"
