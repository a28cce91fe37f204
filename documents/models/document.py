"""The archive: what billing published about a contract, month by month."""

from __future__ import annotations

import datetime
import functools
import operator
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Case, Exists, F, Func, OuterRef, Q, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Now, Upper
from django.utils import timezone

from contracts.models import Contract
from contracts.periods import PeriodField, period_constraint

# Letters that look alike: whoever types a number from paper does not see which they are.
_TO_CYRILLIC = str.maketrans("ABCEHKMOPTXYabcehkmoptxy", "АВСЕНКМОРТХУавсенкмортху")
_TO_LATIN = {cyrillic: latin for latin, cyrillic in _TO_CYRILLIC.items()}
# What Windows refuses in names of files, and what may break a header.
_NOT_IN_FILE_NAMES = frozenset('<>:"/\\|?*') | {chr(code) for code in (*range(32), 127)}


def safe_name(text: str) -> str:
    """`text` as a name that every system takes for a file."""
    return "".join("-" if sign in _NOT_IN_FILE_NAMES else sign for sign in text)


class Kind(models.TextChoices):
    """What a retailer sends to its clients; each kind has a schema and a template of its own."""

    PLANNED_BILL = "planned_bill", "Плановый счёт"
    FINAL_BILL = "final_bill", "Итоговый счёт"
    VAT_INVOICE = "vat_invoice", "Счёт-фактура"
    ADVANCE_VAT_INVOICE = "advance_vat_invoice", "Счёт-фактура на аванс"
    TRANSFER_ACT = "transfer_act", "Акт приёмки-передачи"
    RECONCILIATION_ACT = "reconciliation_act", "Акт сверки"
    CONSUMPTION_STATEMENT = "consumption_statement", "Ведомость энергопотребления"
    RESTRICTION_NOTICE = "restriction_notice", "Уведомление об ограничении"
    OTHER = "other", "Прочее"


# Kinds whose content has sums without VAT, VAT, and lines with rates.
_WITH_NET = (
    Kind.PLANNED_BILL,
    Kind.FINAL_BILL,
    Kind.VAT_INVOICE,
    Kind.TRANSFER_ACT,
    Kind.CONSUMPTION_STATEMENT,
)
# Kinds whose sums add up over months and contracts: balances and debts do not.
SUMMED = (*_WITH_NET, Kind.ADVANCE_VAT_INVOICE)
_WITH_LINES = tuple(kind for kind in SUMMED if kind != Kind.CONSUMPTION_STATEMENT)


def _stated(key: str, *kinds: Kind) -> Case:
    """What the content of these kinds says under `key`; the content of others is not read."""
    return Case(When(kind__in=kinds, then=KeyTextTransform(key, "content")))


class _Rates(Func):
    """The VAT rates of a content's lines, as an array of JSON."""

    function = "jsonb_path_query_array"
    template = "%(function)s(%(expressions)s, '$.lines[*].vat_rate')"
    output_field: ClassVar = models.JSONField()


