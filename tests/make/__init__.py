"""Small builders of rows: each gives what it must, and takes what a test cares about.

Names are obviously made up; requisites pass their check digits.
"""

from tests.make.accounts import (
    PASSWORD,
    access_request,
    agreement_scan,
    client,
    enrolment,
    member,
    membership,
    user,
)
from tests.make.billing import (
    advance,
    balance,
    charge,
    correction,
    final_bill,
    instalment,
    late_fee,
    offset,
    payer_account,
    payment,
    payment_term,
    planned_bill,
)
from tests.make.contracts import assignment, branch, contract, leave, limit, specialist, topic
from tests.make.counting import with_check_digit_inn, with_check_digit_ogrn
from tests.make.documents import bundle, dispatch, document, opening
from tests.make.messaging import attachment, message
from tests.make.meters import (
    act_reading,
    billing_answer,
    installation,
    office_reminder,
    point,
    reading,
    reading_upload,
    submission,
)

__all__ = [
    "PASSWORD",
    "access_request",
    "act_reading",
    "advance",
    "agreement_scan",
    "assignment",
    "attachment",
    "balance",
    "billing_answer",
    "branch",
    "bundle",
    "charge",
    "client",
    "contract",
    "correction",
    "dispatch",
    "document",
    "enrolment",
    "final_bill",
    "installation",
    "instalment",
    "late_fee",
    "leave",
    "limit",
    "member",
    "membership",
    "message",
    "office_reminder",
    "offset",
    "opening",
    "payer_account",
    "payment",
    "payment_term",
    "planned_bill",
    "point",
    "reading",
    "reading_upload",
    "specialist",
    "submission",
    "topic",
    "user",
    "with_check_digit_inn",
    "with_check_digit_ogrn",
]
