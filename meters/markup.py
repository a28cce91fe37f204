"""The rows of the table of readings as HTML.

Written in Python, not in a template: with a thousand rows the places to fill are most of the page's
cost (docs/performance.md). Everything that comes from the database or from
a person goes through `_text`.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape

from django.utils.safestring import SafeString, mark_safe

from cabinet import formats, icons
from meters import doubts, entering, table
from meters.entering import Line
from meters.inventory import Bare, Place

NO_METER = "счётчик не установлен"


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How the rows are shown.

    `with_inputs`: the person may enter readings; `is_correction`: fields of rows that were handed
    in already stand open; `point_page`: the address of a point's page with «{}» for its key.
    """

    point_page: str
    with_inputs: bool
    is_correction: bool = False


def rows(lines: list[Line], manner: Manner) -> SafeString:
    """The rows of some registers, each with what is asked about it in a row below."""
    parts = [_row(line, manner) + _note(line) for line in lines]
    return mark_safe("".join(parts))  # noqa: S308 - each part is escaped below


def note(line: Line) -> SafeString:
    """The row below a row: why its value is refused, or what is asked; empty without either."""
    return mark_safe(_note(line))  # noqa: S308 - each part is escaped below


def bare_rows(points: list[Bare]) -> SafeString:
    """The rows of points without a meter."""
    parts = [
        f'<tr role="row"><th role="rowheader" scope="row">{_text(bare.point)}{_where(bare.where)}'
        "</th>"
        f'<td role="cell" colspan="6" class="w2 muted">{NO_METER}</td></tr>'
        for bare in points
    ]
    return mark_safe("".join(parts))  # noqa: S308 - names are escaped


def _text(words: str) -> str:
    return escape(words)


def _where(words: str) -> str:
    return f"<small>{_text(words)}</small>" if words else ""


def _row(line: Line, manner: Manner) -> str:
    place = line.place
    row = place.row
    zone, energy = table.zone_words(row.energy, row.zone)
    quantity = line.consumption
    state = " class=is-open" if line.is_open else ""
    if not state and place.is_done and line.typed.is_empty:
        state = " class=is-done"
    counts = ""
    if place.is_counted:
        exact = "" if quantity is None else f"{quantity:f}"
        counts = f' data-counts-as="{row.energy}" data-consumption="{exact}"'
    has_input = manner.with_inputs and place.is_asked
    point = _text(row.point)
    if not manner.with_inputs:  # else Tab would stop at each of them on the way through the fields
        point = f'<a class="quiet" href="{manner.point_page.format(row.point_id)}">{point}</a>'
    unit = "" if place.unit == "кВт·ч" else place.unit
    shown = "" if line.typed.is_empty and quantity is None else formats.exact(quantity)
    return (
        f'<tr role="row"{state}{counts}>'
        f'<th role="rowheader" scope="row">{point}{_where(row.where)}</th>'
        f'<td role="cell" data-label="Счётчик" class="w2">{_text(place.meter)}'
        f"<small>№{formats.NBSP}{_text(row.serial)}</small>{_verification(place)}</td>"
        f'<td role="cell" data-label="Зона" class="done-zone">{zone}'
        f"{f'<small>{energy}</small>' if energy else ''}</td>"
        f'<td role="cell" class="num num--s" data-label="Коэфф.">'
        f"{formats.quantity(row.ratio)}</td>"
        f'<td role="cell" class="num w2" data-label="Предыдущее">{_previous(place)}'
        f"<small>{table.previous_note(place)}</small></td>"
        f'<td role="cell" class="num w2 text-wrap done-value" data-label="Текущее">'
        f"{_current(line, has_input=has_input, is_correction=manner.is_correction)}</td>"
        f'<td role="cell" class="num total" data-label="Расход, {place.unit}">'
        f"<span data-shown>{shown}</span>"
        f"{f' <span class=unit>{unit}</span>' if unit and shown else ''}"
        f"{_year_ago(place)}</td></tr>"
    )


def _verification(place: Place) -> str:
    words = table.verification_words(place)
    if not words:
        return ""
    tone = "bad" if words.startswith("Поверка закончилась") else "warn"
    return f'<small class="text-{tone}">{words}</small>'


def _previous(place: Place) -> str:
    value = place.previous_value
    return formats.ABSENT if value is None else place.display.show(value)


def _year_ago(place: Place) -> str:
    if place.year_ago is None or place.is_removed:
        return ""
    return f"<small>год назад {formats.exact(place.year_ago)}</small>"