class DocumentQuerySet(models.QuerySet["Document"]):
    """Documents by period, kind and state."""

    def in_period(self, first_day: datetime.date, last_day: datetime.date) -> Self:
        """Documents of the billing periods that begin between the two days."""
        return self.filter(period__range=(first_day, last_day))

    def of_kind(self, kind: str) -> Self:
        """Documents of one kind; of all kinds when it is empty."""
        return self.filter(kind=kind) if kind else self

    def for_list(self) -> Self:
        """Without the content, which may be long, but with what the list says of it.

        `share_percent` of a planned bill, `to_pay` of a final one, `starts_on` and `ends_on` (ISO)
        of a reconciliation act;
        `corrects` and `corrected_by.all()` are loaded, as far as their names need.
        """
        corrections = Document.objects.published().order_by("pk").defer("content")
        return (
            self.defer("content", "corrects__content")
            .select_related("corrects")
            .prefetch_related(models.Prefetch("corrected_by", corrections))
            .annotate(
                share_percent=_stated("share_percent", Kind.PLANNED_BILL),
                to_pay=_stated("to_pay", Kind.FINAL_BILL),
                starts_on=_stated("starts_on", Kind.RECONCILIATION_ACT),
                ends_on=_stated("ends_on", Kind.RECONCILIATION_ACT),
            )
        )

    def with_sums(self) -> Self:
        """With what the content says of VAT: `net`, `vat`, `vat_rates` of its lines.

        The database reads them: contents may be long, and a registry has thousands.
        """
        return self.annotate(
            net=_stated("net", *_WITH_NET),
            vat=_stated("vat", *SUMMED),
            vat_rates=Case(When(kind__in=_WITH_LINES, then=_Rates("content"))),
        )

    def published(self) -> Self:
        """What clients may see: billing may load a document before its day."""
        return self.filter(published_at__lte=Now())

    def not_corrected(self) -> Self:
        """Documents without those that a published document corrects."""
        corrections = self.model.objects.published().filter(corrects=OuterRef("pk"))
        return self.filter(~Exists(corrections))

    def with_number(self, part: str) -> Self:
        """Documents in whose number `part` stands, whatever its case; all when it is empty.

        Letters that look alike count as one, and a space may stand for a hyphen: «A 12» finds
        «А-12». One or two characters are taken for the whole number: no index finds so little.
        """
        if not part:
            return self
        spellings = {
            letters.replace(" ", sign)
            for letters in (part, part.translate(_TO_CYRILLIC), part.translate(_TO_LATIN))
            for sign in (" ", "-")
        }
        look_up = "number__icontains" if len(part) > 2 else "number__iexact"
        conditions = [Q(**{look_up: spelling}) for spelling in sorted(spellings)]
        return self.filter(functools.reduce(operator.or_, conditions))

    def unrendered(self) -> Self:
        """Published documents whose PDF is still to be made, newest first: clients open these.

        One that could not be made waits for the office (`failed`), and a file of billing's own is
        never made.
        """
        waiting = self.published().filter(path="", failure="", file_sha256="")
        return waiting.order_by("-period", "-issued_on", "-pk")

    def failed(self) -> Self:
        """Documents whose PDF could not be made, the latest failure first."""
        return self.filter(path="").exclude(failure="").order_by("-failed_at", "-pk")


