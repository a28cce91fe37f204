"""Which codes are right: six digits of the app (TOTP, RFC 6238), or one of the recovery codes.

Every code opens once. Of the app's codes the step of time (30 seconds) of the latest one is kept,
and neither it nor an earlier one is taken again (RFC 6238, 5.2).
"""

from __future__ import annotations

import logging
import time

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.db import transaction

from accounts.models import User
from accounts.second_factor import sealing

logger = logging.getLogger(__name__)

_STEP = "last_step"


def matching_step(secret: str, code: str, *, after: int = 0) -> int | None:
    """The step of time to which `code` belongs, later than `after`; None when it fits none.

    A phone's clock may be one step ahead or behind (`MFA_TOTP_TOLERANCE`).
    """
    now = int(time.time()) // app_settings.TOTP_PERIOD
    around = app_settings.TOTP_TOLERANCE
    for step in range(now - around, now + around + 1):
        expected = format_hotp_value(hotp_value(secret, step))
        if step > after and compare_user_code(actual=code, expected=expected):
            return step
    return None


@transaction.atomic
def accept(user: User, code: str) -> Authenticator | None:
    """Use `code` up; the row of the factor that it belongs to, None when it is wrong or used."""
    rows = {row.type: row for row in Authenticator.objects.select_for_update().filter(user=user)}
    app = rows.get(Authenticator.Type.TOTP)
    if app is None:
        return None
    try:
        step = matching_step(sealing.unseal(app.data["secret"]), code, after=app.data.get(_STEP, 0))
        if step is not None:
            app.data[_STEP] = step
            app.save(update_fields=["data"])
            return app
        spare = rows.get(Authenticator.Type.RECOVERY_CODES)
        return spare if spare is not None and RecoveryCodes(spare).validate_code(code) else None
    except sealing.Unreadable:
        logger.error("second factor of user %s: its key is unknown, reset it", user.pk)
        return None


def store(user: User, *, secret: str, step: int) -> list[str]:
    """Keep the app's key, whose code of `step` is used up; the recovery codes, readable once.

    The caller has made sure that the person has no factor.
    """
    Authenticator.objects.create(
        user=user,
        type=Authenticator.Type.TOTP,
        data={"secret": sealing.seal(secret), _STEP: step},
    )
    return renew_recovery_codes(user)


def renew_recovery_codes(user: User) -> list[str]:
    """Ten new recovery codes; the former ones open nothing any more."""
    Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).delete()
    return [_readable(code) for code in RecoveryCodes.activate(user).get_unused_codes()]


def recovery_codes_left(user: User) -> int:
    """How many recovery codes have not been used; 0 when their key is unknown."""
    row = Authenticator.objects.filter(user=user, type=Authenticator.Type.RECOVERY_CODES).first()
    try:
        return len(RecoveryCodes(row).get_unused_codes()) if row else 0
    except sealing.Unreadable:
        return 0


def _readable(code: str) -> str:
    """«1234 5678»: what is typed is compared without blanks."""
    return f"{code[:4]} {code[4:]}"
