"""What the pages of the table have in common: the month, the rules, the draft, what is in it."""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Mapping
from functools import cached_property, partial

from django.utils import timezone

from accounts.roles import Right
from contracts.access import ContractTemplatePage
from contracts.periods import Month
from meters import (
    drafts,
    entering,
    filtering,
    inventory,
    rules,
    submitting,
    usage,
)
from meters.entering import Entry, Typed
from meters.filtering import Choice
from meters.models import ReadingDraft, Submission

OTHER_REASON = "other"
# What a page offers; the first one is chosen at first: the manual asks only to repeat the input.
CORRECTION_REASONS = [*submitting.CORRECTION_REASONS.items(), (OTHER_REASON, "другая причина")]


class ReadingsPage(ContractTemplatePage):
    """A page about the readings of a month that are being entered."""

    tab = "points"
    right = Right.SUBMIT_READINGS

    @cached_property
    def now(self) -> datetime.datetime:
        """The moment of the request; whether readings are late is the database's to say."""
        return timezone.now()

    @cached_property
    def rules(self) -> rules.Rules:
        """The contract's."""
        return rules.of_contract(self.contract)

    @cached_property
    def period(self) -> Month:
        """The month that the address or the form names, else the one that is asked for."""
        named = self.request.POST.get("period") or self.request.GET.get("period", "")
        window = self.rules.window
        return window.choose(named, self.now) or window.reading_period(self.now)

    @property
    def is_correction(self) -> bool:
        """Whether the person came to correct what was handed in."""
        asked = (self.request.GET, self.request.POST)
        return any(filtering.read(one).is_correction for one in asked)

    @property
    def correct_query(self) -> str:
        """That, for the address of another page; empty when they did not."""
        return Choice(is_correction=self.is_correction).query

    @cached_property
    def inventory(self) -> inventory.Inventory:
        """The contract's registers in the period."""
        return inventory.take(self.contract, self.period)

    @property
    def draft(self) -> ReadingDraft | None:
        """What the person has left unfinished for the month."""
        return drafts.find(author=self.membership.user, contract=self.contract, period=self.period)

    @cached_property
    def form_key(self) -> uuid.UUID:
        """The key of the posted form; a new one where it is missing or spoilt."""
        try:
            return uuid.UUID(self.request.POST.get("form_key", ""))
        except ValueError:
            return uuid.uuid4()

    def enter(self, typed: Mapping[int, Typed]) -> Entry:
        """The table with `typed` in it."""
        if not typed:
            return entering.untouched(self.inventory)
        return entering.enter(
            self.inventory,
            typed,
            thresholds=self.rules.thresholds,
            usual=partial(usage.usual, self.contract, self.period),
        )

    def submit(self, entry: Entry) -> Submission:
        """Hand in what the table states.

        Raises:
            submitting.NotTaken: it was not taken, and why.
        """
        return submitting.submit_readings(
            contract=self.contract,
            author=self.membership.user,
            period=self.period,
            form_key=self.form_key,
            stated=submitting.statements(entry),
            correction_reason=self.correction_reason,
        )

    @property
    def correction_reason(self) -> str:
        """Why earlier values are replaced, in words; of another reason the person's own."""
        chosen = self.request.POST.get("correction", "")
        if chosen == OTHER_REASON:
            return " ".join(self.request.POST.get("correction_note", "").split())[:300]
        return submitting.CORRECTION_REASONS.get(chosen, "")
