"""«Загрузить из файла»: the table to fill in, the upload, the verdict of each row."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any, Literal

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse

from accounts import journal, posted
from cabinet import formats, sheets
from contracts.periods import Month
from meters import (
    blank,
    entering,
    notices,
    submitting,
    table,
    uploading,
    usage,
    verdicts,
    window,
)
from meters.entering import Typed
from meters.filled import Filled
from meters.models import ReadingUpload
from meters.verdicts import Review
from meters.views.page import CORRECTION_REASONS, ReadingsPage

# An error summary of a thousand lines helps nobody.
ERRORS_SHOWN = 20


class ReadingsBlankView(ReadingsPage):
    """The table to be filled in, as XLSX or CSV, with the draft's values in it."""

    is_download = True
    http_method_names = ["get", "head", "options"]
    right_for_reading = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The file, and a line in the journal."""
        kind: Literal["csv", "xlsx"] = kwargs["kind"]
        if kind not in ("csv", "xlsx"):
            raise Http404
        draft = self.draft
        name, content = blank.make(
            kind,
            contract=self.contract,
            inventory=self.inventory,
            term=notices.until_words(self.rules, self.period, self.now),
            typed=entering.restored(draft.typed) if draft else {},
        )
        if request.method == "GET":
            journal.record(
                journal.Action.FILE_OPENED,
                request=request,
                client=self.contract.client,
                subject=f"{name} ({kind.upper()})",
                details={"contract": self.contract.number, "kind": kind},
            )
        return sheets.file_response(kind, filename=name, content=content)


class ReadingsFileView(ReadingsPage):
    """The way through files: the table to download, the field to upload it."""

    template_name = "meters/readings_file.html"
    right_for_reading = True
    # A file cannot be kept until the login, it is asked for again (accounts/middleware.py).
    not_kept = "Сеанс закончился, файл не загружен. Войдите и выберите его ещё раз."
    # A body that is too large comes back here with `?too_large=1` (cabinet/errors.py).
    explains_too_large = True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The page; with what is wrong with a file that was too large to be read."""
        if "too_large" in request.GET:
            limit = formats.file_size(uploading.LIMITS.file_bytes)
            words = f"Файл больше {limit}. Оставьте в нём только таблицу с показаниями."
            return self._show(words, status=413)
        return self._show()

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Read the file; to the verdicts, or what is wrong with it."""
        if not self.contract.is_active:
            return self._show(status=409)
        if request.GET.get("period", "") not in ("", window.code(self.period)):
            closed = (
                "Страница была открыта за месяц, показания за который больше не принимаются."
                f" Сейчас принимаются показания за {self.period}: скачайте таблицу за него."
            )
            return self._show(closed, status=422)
        file = request.FILES.get("file")
        if file is None:
            return self._show("Выберите файл с показаниями.", status=422)
        try:
            key = uploading.accept(
                author=self.membership.user,
                contract=self.contract,
                inventory=self.inventory,
                file=file,
            )
        except sheets.SheetRefused as refused:
            return self._show(str(refused), name=uploading.clean_name(file.name or ""), status=422)
        return redirect("meters:readings-file-check", self.contract.pk, key)

    def _show(self, error: str = "", *, name: str = "", status: int = 200) -> HttpResponse:
        uploads = uploading.of_month(
            author=self.membership.user, contract=self.contract, period=self.period
        )
        context = self.get_context_data(
            period=self.period,
            period_code=window.code(self.period),
            due=self.rules.window.due_words(self.period),
            is_late=self.rules.window.is_late(self.period, self.now),
            asked=len(self.inventory.asked),
            error=error,
            name=name,
            has_errors=bool(error),
            uploads=uploads,
            limits={
                "bytes": str(uploading.LIMITS.file_bytes),
                "size": formats.file_size(uploading.LIMITS.file_bytes),
                "rows": formats.counted(uploading.LIMITS.rows, "строки", "строк", "строк"),
            },
        )
        return self.render_to_response(context, status=status)


class ReadingsFileCheckView(ReadingsPage):
    """«Проверка файла»: nothing of it is a reading until «Передать» is pressed here."""

    template_name = "meters/readings_file_check.html"
    right_for_reading = True

    @cached_property
    def upload(self) -> ReadingUpload:
        """The person's own upload that the address names."""
        own = self.contract.reading_uploads.filter(author=self.membership.user)
        return get_object_or_404(own.select_related("submission"), pk=self.kwargs["upload"])

    @cached_property
    def period(self) -> Month:
        """The month of the upload, also when it is not taken any more."""
        return Month.of(self.upload.period)

    def review(self, answers: Mapping[int, Typed]) -> Review:
        """What is said of the rows now."""
        return verdicts.review(
            Filled.from_json(self.upload.content),
            self.inventory,
            answers,
            thresholds=self.rules.thresholds,
            usual=partial(usage.usual, self.contract, self.period),
        )

    # Showing -------------------------------------------------------------------------------------

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The verdicts, with the answers that were given before."""
        if kept := posted.take(request):
            self._keep(entering.restored(kept["answers"]))
        return self._show(self.review(entering.restored(self.upload.answers)))

    def _show(
        self, review: Review, errors: list[tuple[str, str]] | None = None, *, status: int = 200
    ) -> HttpResponse:
        is_open = self._is_taken and not self.upload.submission
        kind = self.request.GET.get("show", "")
        chosen = review.of_kind(kind if kind in verdicts.FILTERS and not errors else "")
        rows = verdicts.shown(chosen, with_questions=is_open)
        context = self.get_context_data(
            upload=self.upload,
            earlier=uploading.handed_in_before(self.upload),
            period=self.period,
            period_code=window.code(self.period),
            is_open=is_open,
            is_late=self.rules.window.is_late(self.period, self.now),
            review=review,
            rows=rows,
            rows_hidden=len(chosen) - len(rows),
            kind=kind,
            filters=_filters(review),
            totals=table.totals(review.accepted.lines) if review.accepted.lines else [],
            corrections=CORRECTION_REASONS if review.accepted.corrections else [],
            errors=_shortened(errors or []),
            has_errors=bool(errors),
            seal=posted.seal(self.membership.user),
        )
        return self.render_to_response(context, status=status)

    @property
    def _is_taken(self) -> bool:
        accepted = self.rules.window.accepted_periods(self.now)
        return self.contract.is_active and self.period in accepted

    # Taking --------------------------------------------------------------------------------------

    @classmethod
    def keep_posted(cls, request: HttpRequest) -> None:
        """Keep the answers until the login."""
        answers = entering.typed_in(request.POST.dict())
        posted.keep(request, {"answers": {str(key): list(row) for key, row in answers.items()}})

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep the answers, then show other rows, move the values into the table, or hand in."""
        if submission := self.upload.submission:
            return redirect("meters:receipt", self.contract.pk, submission.number)
        self._keep(entering.typed_in(request.POST.dict()))
        if request.POST.get("action") == "filter":
            kind = request.POST.get("show", "")
            return redirect(f"{request.path}?show={kind if kind in verdicts.FILTERS else ''}#rows")
        review = self.review(entering.restored(self.upload.answers))
        if request.POST.get("action") == "table":
            return self._move(review)
        if review.left_out and "partly" not in request.POST:
            return self._show(review, _not_all(review), status=422)
        return self._hand_in(review)

    def _keep(self, answers: Mapping[int, Typed]) -> None:
        uploading.keep_answers(self.upload, answers, self.inventory)

    def _move(self, review: Review) -> HttpResponse:
        user = self.membership.user
        moved = uploading.move_to_draft(self.upload, author=user, entry=review.entry)
        if moved:
            values = formats.counted(moved, "показание", "показания", "показаний")
            words = f"Из файла в таблицу перенесено {values}, передать их ещё предстоит."
            messages.success(self.request, words)
        else:
            messages.warning(self.request, "В файле нет показаний, которых ещё нет в таблице.")
        if review.lost:
            rows = formats.counted(review.lost, "строки", "строк", "строк")
            words = f"Из файла не перенесено {rows} с ошибками: им нет места в таблице."
            messages.warning(self.request, words)
        path = reverse("meters:readings", args=[self.contract.pk])
        return redirect(f"{path}?period={window.code(self.period)}")

    def _hand_in(self, review: Review) -> HttpResponse:
        try:
            submission = uploading.hand_in(
                self.upload,
                author=self.membership.user,
                accepted=review.accepted,
                correction_reason=self.correction_reason,
            )
        except submitting.FormUsed as used:
            submission = used.submission
        except submitting.NotTaken as reason:
            return self._show(review, [_refusal(reason)], status=422)
        return redirect("meters:receipt", self.contract.pk, submission.number)


