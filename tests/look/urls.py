"""The addresses that the frame links to: it is tested without the rooms that answer them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def _nothing(request: HttpRequest, pk: int = 0) -> HttpResponse:
    return HttpResponse()


def _room(namespace: str, **addresses: str) -> object:
    names = [
        path(address, _nothing, name=name.replace("_", "-")) for name, address in addresses.items()
    ]
    return path("", include((names, namespace)))


urlpatterns = [
    path("business/cabinet/", _nothing, name="account_login"),
    path("logout/", _nothing, name="account_logout"),
    _room(
        "accounts",
        front="",
        business="business/",
        agreement="agreement.pdf",
        access="access/",
        help="help/",
        privacy="privacy/",
        accessibility="accessibility/",
        individuals="individuals/",
    ),
    _room("admin", index="office/"),
    _room("contracts", home="home/", contract="contracts/<int:pk>/"),
    _room("documents", all_documents="documents/", document_list="contracts/<int:pk>/documents/"),
    _room("meters", readings="contracts/<int:pk>/readings/"),
    _room("billing", debt="contracts/<int:pk>/debt/"),
    _room(
        "messaging",
        message_list="messages/",
        contract_message_list="contracts/<int:pk>/messages/",
        message_new="contracts/<int:pk>/messages/new/",
    ),
]
