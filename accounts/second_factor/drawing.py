"""The key of a factor as a picture for the phone's camera."""

from __future__ import annotations

import segno
from allauth.mfa.adapter import get_adapter
from django.utils.safestring import SafeString

from accounts.models import User
from cabinet import qr


def of_key(user: User, secret: str) -> SafeString:
    """The otpauth address as inline SVG: no address of the portal gives the key out as a file."""
    code = segno.make_qr(get_adapter().build_totp_url(user, secret), error="m")
    return qr.svg(code, size="240", css_class="key-qr", title="QR-код ключа для приложения")
