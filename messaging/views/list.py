"""Lists of messages."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpRequest

from accounts.models import Membership
from accounts.visitor import user_of
from cabinet.paging import NearestPage
from contracts.access import ContractListPage
from messaging import drafts, sending, timeline
from messaging.forms import MessageSearchForm
from messaging.models import Message
from messaging.models.case import MessageQuerySet

PAGE_ROWS = 20
# So many contracts are offered beside the list; a person with more of them begins at the home page.
OFFERED_CONTRACTS = 8


class Searched:
    """A list of messages under a search."""

    request: HttpRequest

    @cached_property
    def search(self) -> MessageSearchForm:
        """What the address asks for."""
        return MessageSearchForm(self.request.GET)

    def list_context(self, context: dict[str, Any]) -> dict[str, Any]:
        """Adds the search and the rows as they are shown."""
        return {**context, "search": self.search, "rows": timeline.rows(context["page_obj"])}


class ContractMessageListView(Searched, ContractListPage):
    """The messages about this contract, the newest first."""

    template_name = "messaging/contract_message_list.html"
    tab = "messages"
    paginate_by = PAGE_ROWS

    def get_queryset(self) -> MessageQuerySet:
        """The contract's own messages."""
        return self.search.apply(Message.objects.filter(contract=self.contract)).with_route()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds this person's unfinished message."""
        context = self.list_context(super().get_context_data(nav="messages", **kwargs))
        draft = drafts.find(author=self.membership.user, contract=self.contract)
        return {**context, "draft": draft}


class MessageListView(Searched, LoginRequiredMixin, NearestPage):
    """The messages of every contract in view."""

    template_name = "messaging/message_list.html"
    paginate_by = PAGE_ROWS

    def get_queryset(self) -> MessageQuerySet:
        """Through the one rule that turns a user into rows."""
        return self.search.apply(Message.objects.visible_to(self.request.user)).with_route()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the contracts that one may write about."""
        context = self.list_context(super().get_context_data(nav="messages", **kwargs))
        memberships = (
            Membership.objects.active().filter(user=self.request.user.pk).select_related("client")
        )
        clients = {membership.client for membership in memberships}
        offered = list(
            sending.contracts_to_write_about(user_of(self.request))[: OFFERED_CONTRACTS + 1]
        )
        return {
            **context,
            "current_client": clients.pop() if len(clients) == 1 else None,
            "contracts": offered[:OFFERED_CONTRACTS],
            "has_more_contracts": len(offered) > OFFERED_CONTRACTS,
        }