def _current(line: Line, *, has_input: bool, is_correction: bool) -> str:
    """What stands, and the field: folded under «исправить» where something stands already."""
    place = line.place
    stands = place.closing if place.is_removed else place.standing and place.standing.value
    note = table.standing_note(place)
    parts = [place.display.show(stands)] if stands is not None else []
    if note:
        tone = "" if stands is None or place.is_removed else ' class="text-ok"'
        parts.append(f"<small{tone}>{note}</small>")
    if place.standing and (answer := table.answer_words(place.standing)):
        tone = "bad" if place.standing.is_rejected else "ok"
        parts.append(f'<small class="text-{tone}">{_text(answer)}</small>')
    if not has_input:
        return "".join(parts) or formats.ABSENT
    field = _input(line)
    if stands is None:
        return "".join(parts) + field
    is_open = " open" if is_correction or not line.typed.is_empty else ""
    zone, _ = table.zone_words(place.row.energy, place.row.zone)
    hidden = f'<span class="visually-hidden">: {_text(place.row.point)}, {zone}</span>'
    return (
        f'{"".join(parts)}<details class="more no-print"{is_open}>'
        f'<summary class="ms-auto">исправить{hidden}</summary>{field}</details>'
    )


def _input(line: Line) -> str:
    place = line.place
    name = entering.field_name(place)
    zone, energy = table.zone_words(place.row.energy, place.row.zone)
    label = f"Показание: {place.row.point}, {zone}{', ' + energy if energy else ''}"
    tone = " is-invalid" if line.refusal else " form-control--warn" if line.questions else ""
    invalid = ' aria-invalid="true"' if line.refusal else ""
    described = f' aria-describedby="n-{name}"' if line.refusal or line.questions else ""
    previous = place.previous_value
    return (
        f'<input class="form-control form-control--reading{tone}" id="{name}" name="{name}"'
        f' inputmode="decimal" autocomplete="off" value="{_text(line.typed.value)}"'
        f' aria-label="{_text(label)}"{invalid}{described}'
        f' data-previous="{"" if previous is None else previous}" data-ratio="{place.row.ratio}"'
        f' data-digits="{place.row.integer_digits}" data-fraction="{place.row.fraction_digits}">'
    )


def _note(line: Line) -> str:
    """The row below: why the value is refused, or what is asked about it."""
    name = entering.field_name(line.place)
    if line.refusal:
        words = f"<b>{_text(line.refusal.title)}</b> {_text(line.refusal.advice)}"
        body = "<p>" + icons.icon("exclamation-circle") + f" {words}</p>"
        return _note_row(f'<div class="ask ask--bad" id="n-{name}">{body}</div>')
    if not line.questions:
        return ""
    sign = icons.icon("question-circle")
    asked = "".join(
        f"<p>{sign} <b>{_text(question.title)}</b> {_text(question.advice)}</p>"
        for question in line.questions
    )
    return _note_row(f'<div class="ask" id="n-{name}">{asked}{_answer(line)}</div>')


def _note_row(content: str) -> str:
    return f'<tr role="row" class="note"><td role="cell" colspan="7">{content}</td></tr>'


def _answer(line: Line) -> str:
    """«Да, значение верное», the reason, and a note."""
    key, typed = line.place.register_id, line.typed
    zone, _ = table.zone_words(line.place.row.energy, line.place.row.zone)
    hidden = f'<span class="visually-hidden">: {_text(line.place.row.point)}, {zone}</span>'
    is_ticked = line.is_confirmed or line.has_half_an_answer
    options = "".join(
        f'<option value="{code}"{" selected" if code == typed.reason else ""}>{words}</option>'
        for code, words in doubts.reasons(line.questions, may_turn=line.may_turn)
    )
    problem = ""
    if line.has_half_an_answer:
        words = "Выберите причину. Другую причину опишите своими словами, до 240 знаков."
        problem = f'<p class="text-bad" id="e-why{key}">{words}</p>'
    described = f' aria-invalid="true" aria-describedby="e-why{key}"' if problem else ""
    return (
        f'<div class="form-check"><input class="form-check-input" type="checkbox" id="ok{key}"'
        f' name="ok{key}" value="{line.value}"{" checked" if is_ticked else ""}>'
        f'<label class="form-check-label" for="ok{key}">Да, значение верное{hidden}</label></div>'
        f"{problem}"
        f'<div class="ask__why"><select class="form-select form-select-sm" id="why{key}"'
        f' name="why{key}" aria-label="Причина: {_text(line.place.row.point)}, {zone}"{described}>'
        f'<option value="">Выберите причину</option>{options}</select>'
        f'<input class="form-control form-control-sm" id="note{key}" name="note{key}"'
        f' maxlength="240" value="{_text(typed.note)}" placeholder="Пояснение"'
        f' aria-label="Пояснение: {_text(line.place.row.point)}, {zone}"></div>'
    )