def _filters(review: Review) -> list[tuple[str, str]]:
    """The choices that hold something, with the number of their rows."""
    counts = review.counts
    return [
        (kind, f"{words} ({formats.quantity(counts[kind])})")
        for kind, words in verdicts.FILTERS.items()
        if counts[kind] or not kind
    ]


def _shortened(errors: list[tuple[str, str]]) -> list[tuple[str, str]]:
    more = len(errors) - ERRORS_SHOWN
    if more <= 0:
        return errors
    return [
        *errors[:ERRORS_SHOWN],
        ("", f"и ещё {formats.counted(more, 'строка', 'строки', 'строк')}"),
    ]


def _not_all(review: Review) -> list[tuple[str, str]]:
    """Why nothing was handed in: rows that ask something, and the tick that leaves rows out."""
    count = formats.counted(review.left_out, "строка", "строки", "строк")
    verb = formats.plural(review.left_out, "Не принята", "Не приняты", "Не приняты")
    words = f"{verb} {count}: подтвердите или исправьте, либо отметьте передачу без них"
    return [("partly", words), *verdicts.errors(review)]


def _refusal(reason: submitting.NotTaken) -> tuple[str, str]:
    match reason:
        case submitting.ReasonMissing():
            return (
                "correction",
                "Вы меняете переданное показание: выберите или напишите причину исправления",
            )
        case submitting.PeriodClosed():
            return "", "Показания за этот месяц больше не принимаются"
        case submitting.ContractTerminated():
            return "", "Договор расторгнут, показания по нему не передаются"
    return "", "Новых показаний в файле нет: принятые строки уже переданы"