class Document(models.Model):
    """One document: its content as billing stated it, and the PDF made of it once.

    `content` is structured per kind (documents/content.py). The PDF is rendered when first needed
    and kept with its SHA-256: what was shown is what is kept. A document may instead come with a
    PDF of billing's own, whose SHA-256 is then `file_sha256`.

    Published once, never changed: a trigger refuses to change what billing stated after
    `published_at`, to replace a stored PDF, and to delete either. A correction is a later document
    of the same contract that names in `corrects` what it corrects.
    """

    external_id = models.CharField("код в биллинге", max_length=64, unique=True)
    contract = models.ForeignKey(
        Contract, models.PROTECT, related_name="documents", verbose_name="договор"
    )
    kind = models.CharField("вид", max_length=30, choices=Kind)
    number = models.CharField("номер", max_length=60)
    issued_on = models.DateField("дата")
    period = PeriodField("период")
    amount = models.DecimalField("сумма, ₽", max_digits=15, decimal_places=2, null=True, blank=True)
    content: models.JSONField[dict[str, Any], dict[str, Any]] = models.JSONField("содержание")
    published_at = models.DateTimeField("опубликован", db_default=Now())
    path = models.CharField("файл", max_length=200, blank=True, editable=False)
    size = models.PositiveIntegerField("размер, байт", null=True, blank=True, editable=False)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True, editable=False)
    rendered_at = models.DateTimeField("PDF сделан", null=True, blank=True, editable=False)
    announced_at = models.DateTimeField(
        "разослан",
        null=True,
        blank=True,
        editable=False,
        help_text="Когда решено, кому о нём написать.",
    )

    # How it is called when its kind does not say it, what it corrects, where its PDF comes from.
    title = models.CharField("название", max_length=120, blank=True, default="", db_default="")
    corrects = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="corrected_by",
        verbose_name="исправляет",
    )
    file_sha256 = models.CharField(
        "SHA-256 файла биллинга", max_length=64, blank=True, default="", db_default=""
    )
    failure = models.CharField(
        "почему нет PDF", max_length=300, blank=True, default="", db_default="", editable=False
    )
    failed_at = models.DateTimeField("PDF не получился", null=True, blank=True, editable=False)

    # Set by `for_list`.
    share_percent: str | None
    to_pay: str | None
    starts_on: str | None
    ends_on: str | None
    # Set by `with_sums`.
    net: str | None
    vat: str | None
    vat_rates: list[int | None] | None

    objects: ClassVar = DocumentQuerySet.as_manager()

    class Meta:
        """Read by contract and period; a stored file always has size and checksum."""

        verbose_name = "документ"
        verbose_name_plural = "документы"
        # All keys in one direction: pages of the list compare them with a row (cabinet/keyset.py).
        ordering = ["-period", "-issued_on", "-pk"]
        constraints = [
            period_constraint("period", "document_period_is_a_month"),
            models.CheckConstraint(
                condition=Q(path="", sha256="", size__isnull=True)
                | (~Q(path="") & ~Q(sha256="") & Q(size__isnull=False)),
                name="document_file_is_whole",
                violation_error_message="У файла должны быть размер и SHA-256.",
            ),
            models.UniqueConstraint(
                fields=["path"],
                name="document_file_of_its_own",
                violation_error_message="Этот файл уже принадлежит другому документу.",
                condition=~Q(path=""),
            ),
            models.CheckConstraint(
                condition=Q(file_sha256="") | Q(path="") | Q(sha256=F("file_sha256")),
                name="document_file_is_the_given_one",
                violation_error_message="Файл не тот, который прислал биллинг: SHA-256 другой.",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.OTHER) | ~Q(title=""),
                name="document_other_has_a_title",
                violation_error_message="У документа вида «Прочее» должно быть название.",
            ),
            # Whoever corrects came later: no circle of corrections is possible.
            models.CheckConstraint(
                condition=Q(corrects__isnull=True) | Q(corrects__lt=F("id")),
                name="document_corrects_an_earlier_one",
                violation_error_message="Исправить можно только более ранний документ.",
            ),
        ]
        indexes = [
            models.Index(
                fields=["contract", "-period", "-issued_on", "-id"], name="document_by_period"
            ),
            models.Index(
                fields=["contract", "kind", "-period", "-issued_on", "-id"],
                name="document_by_kind",
            ),
            models.Index(
                "contract", Coalesce("amount", Decimal(0)), "id", name="document_by_amount"
            ),
            GinIndex(
                "contract", OpClass(Upper("number"), "gin_trgm_ops"), name="document_by_number"
            ),
            models.Index(fields=["-period", "-issued_on", "-id"], name="document_newest"),
            models.Index(
                fields=["id"], name="document_unannounced", condition=Q(announced_at__isnull=True)
            ),
            models.Index(
                fields=["-period", "-issued_on", "-id"],
                name="document_unrendered",
                condition=Q(path="", failure="", file_sha256=""),
            ),
            models.Index(
                fields=["-failed_at", "-id"],
                name="document_failed",
                condition=Q(path="") & ~Q(failure=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} № {self.number} от {self.issued_on:%d.%m.%Y}"

    @property
    def is_published(self) -> bool:
        """Whether clients see it."""
        return self.published_at <= timezone.now()

    @property
    def name(self) -> str:
        """How it is called: its own title, else its kind's."""
        return self.title or str(self.get_kind_display())

    @property
    def filename(self) -> str:
        """The name under which a browser saves it: «Счёт-фактура № 123 от 31.10.2026.pdf»."""
        return f"{safe_name(str(self))}.pdf"
