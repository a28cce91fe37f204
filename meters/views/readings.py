"""The table of all points with an input in each row."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from accounts import posted
from accounts.roles import Right
from cabinet import formats
from meters import (
    drafts,
    entering,
    filtering,
    inventory,
    markup,
    notices,
    rejections,
    submitting,
    table,
    verification,
    window,
)
from meters.entering import Entry
from meters.filtering import Choice
from meters.models import Reading, ReadingDraft
from meters.views.page import CORRECTION_REASONS, ReadingsPage

# An error summary of a thousand lines helps nobody.
ERRORS_SHOWN = 20


class ReadingsView(ReadingsPage):
    """Every button posts the whole table: it becomes the draft first, then what was asked for."""

    template_name = "meters/readings.html"

    # Showing -------------------------------------------------------------------------------------

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The table with the draft in it; after a new login with what was posted before it."""
        if self.may(Right.SUBMIT_READINGS) and (kept := posted.take(request)):
            return self._take_up(entering.restored(kept["typed"]), kept["period"])
        if request.GET.get("period") and request.GET["period"] != window.code(self.period):
            messages.warning(
                request,
                f"Показания за этот месяц сейчас не принимаются, ниже таблица за {self.period}.",
            )
            return redirect(self._address(Choice()))
        draft = self.draft if self.may(Right.SUBMIT_READINGS) else None
        entry = self.enter(entering.restored(draft.typed) if draft else {})
        return self._show(entry, draft=draft, form_key=draft.form_key if draft else uuid.uuid4())

    def _show(
        self, entry: Entry, *, status: int = 200, choice: Choice | None = None, **context: Any
    ) -> HttpResponse:
        """The page with `entry` in it; nothing that was typed is lost."""
        may_enter = self.may(Right.SUBMIT_READINGS) and self.contract.is_active
        choice = choice or filtering.read(self.request.GET or self.request.POST)
        lines = [line for line in entry.lines if choice.shows(line)]
        shown = {
            "form_key": self.form_key,
            "seal": posted.seal(self.membership.user),
            "period": self.period,
            "period_code": window.code(self.period),
            "groups": self._groups(lines, choice, with_inputs=may_enter),
            "bare": markup.bare_rows(entry.inventory.bare) if choice.is_whole else "",
            "rows_shown": len(lines),
            "totals": table.totals(entry.lines),
            "may_enter": may_enter and bool(entry.inventory.asked),
            "corrections": _correction_reasons(entry),
            "notice": notices.of_inventory(entry.inventory, self.rules, self.now),
            "rejected": rejections.of_contract(self.contract, self.rules, self.now),
            "other": notices.other_period(self.contract, entry.inventory, self.rules, self.now),
            "verification": verification.warning(entry.inventory.places),
            "topic": settings.READINGS_TOPIC,
            "choice": choice,
            "whole_address": self._address(Choice(is_correction=choice.is_correction)),
            "filter": _filter(entry) if filtering.is_offered(entry) else None,
            "has_errors": status != 200,
        }
        return self.render_to_response(self.get_context_data(**{**shown, **context}), status=status)

    def _groups(
        self, lines: list[entering.Line], choice: Choice, *, with_inputs: bool
    ) -> list[dict[str, Any]]:
        manner = markup.Manner(
            point_page=reverse("meters:point", args=[self.contract.pk, 0]).replace("/0/", "/{}/"),
            with_inputs=with_inputs,
            is_correction=choice.is_correction,
        )
        return [
            {"site": group.site, "rows": markup.rows(group.lines, manner)}
            for group in table.groups(lines)
        ]

    # Taking --------------------------------------------------------------------------------------

    @classmethod
    def keep_posted(cls, request: HttpRequest) -> None:
        """Keep what a visitor posted until the login, but not what a script saves by itself."""
        if request.POST.get("action") != "autosave":
            typed = entering.kept(entering.typed_in(request.POST.dict()))
            posted.keep(request, {"typed": typed, "period": request.POST.get("period", "")})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep the draft, then do what the button says. 422 when something is to be mended."""
        typed = entering.typed_in(request.POST.dict())
        named = request.POST.get("period", "")
        if named and named != window.code(self.period):
            return self._refuse(self.enter(typed), [("", _other_period(self.period))])
        action = request.POST.get("action")
        before = self._drafted()
        kept = self._keep(typed, is_by_itself=action == "autosave")
        match action:
            case "autosave":
                return JsonResponse({"saved": formats.clock(self.now) if kept else ""})
            case "draft":
                messages.success(request, "Черновик сохранён, показания ещё не переданы.")
                return redirect(self._address(filtering.read(request.POST)))
            case "discard":
                return self._discard()
            case "filter":
                return redirect(self._address(filtering.read(request.POST)))
        return self._answer(self.enter({**before, **typed}))

    def _take_up(self, typed: dict[int, entering.Typed], named: str) -> HttpResponse:
        """Go on with what was posted when the session had ended, in its own month."""
        period = self.rules.window.choose(named, self.now) if named else self.period
        if period is None:
            return self._refuse(self.enter(typed), [("", _other_period(self.period))])
        self.period = period
        self._keep(typed)
        messages.success(
            self.request,
            "Сеанс закончился, но всё, что вы ввели, сохранено. Проверьте и передайте.",
        )
        return redirect(self._address(Choice()))

    def _drafted(self) -> dict[int, entering.Typed]:
        draft = self.draft
        return entering.restored(draft.typed) if draft else {}

    def _keep(
        self, typed: dict[int, entering.Typed], *, is_by_itself: bool = False
    ) -> ReadingDraft | None:
        return drafts.keep(
            author=self.membership.user,
            contract=self.contract,
            period=self.period,
            typed=typed,
            form_key=self.form_key,
            keys={place.register_id for place in self.inventory.asked},
            is_by_itself=is_by_itself,
        )

    def _discard(self) -> HttpResponse:
        drafts.discard(author=self.membership.user, contract=self.contract, period=self.period)
        messages.success(self.request, "Черновик удалён.")
        return redirect(self._address(Choice(is_correction=self.is_correction)))

    def _address(self, choice: Choice) -> str:
        path = reverse("meters:readings", args=[self.contract.pk])
        return f"{path}?period={window.code(self.period)}{choice.query}"

    def _answer(self, entry: Entry) -> HttpResponse:
        """To the check or to the receipt; the table again where something is to be mended."""
        gone = inventory.why_gone(self.contract, entry.strangers) if entry.strangers else {}
        if errors := table.errors(entry, gone):
            return self._refuse(entry, errors)
        if self.request.POST.get("action") == "check":
            check = reverse("meters:readings-check", args=[self.contract.pk])
            return redirect(f"{check}?period={window.code(self.period)}{self.correct_query}")
        try:
            return redirect("meters:receipt", self.contract.pk, self.submit(entry).number)
        except submitting.NothingNew:
            nothing = "Эти показания уже переданы: новых или исправленных среди них нет"
            return self._refuse(entry, [("", nothing)])
        except submitting.ReasonMissing:
            missing = "Вы меняете переданное показание: выберите или напишите причину исправления"
            return self._refuse(entry, [("correction", missing)])
        except submitting.PeriodClosed:
            return self._refuse(entry, [("", _other_period(self.period))])
        except submitting.FormUsed as used:
            return self._show(entry, used_by=used.submission, form_key=uuid.uuid4(), status=409)
        except submitting.ContractTerminated:
            return self._show(entry, status=409)

    def _refuse(self, entry: Entry, errors: list[tuple[str, str]]) -> HttpResponse:
        """The table with an error summary above it, the first errors of many.

        The whole one, except that who looked at the rows in question goes on with these, if the
        errors are theirs.
        """
        more = len(errors) - ERRORS_SHOWN
        shown = errors[:ERRORS_SHOWN]
        if more > 0:
            rows = formats.counted(more, "строка", "строки", "строк")
            shown.append(("", f"и ещё {rows}: их покажет выбор «требуют внимания»"))
        is_of_rows = bool(entry.open_lines) and not entry.strangers
        return self._show(
            entry,
            errors=shown,
            error_count=len(errors) if is_of_rows else 0,
            choice=filtering.read(self.request.POST).for_errors(of_rows=is_of_rows),
            draft=self.draft,
            status=422,
        )


def _filter(entry: Entry) -> dict[str, Any]:
    counts = filtering.counts(entry)
    return {
        "sites": filtering.sites(entry),
        "shown": [(code, f"{words} ({counts[code]})") for code, words in filtering.SHOWN.items()],
    }


def _correction_reasons(entry: Entry) -> list[tuple[str, str]]:
    """What a correction may be explained with; nothing where the client has handed in nothing."""
    standing = (line.place.standing for line in entry.lines)
    is_offered = any(one and one.source == Reading.Source.CLIENT for one in standing)
    return CORRECTION_REASONS if is_offered else []


def _other_period(period: Any) -> str:
    return (
        "Страница была открыта за месяц, показания за который больше не принимаются."
        f" Сейчас это таблица за {period}: проверьте значения и передайте их ещё раз"
    )
