"""What is checked at every start: the retailer's own requisites, and how letters travel."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.core.exceptions import ValidationError

from cabinet import requisites
from cabinet.retailer import Retailer


@register()
def retailer_requisites(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """A warning for each requisite of `RETAILER_…` that fails its check digits."""
    return [
        Warning(
            f"RETAILER_{field.upper()}: {words}",
            hint="Clients pay by these requisites: bills, QR codes and payment orders carry them.",
            id="cabinet.W001",
        )
        for field, words in _wrong(settings.RETAILER)
    ]


@register()
def mail_is_sealed(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """A warning where letters go to another machine as anybody on the way can read them."""
    is_here = settings.EMAIL_HOST == "localhost" or settings.EMAIL_HOST.startswith("127.")
    if is_here or settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL:
        return []
    return [
        Warning(
            f"EMAIL_URL: letters to {settings.EMAIL_HOST} travel in the clear",
            hint="Use submission:// (STARTTLS, without it nothing is sent) or smtp://…?ssl=true.",
            id="cabinet.W002",
        )
    ]


def _wrong(retailer: Retailer) -> Iterator[tuple[str, str]]:
    checked: dict[str, Callable[[], None]] = {
        "inn": lambda: requisites.validate_inn(retailer.inn),
        "kpp": lambda: requisites.validate_kpp(retailer.kpp),
        "ogrn": lambda: requisites.validate_ogrn(retailer.ogrn),
        "bic": lambda: requisites.validate_bic(retailer.bic),
        "account": lambda: requisites.validate_account(retailer.account, retailer.bic),
        "correspondent_account": lambda: requisites.validate_correspondent_account(
            retailer.correspondent_account, retailer.bic
        ),
    }
    for field, check in checked.items():
        try:
            check()
        except ValidationError as error:
            yield field, str(error.message)
    if doubt := requisites.treasury_doubt(retailer.account, retailer.bic):
        yield "account", doubt
