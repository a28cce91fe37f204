"""Sample arguments for every address, all of them Vega's."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from documents.models import Kind
from messaging.models import Message
from tests import make
from tests.contents import content_of

Argument = Callable[[pytest.FixtureRequest], Any]


def _contract(request: pytest.FixtureRequest) -> int:
    return int(request.getfixturevalue("vega_contract").pk)


def _constant(value: Any) -> Argument:
    return lambda request: value


def _document(request: pytest.FixtureRequest) -> int:
    contract = request.getfixturevalue("vega_contract")
    values = {"content": content_of(Kind.TRANSFER_ACT, contract)}
    return int(make.document(contract, Kind.TRANSFER_ACT, **values).pk)


def _payer_account(request: pytest.FixtureRequest) -> int:
    contract = request.getfixturevalue("vega_contract")
    return int(make.payer_account(contract.client, request.getfixturevalue("vega")).pk)


def _notice(request: pytest.FixtureRequest) -> int:
    contract = request.getfixturevalue("vega_contract")
    values = {"content": content_of(Kind.RESTRICTION_NOTICE, contract)}
    return int(make.document(contract, Kind.RESTRICTION_NOTICE, **values).pk)


def _bundle(request: pytest.FixtureRequest) -> uuid.UUID:
    contract = request.getfixturevalue("vega_contract")
    return make.bundle(request.getfixturevalue("vega"), [make.document(contract)]).key


def _message(request: pytest.FixtureRequest) -> str:
    return str(_message_row(request).number)


def _attachment(request: pytest.FixtureRequest) -> int:
    return int(make.attachment(_message_row(request)).pk)


def _message_row(request: pytest.FixtureRequest) -> Message:
    contract = request.getfixturevalue("vega_contract")
    found = Message.objects.filter(contract=contract).first()
    author, topic = request.getfixturevalue("vega"), request.getfixturevalue("topic")
    return found or make.message(contract, author, topic)


def _receipt(request: pytest.FixtureRequest) -> str:
    contract = request.getfixturevalue("vega_contract")
    return str(make.submission(contract, request.getfixturevalue("vega")).number)


def _point(request: pytest.FixtureRequest) -> int:
    return int(request.getfixturevalue("vega_contract").points.first().pk)


def _upload(request: pytest.FixtureRequest) -> int:
    contract = request.getfixturevalue("vega_contract")
    return int(make.reading_upload(contract, request.getfixturevalue("vega")).pk)


def _company(request: pytest.FixtureRequest) -> int:
    return int(request.getfixturevalue("vega_client").pk)


def _membership(request: pytest.FixtureRequest) -> int:
    accountant = request.getfixturevalue("vega_accountant")
    return int(accountant.memberships.get().pk)


def _access_request(request: pytest.FixtureRequest) -> str:
    client = request.getfixturevalue("vega_client")
    return str(make.access_request(client, request.getfixturevalue("vega")).number)


OF_CONTRACT: dict[str, Argument] = {"contract": _contract}
OF_COMPANY: dict[str, Argument] = {"company": _company}

SAMPLES: dict[str, dict[str, Argument]] = {
    "live": {},
    "ready": {},
    "accounts:front": {},
    "accounts:business": {},
    "accounts:individuals": {},
    "accounts:privacy": {},
    "accounts:accessibility": {},
    "accounts:help": {},
    "accounts:agreement": {},
    "accounts:first-password": {},
    "accounts:color-scheme": {},
    "accounts:notifications": {},
    "accounts:second-factor": {},
    "accounts:second-factor-set": {},
    "accounts:recovery-codes-new": {},
    "accounts:second-factor-off": {},
    "accounts:access": {},
    "accounts:company-access": OF_COMPANY,
    "accounts:access-end": {**OF_COMPANY, "membership": _membership},
    "accounts:access-narrow": {**OF_COMPANY, "membership": _membership},
    "accounts:access-request-list": OF_COMPANY,
    "accounts:access-request-new": OF_COMPANY,
    "accounts:access-request": {**OF_COMPANY, "number": _access_request},
    "accounts:access-request-withdraw": {**OF_COMPANY, "number": _access_request},
    "accounts:access-history": {},
    "accounts:viewing-end": {},
    "accounts:session-end": {"session": _constant(1)},
    "account_login": {},
    "mfa_authenticate": {},
    "mfa_reauthenticate": {},
    "account_logout": {},
    "account_email": {},
    "account_confirm_email": {"key": _constant("no-such-key")},
    "account_change_password": {},
    "account_reset_password": {},
    "account_reset_password_done": {},
    "account_reset_password_from_key": {"uidb36": _constant("1"), "key": _constant("no-such-key")},
    "account_reset_password_from_key_done": {},
    "contracts:home": {},
    "contracts:contract": OF_CONTRACT,
    "billing:debt": OF_CONTRACT,
    "billing:history": OF_CONTRACT,
    "billing:reconciliation": OF_CONTRACT,
    "billing:reconciliation-act": OF_CONTRACT,
    "billing:pay": OF_CONTRACT,
    "billing:pay-bill": OF_CONTRACT,
    "billing:pay-order": OF_CONTRACT,
    "billing:payer-account-new": OF_CONTRACT,
    "billing:payer-account": {**OF_CONTRACT, "account": _payer_account},
    "billing:history-file": OF_CONTRACT,
    "billing:turnovers": OF_CONTRACT,
    "billing:turnovers-file": OF_CONTRACT,
    "documents:document-list": OF_CONTRACT,
    "documents:document-file": {**OF_CONTRACT, "document": _document},
    "documents:all-documents": {},
    "documents:contract-openings": OF_CONTRACT,
    "documents:document-openings": {**OF_CONTRACT, "document": _document},
    "documents:notice": {**OF_CONTRACT, "document": _notice},
    "documents:notice-acknowledge": {**OF_CONTRACT, "document": _notice},
    "documents:registry": {**OF_CONTRACT, "kind": _constant("xlsx")},
    "documents:registry-of-all": {"kind": _constant("csv")},
    "documents:bundle-new": OF_CONTRACT,
    "documents:bundle-new-of-all": {},
    "documents:bundle": {"key": _bundle},
    "documents:bundle-state": {"key": _bundle},
    "documents:bundle-cancel": {"key": _bundle},
    "documents:bundle-file": {"key": _bundle},
    "meters:readings": OF_CONTRACT,
    "meters:readings-check": OF_CONTRACT,
    "meters:readings-file": OF_CONTRACT,
    "meters:readings-blank": {**OF_CONTRACT, "kind": _constant("csv")},
    "meters:readings-file-check": {**OF_CONTRACT, "upload": _upload},
    "meters:reading-history": OF_CONTRACT,
    "meters:reading-history-file": {**OF_CONTRACT, "kind": _constant("csv")},
    "meters:submission-list": OF_CONTRACT,
    "meters:submission-list-file": {**OF_CONTRACT, "kind": _constant("csv")},
    "meters:point-list": OF_CONTRACT,
    "meters:point": {**OF_CONTRACT, "point": _point},
    "meters:usage": OF_CONTRACT,
    "meters:usage-file": {**OF_CONTRACT, "kind": _constant("csv")},
    "meters:verification-list": OF_CONTRACT,
    "meters:verification-list-file": {**OF_CONTRACT, "kind": _constant("csv")},
    "meters:receipt": {**OF_CONTRACT, "number": _receipt},
    "meters:submission-paper": {
        **OF_CONTRACT,
        "number": _receipt,
        "kind": _constant("receipt"),
    },
    "messaging:message-list": {},
    "messaging:contract-message-list": OF_CONTRACT,
    "messaging:message-new": OF_CONTRACT,
    "messaging:message": {**OF_CONTRACT, "number": _message},
    "messaging:message-add": {**OF_CONTRACT, "number": _message},
    "messaging:message-close": {**OF_CONTRACT, "number": _message},
    "messaging:attachment-file": {**OF_CONTRACT, "number": _message, "attachment": _attachment},
}

# Open to everybody, on purpose; anything else is closed.
OPEN = [
    "live",
    "ready",
    "accounts:front",
    "accounts:business",
    "accounts:individuals",
    "accounts:privacy",
    "accounts:accessibility",
    "accounts:help",
    "accounts:agreement",
    "account_login",
    "mfa_authenticate",
    "account_logout",
    "account_confirm_email",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
]


def samples(name: str, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The arguments of an address, made of Vega's rows."""
    return {key: make(request) for key, make in SAMPLES[name].items()}
