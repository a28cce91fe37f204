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
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Model
from django.utils import timezone

from accounts import journal, letters
from accounts.models import Dossier, Enrolment, EnrolmentList, SiteNotice, User
from contracts.models import CalendarDay, Contract, Specialist, Topic
from documents.models import Acknowledgement, Announcement, Batch, Kind, NoticeWithdrawal
from exchange.models import Import, OutgoingBatch, OutgoingOrder, RefusedRow
from exchange.outgoing import batching
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
        self.asked = make.access_request(contract.client, director)
        self.enrolment = self._access(make.user("issuer", is_staff=True))
        self._exchange(make.user("order", is_staff=True))

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

    def _access(self, clerk: User) -> Enrolment:
        """One person of a list, printed and scanned, not signed yet; and what the office tells."""
        today, now = timezone.localdate(), timezone.now()
        path = default_storage.save("lists/1.pdf", ContentFile(b"%PDF-1.4\n"))
        kept = EnrolmentList.objects.create(
            form_key=uuid.uuid4(), name="Список.csv", sha256="0" * 64, path=path,
            created_by=clerk, confirmed_by=clerk, confirmed_at=now,
        )  # fmt: skip
        Dossier.objects.create(
            client=self.contract.client, first_day=today, last_day=today, purpose="Претензия № 12",
            made_by=clerk, path=default_storage.save("dossiers/1.pdf", ContentFile(b"%PDF-1.4\n")),
            size=9, sha256="0" * 64,
        )  # fmt: skip
        SiteNotice.objects.create(text="Работы", shown_until=now + datetime.timedelta(days=1))
        make.office_reminder(clerk, self.contract, period=today.replace(day=1))
        return make.enrolment(
            self.contract.client, clerk, source=kept, row_number=2, printed_at=now,
            state=Enrolment.State.PRINTED, agreement_number="ПС-2026-000001",
            scan=make.agreement_scan(clerk),
        )  # fmt: skip

    def _exchange(self, clerk: User) -> None:
        batching.make(kind=OutgoingBatch.Kind.READINGS)
        OutgoingOrder.objects.create(
            deed=OutgoingOrder.Deed.MAKE, kind=OutgoingBatch.Kind.READINGS, ordered_by=clerk,
            state=OutgoingOrder.State.FAILED, finished_at=timezone.now(), trouble="прервано",
        )  # fmt: skip
        attempt = Import.objects.create(
            source=Import.Source.COMMAND, state=Import.State.REFUSED, name="november",
            refused_rows=1, samples={"headers": {"points": ["code"]}},
        )  # fmt: skip
        RefusedRow.objects.create(attempt=attempt, table="points", row=2, reason="нет договора")

    def _delivery(self) -> Delivery:
        return Delivery.objects.create(message=self.message, to="a@retailer.example")


Arguments = Callable[[Furniture], dict[str, Any]]


def _key(label: str, name: str = "pk") -> Arguments:
    return lambda rooms: {name: rooms.row(label).pk}


# What addresses need that are not a model's list, page, history or removal.
ARGUMENTS: dict[str, Arguments] = {
    "app_list": lambda rooms: {"app_label": "accounts"},
    "accounts_accessrequest_refuse": lambda rooms: {"pk": rooms.asked.pk},
    "accounts_accessrequest_take_up": lambda rooms: {"pk": rooms.asked.pk},
    "accounts_client_view_as": lambda rooms: {"pk": rooms.contract.client_id},
    "accounts_dossier_file": _key("accounts.dossier"),
    "accounts_dossier_new": lambda rooms: {"client": rooms.contract.client_id},
    **{
        f"accounts_enrolment_{name}": lambda rooms: {"pk": rooms.enrolment.pk}
        for name in (
            "abandon", "agreement", "contracts", "pdf", "person", "print", "scan", "terms",
        )
    },
    "accounts_enrolment_transfer": lambda rooms: {"pk": rooms.contract.client_id},
    **{
        f"accounts_enrolmentlist_{name}": _key("accounts.enrolmentlist")
        for name in ("agreements", "confirm", "sign", "slips")
    },
    "accounts_enrolmentlist_blank": lambda rooms: {"kind": "csv"},
    "accounts_journalentry_export": lambda rooms: {"kind": "csv"},
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
    "meters_silent_file": lambda rooms: {"kind": "csv"},
    "exchange_import_act": _key("exchange.import"),
    "exchange_import_state": _key("exchange.import"),
    "exchange_import_refused": lambda rooms: {
        "pk": rooms.row("exchange.import").pk,
        "table": "points",
    },
    "exchange_outgoingbatch_answer": _key("exchange.outgoingbatch"),
    "exchange_outgoingbatch_file": lambda rooms: {
        "pk": rooms.row("exchange.outgoingbatch").pk,
        "format": "csv",
    },
    "exchange_outgoingorder_state": _key("exchange.outgoingorder"),
    "exchange_outgoingorder_repeat": _key("exchange.outgoingorder"),
}  # fmt: skip
# What is posted where nothing at all would be a page not found, or no button of the page.
POSTED: dict[str, Callable[[Furniture], dict[str, Any]]] = {
    "accounts_membership_revoke": _key("accounts.membership"),
    "accounts_enrolment_new": lambda rooms: {"client": rooms.contract.client_id},
    "exchange_import_act": lambda rooms: {"do": "apply"},
}
# What stands behind the question mark of some addresses.
QUERIES: dict[str, Callable[[Furniture], str]] = {
    "accounts_membership_revoke": lambda rooms: f"?pk={rooms.row('accounts.membership').pk}",
    "find": lambda rooms: f"?q={rooms.contract.number}",
    "autocomplete": lambda rooms: (
        "?app_label=contracts&model_name=assignment&field_name=contract&term=35"
    ),
}
