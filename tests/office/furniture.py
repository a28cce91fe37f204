"""One row of every model that the office sees, all of them in view of Vega's branch."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth.models import Group
from django.db.models import Model
from django.utils import timezone

from accounts import journal, letters
from accounts.models import User
from contracts.models import CalendarDay, Contract, Specialist, Topic
from documents.models import Acknowledgement, Announcement, Batch, Kind, NoticeWithdrawal
from messaging.models import Delivery
from meters.models import Meter
from tests import factors, make
from tests.contents import content_of
from tests.messaging.inbox import letter, taken, to_staff


class Furniture:
    """The rows, by the label of their model, and by name what addresses need beside them."""

    def __init__(
        self, *, contract: Contract, director: User, specialist: Specialist, topic: Topic
    ) -> None:
        """`specialist` answers for the contract's branch."""
        self.contract, self.director = contract, director
        self.message = make.message(contract, director, topic, specialist=specialist)
        self.attachment = make.attachment(self.message)
        content = content_of(Kind.RESTRICTION_NOTICE, contract)
        self.notice = make.document(contract, Kind.RESTRICTION_NOTICE, content=content)
        self.specialist = specialist
        self._rest()

    def row(self, label: str) -> Model:
        """A row of the model."""
        model = apps.get_model(label)
        found: Model | None = model._default_manager.order_by("-pk").first()
        assert found is not None, f"add a row of {label} to tests/office/furniture.py"
        return found

    def _rest(self) -> None:
        notice, director = self.notice, self.director
        factors.give(director)
        journal.record(journal.Action.LOGIN, user=director)
        letters.post(
            "accounts/letters/password_changed", to=director.email,
            context={"timestamp": timezone.now(), "ip": "192.0.2.1"},
        )  # fmt: skip
        make.leave(self.specialist, make.specialist(self.contract.branch, last_name="Белов"))
        soon = timezone.localdate() + datetime.timedelta(days=10)
        Meter.objects.update(verified_until=soon)
        CalendarDay.objects.create(date="2026-12-31", is_working=False)
        make.dispatch(notice)
        make.opening(notice, director)
        make.bundle(director, [notice])
        Batch.objects.create()
        Acknowledgement.objects.create(document=notice, user=director, name="Громов А. И.")
        Announcement.objects.create(document=notice, user=director)
        NoticeWithdrawal.objects.create(
            external_id="w-1", document=notice, reason="paid", withdrawn_at=timezone.now()
        )
        make.charge(self.contract)
        make.payer_account(self.contract.client, director)
        make.instalment(self.contract)
        make.payment_term(self.contract)
        make.submission(self.contract, director)
        self.delivery = Delivery.objects.filter(message=self.message).first() or self._delivery()
        taken(letter("Письмо", to=to_staff(self.message), author="x@home.example"))
        Group.objects.get_or_create(name="Группа")
        EmailAddress.objects.create(user=director, email="gromov@vega.example")
        UserSession.objects.create(
            user=director, ip="192.0.2.1", session_key=uuid.uuid4().hex, user_agent="x"
        )

    def _delivery(self) -> Delivery:
        return Delivery.objects.create(message=self.message, to="a@retailer.example")


Arguments = Callable[[Furniture], dict[str, Any]]


def _key(label: str, name: str = "pk") -> Arguments:
    return lambda rooms: {name: rooms.row(label).pk}


# What addresses need that are not a model's list, page, history or removal.
ARGUMENTS: dict[str, Arguments] = {
    "app_list": lambda rooms: {"app_label": "accounts"},
    "accounts_client_issue": lambda rooms: {"pk": rooms.contract.client_id},
    "accounts_client_grant": lambda rooms: {"pk": rooms.contract.client_id},
    "accounts_user_reissue": lambda rooms: {"pk": rooms.director.pk},
    "accounts_user_slip": lambda rooms: {"pk": rooms.director.pk},
    "accounts_user_factor": lambda rooms: {"pk": rooms.director.pk},
    "accounts_membership_agreement": _key("accounts.membership"),
    "contracts_specialist_reassign": lambda rooms: {"pk": rooms.specialist.pk},
    "documents_document_file": _key("documents.document", "document"),
    "messaging_message_act": lambda rooms: {"pk": rooms.message.pk, "code": "note"},
    "messaging_message_file": lambda rooms: {
        "message": rooms.message.pk,
        "attachment": rooms.attachment.pk,
    },
    "messaging_incomingmail_source": _key("messaging.incomingmail"),
    "messaging_incomingmail_accept": _key("messaging.incomingmail"),
    "messaging_incomingmail_dismiss": _key("messaging.incomingmail"),
    "messaging_incomingmail_put_back": _key("messaging.incomingmail"),
}
# What is posted where nothing at all would be a page not found.
POSTED: dict[str, Callable[[Furniture], dict[str, Any]]] = {
    "accounts_membership_revoke": _key("accounts.membership"),
}
# What stands behind the question mark of some addresses.
QUERIES: dict[str, Callable[[Furniture], str]] = {
    "accounts_membership_revoke": lambda rooms: f"?pk={rooms.row('accounts.membership').pk}",
    "autocomplete": lambda rooms: (
        "?app_label=contracts&model_name=assignment&field_name=contract&term=35"
    ),
}
