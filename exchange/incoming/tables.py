"""The tables of a package: each declared once, read by the loader and the generator alike.

A column of a file is a field of the model under the same name; a parent's column holds the
parent's external id. Tables stand in the order in which they load: parents before children.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from django.core.exceptions import ValidationError
from django.db.models import Model

from accounts.models import Client
from billing.models import Balance, Instalment, LedgerEntry
from contracts.models import Assignment, Branch, Contract, Leave, Specialist, Topic
from documents import content_errors
from documents.models import Document, Kind, NoticeDispatch, NoticeWithdrawal
from exchange.incoming.declaration import Parent, Rule, Table
from meters.models import (
    ActReading,
    BillingAnswer,
    Installation,
    Meter,
    MeteringPoint,
    Reading,
    Register,
    Submission,
)


def _refused_by(model: type[Model], row: Mapping[str, str]) -> tuple[str, str] | None:
    """The first value that the model's own field does not take, and why.

    What the office may not type into a card does not come by a package either.
    """
    for name, text in row.items():
        field = model._meta.get_field(name)
        try:
            field.clean(text, None)  # type: ignore[union-attr]
        except ValidationError as error:
            words = error.messages[0].rstrip(".")
            return name, f"«{text}» — {words[:1].lower()}{words[1:]}" if text else "не заполнен"
    return None


def _document_refusal(row: Mapping[str, str]) -> tuple[str, str] | None:
    """A document's content is checked against its kind's schema; one with a file may have none.

    A restriction notice always has one: pages say its sum, its day and its points.
    """
    has_file = row["file_sha256"] and row["kind"] != Kind.RESTRICTION_NOTICE
    if has_file and row["content"].strip() == "{}":
        return None
    amount = Decimal(row["amount"]) if row["amount"] else None
    words = content_errors.check(row["kind"], row["content"], amount)
    return ("content", words) if words else None


BRANCH = Parent(name="branch", model=Branch)
CONTRACT = Parent(name="contract", model=Contract)
POINT = Parent(name="point", model=MeteringPoint)
METER = Parent(name="meter", model=Meter)
REGISTER = Parent(name="register", model=Register)
SPECIALIST = Parent(name="specialist", model=Specialist)
_OF_ITS_OWN_CONTRACT = Rule(
    words="запись относится к документу другого договора, код",
    column="document",
    refused="of_document.contract_id <> of_contract.id",
)
NOTICE = Parent(name="document", model=Document)
OF_A_NOTICE = Rule(
    words="документ не уведомление об ограничении, код",
    column="document",
    refused="of_document.kind <> 'restriction_notice'",
)

TABLES = (
    Table(
        name="topics",
        model=Topic,
        key="code",
        fields=(
            "name",
            "hint",
            "group_name",
            "email",
            "fallback_email",
            "required_file",
            "answer_days",
            "order",
            "is_active",
        ),
        given_once=frozenset(
            {
                "group_name",
                "email",
                "fallback_email",
                "required_file",
                "answer_days",
                "order",
                "is_active",
            }
        ),
        optional=frozenset({"group_name", "fallback_email", "required_file"}),
    ),
    Table(
        name="branches",
        model=Branch,
        fields=("name", "city", "address", "phone", "email", "hours"),
    ),
    Table(
        name="specialists",
        model=Specialist,
        parents=(BRANCH,),
        fields=(
            "last_name",
            "first_name",
            "patronymic",
            "position",
            "phone",
            "extension",
            "email",
            "office",
            "is_active",
        ),
    ),
    Table(
        name="leaves",
        model=Leave,
        parents=(SPECIALIST, Parent(name="deputy", model=Specialist)),
        fields=("starts_on", "ends_on"),
    ),
    Table(
        name="clients",
        model=Client,
        fields=(
            "short_name",
            "full_name",
            "inn",
            "kpp",
            "ogrn",
            "legal_address",
            "postal_address",
            "phone",
            "email",
            "registered_on",
        ),
        kept=frozenset({"registered_on"}),
        refusal=partial(_refused_by, Client),
        refusal_of=("short_name", "full_name", "inn", "kpp", "ogrn", "email"),
    ),
    Table(
        name="contracts",
        model=Contract,
        parents=(Parent(name="client", model=Client), BRANCH),
        fields=("number", "signed_on", "terminated_on", "place", "price_category", "voltage"),
        refusal=partial(_refused_by, Contract),
        refusal_of=("number",),
    ),
    Table(
        name="assignments",
        model=Assignment,
        parents=(
            Parent(name="topic", model=Topic, key="code"),
            SPECIALIST,
            Parent(name="contract", model=Contract, is_required=False),
            Parent(name="branch", model=Branch, is_required=False),
        ),
        fields=("starts_on", "ends_on"),
    ),
    Table(
        name="points",
        model=MeteringPoint,
        parents=(CONTRACT,),
        fields=(
            "number",
            "name",
            "place",
            "site",
            "max_power_kw",
            "losses_percent",
            "losses_kwh",
            "opened_on",
            "closed_on",
        ),
        optional=frozenset({"losses_percent", "losses_kwh"}),
        rules=(
            Rule(
                words="потери не от 0 до 100 процентов (losses_percent), код",
                column="losses_percent",
                refused="staged.losses_percent < 0 OR staged.losses_percent >= 100",
            ),
        ),
    ),
    Table(
        name="meters",
        model=Meter,
        fields=("make", "model", "serial", "year", "verified_on", "verified_until", "is_automatic"),
        optional=frozenset({"verified_on"}),
        rules=(
            Rule(
                words="год выпуска не от 1950 до нынешнего (year), код",
                column="year",
                refused="staged.year < 1950 OR staged.year > extract(year FROM now()) + 1",
            ),
        ),
    ),
    Table(
        name="installations",
        model=Installation,
        parents=(POINT, METER),
        fields=(
            "current_ratio",
            "voltage_ratio",
            "installed_on",
            "removed_on",
            "current_transformers_verified_until",
            "voltage_transformers_verified_until",
        ),
        optional=frozenset(
            {"current_transformers_verified_until", "voltage_transformers_verified_until"}
        ),
    ),
    Table(
        name="registers",
        model=Register,
        parents=(METER,),
        fields=("energy", "zone", "order", "integer_digits", "fraction_digits"),
    ),
    Table(
        name="act_readings",
        model=ActReading,
        parents=(Parent(name="installation", model=Installation), REGISTER),
        fields=("moment", "value"),
        rules=(
            Rule(
                words="шкала другого прибора, не установленного по этому акту, код",
                column="register",
                refused="of_register.meter_id <> of_installation.meter_id",
            ),
        ),
        # Receipts state what the month began with.
        frozen="true",
        may_be_absent=True,
    ),
    Table(
        name="readings",
        model=Reading,
        parents=(CONTRACT, POINT, REGISTER),
        fields=("period", "value", "source", "is_rollover", "received_at"),
        rules=(
            Rule(
                words="показание относится к точке другого договора, код",
                column="contract",
                refused="of_point.contract_id <> of_contract.id",
            ),
            Rule(
                words="прибор этой шкалы на этой точке не стоял, код",
                column="register",
                refused="NOT EXISTS (SELECT FROM meters_installation hung"
                " WHERE hung.point_id = of_point.id AND hung.meter_id = of_register.meter_id)",
            ),
            Rule(
                words="показание за месяц, который ещё не начался (period), код",
                column="period",
                refused="staged.period > (now() + interval '1 day')::date",
            ),
            # The latest reading counts: one of tomorrow would beat a correction of today.
            Rule(
                words="показание принято в будущем (received_at), код",
                column="received_at",
                refused="staged.received_at > now()",
            ),
        ),
        frozen="true",
    ),
    Table(
        name="documents",
        model=Document,
        parents=(CONTRACT, Parent(name="corrects", model=Document, is_required=False)),
        fields=(
            "kind",
            "title",
            "number",
            "issued_on",
            "period",
            "amount",
            "content",
            "published_at",
            "file_sha256",
        ),
        optional=frozenset({"corrects", "title", "file", "file_sha256"}),
        rules=(
            Rule(
                words="у документа вида «Прочее» нет названия (title), код",
                column="title",
                refused="staged.kind = 'other' AND staged.title = ''",
            ),
            Rule(
                words="исправляет документ другого договора, код",
                column="corrects",
                # Equality alone: what compares with <> is asked of every row for every row.
                refused="of_corrects.contract_id <> of_contract.id OR (staged.corrects IS NOT NULL"
                " AND EXISTS (SELECT FROM staging_documents corrected WHERE corrected.external_id"
                " = staged.corrects) AND NOT EXISTS (SELECT FROM staging_documents corrected"
                " WHERE (corrected.external_id, corrected.contract)"
                " = (staged.corrects, staged.contract)))",
            ),
            Rule(
                words="имя файла (file) и его SHA-256 (file_sha256) даются вместе, код",
                column="file",
                refused="(staged.file = '') <> (staged.file_sha256 = '')",
            ),
            Rule(
                words="file_sha256 — не 64 шестнадцатеричные цифры строчными буквами, код",
                column="file_sha256",
                refused="staged.file_sha256 !~ '^([0-9a-f]{64})?$'",
            ),
        ),
        refusal=_document_refusal,
        refusal_of=("kind", "content", "amount", "file_sha256"),
        attached_file="file",
        # What was shown is what is kept: a correction is another document.
        frozen="stored.published_at <= statement_timestamp() OR stored.path <> ''",
    ),
    Table(
        name="notice_dispatches",
        model=NoticeDispatch,
        parents=(NOTICE,),
        fields=("channel", "address", "sent_at", "text_sha256"),
        optional=frozenset({"address", "text_sha256"}),
        rules=(OF_A_NOTICE,),
        # When and where it was sent is evidence.
        frozen="true",
        may_be_absent=True,
    ),
    Table(
        name="notice_withdrawals",
        model=NoticeWithdrawal,
        parents=(NOTICE,),
        fields=("reason", "withdrawn_at"),
        rules=(OF_A_NOTICE,),
        may_be_absent=True,
    ),
    Table(
        name="ledger",
        model=LedgerEntry,
        parents=(CONTRACT, Parent(name="document", model=Document, is_required=False)),
        fields=("kind", "account", "title", "number", "booked_on", "period", "amount", "note"),
        # Without the column every entry is of the main debt.
        optional=frozenset({"account"}),
        rules=(
            _OF_ITS_OWN_CONTRACT,
            Rule(
                words="такой вид записи на этом счёте расчётов (account) не ведётся, код",
                column="account",
                refused=(
                    "(staged.kind, staged.account) NOT IN (('charge', 'main'), ('payment', 'main'),"
                    " ('payment', 'late_fee'), ('late_fee', 'late_fee'), ('advance', 'advance'),"
                    " ('offset', 'main'), ('offset', 'advance')) AND staged.kind <> 'correction'"
                ),
            ),
            Rule(
                words="сумма не больше нуля (отрицательной бывает только корректировка), код",
                column="amount",
                refused="staged.amount <= 0 AND (staged.kind <> 'correction' OR staged.amount = 0)",
            ),
            Rule(
                words="у зачёта аванса нет второй записи: на другом счёте расчётов (account), с тем"
                " же номером, днём и суммой, код",
                column="account",
                refused="staged.kind = 'offset' AND NOT EXISTS (SELECT FROM staging_ledger other"
                " WHERE other.kind = 'offset' AND other.account"
                " = CASE staged.account WHEN 'main' THEN 'advance' ELSE 'main' END"
                " AND (other.contract, other.number, other.booked_on, other.amount)"
                " = (staged.contract, staged.number, staged.booked_on, staged.amount))",
            ),
        ),
    ),
    Table(
        name="balances",
        model=Balance,
        parents=(CONTRACT,),
        fields=("account", "as_of", "amount"),
        optional=frozenset({"account"}),
        rules=(
            Rule(
                words="сальдо на момент в будущем (as_of), код",
                column="as_of",
                refused="staged.as_of > now()",
            ),
        ),
    ),
    Table(
        name="instalments",
        model=Instalment,
        parents=(CONTRACT, Parent(name="document", model=Document, is_required=False)),
        fields=("period", "order", "share_percent", "due_on", "amount", "base_amount"),
        rules=(
            _OF_ITS_OWN_CONTRACT,
            Rule(
                words="у платежа с долей нет суммы (amount), код",
                column="amount",
                refused="staged.amount IS NULL AND staged.share_percent IS NOT NULL",
            ),
        ),
        may_be_absent=True,
    ),
    # The last of all: the batches that it answers are locked from here to COMMIT alone.
    Table(
        name="reading_answers",
        model=BillingAnswer,
        parents=(Parent(name="submission", model=Submission, key="number"), REGISTER),
        fields=("state", "reason", "answered_at"),
        rules=(
            Rule(
                words="в этой квитанции нет показания этой шкалы, код",
                column="register",
                refused="NOT EXISTS (SELECT FROM meters_reading handed WHERE handed.submission_id"
                " = of_submission.id AND handed.register_id = of_register.id)",
            ),
            Rule(
                words="у отказа нет причины (reason), код",
                column="reason",
                refused="staged.state = 'rejected' AND staged.reason = ''",
            ),
            Rule(
                words="ответ дан в будущем (answered_at), код",
                column="answered_at",
                refused="staged.answered_at > now()",
            ),
            # A mistyped year, which would lose to what was said before. Days have no hours.
            Rule(
                words="ответ дан раньше, чем пришло показание (answered_at), код",
                column="answered_at",
                refused="staged.answered_at < of_submission.received_at - interval '1 day'",
            ),
        ),
        # A new answer is a new row: the client has seen the earlier one.
        frozen="true",
        may_be_absent=True,
    ),
)
