"""What is doubtful about a value that the display can show: the client is asked, never refused.

Thresholds are the office's (meters/rules.py). A client who says «Да, значение верное» gives a
reason; both are stored and reach the specialists.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from cabinet import formats
from meters import consumption, window
from meters.inventory import Place
from meters.models import Doubt
from meters.rules import Thresholds
from meters.usage import Counter, Usual

ROLLOVER = "rollover"
OTHER = "other"

# Fewer months than this do not make a mean.
_MONTHS_AT_LEAST = 3

# What a client may answer, doubt by doubt; the word of the code is not shown.
REASONS: dict[Doubt, tuple[tuple[str, str], ...]] = {
    Doubt.LESS: (
        (ROLLOVER, "счётчик перешёл через ноль"),
        ("replaced", "прибор заменён"),
        ("mistake", "прежнее показание было ошибочным"),
    ),
    Doubt.ZERO: (
        ("idle", "объект не работал"),
        ("cut_off", "электроснабжение было отключено"),
        ("faulty", "счётчик, возможно, неисправен"),
    ),
    Doubt.MORE: (
        ("equipment", "новое оборудование"),
        ("season", "сезонная работа"),
        ("busy", "работали больше обычного"),
    ),
    Doubt.LITTLE: (
        ("season", "сезонная работа"),
        ("idle_partly", "работали меньше обычного"),
        ("generation", "собственная генерация"),
    ),
    Doubt.POWER: (
        ("exceeded", "максимальная мощность превышена"),
        ("power_changed", "максимальная мощность изменена"),
    ),
    Doubt.ZONES: (
        ("as_shown", "на табло именно так"),
        ("reprogrammed", "расписание зон меняли"),
    ),
    Doubt.REJECTED: (("read_again", "сверено с прибором ещё раз"),),
}
REASON_WORDS: dict[str, str] = {
    **{code: words for reasons in REASONS.values() for code, words in reasons},
    OTHER: "другая причина",
}


@dataclass(frozen=True, kw_only=True)
class Question:
    """A doubt about a value as the client reads it; `brief` is for the summary of errors."""

    doubt: Doubt
    title: str
    advice: str
    brief: str


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A value that somebody states for a place; `is_rollover`: with the display through zero."""

    place: Place
    value: Decimal
    is_rollover: bool = False

    @property
    def quantity(self) -> Decimal | None:
        """What the value would mean; below the previous one, as if the display had turned."""
        return self.place.consumption(self.value, is_rollover=True)


def ask(
    claims: Iterable[Claim],
    *,
    thresholds: Thresholds,
    usual: Mapping[Counter, Usual],
    beside: Iterable[Claim] = (),
) -> dict[int, list[Question]]:
    """What is to be asked about each of the values, by the register's key.

    `beside`: values that stand already for other registers; they are compared with, never asked
    about. `usual`: what the counters of the contract show as a rule (`meters.usage.usual`).
    """
    asked: dict[int, list[Question]] = {}
    by_point: dict[int, list[Claim]] = {}
    for claim in claims:
        place = claim.place
        known = usual.get(place.counter)
        found = [
            question
            for question in (
                _again(claim),
                _less(claim, thresholds, known),
                _amount(claim, thresholds, known),
            )
            if question
        ]
        if found:
            asked[place.register_id] = found
        by_point.setdefault(place.row.point_id, []).append(claim)
    new = {claim.place.register_id for of_point in by_point.values() for claim in of_point}
    for claim in beside:
        if claim.place.row.point_id in by_point:
            by_point[claim.place.row.point_id].append(claim)
    for of_point in by_point.values():
        for register, question in _of_point(of_point, new, thresholds):
            asked.setdefault(register, []).append(question)
    return asked


def reasons(questions: Iterable[Question], *, may_turn: bool) -> list[tuple[str, str]]:
    """The answers to choose from, the last one being «другая причина».

    `may_turn`: the display may have gone through zero.
    """
    offered: dict[str, str] = {}
    for question in questions:
        offered.update(REASONS[question.doubt])
    if not may_turn:
        offered.pop(ROLLOVER, None)
    return [*offered.items(), (OTHER, REASON_WORDS[OTHER])]


def may_have_turned(claim: Claim, thresholds: Thresholds, known: Usual | None) -> bool:
    """Whether a value below the previous one is plausible as a display gone through zero.

    What it would mean must be no more than is otherwise asked about; with nothing to compare, less
    than a tenth of what the display can count.
    """
    place, quantity = claim.place, claim.quantity
    if place.previous_value is None or claim.value >= place.previous_value or quantity is None:
        return False
    limit = _most_usual(place, known)
    if limit is None:
        return quantity * 10 < consumption.capacity(place.row.integer_digits) * place.row.ratio
    return quantity <= limit * thresholds.times_more


def _again(claim: Claim) -> Question | None:
    """The value that billing has refused, once more: it needs a word to whoever refused it."""
    refused = claim.place.refused(claim.value)
    if refused is None:
        return None
    why = refused.answer_reason.rstrip(". ")
    because = f"Причина: {why}. " if why else ""
    return Question(
        doubt=Doubt.REJECTED,
        title="Это значение биллинг отклонил.",
        advice=f"{because}Если оно верное, подтвердите его и выберите причину.",
        brief="это значение биллинг отклонил, подтвердите или исправьте",
    )


def _less(claim: Claim, thresholds: Thresholds, known: Usual | None) -> Question | None:
    place, previous = claim.place, claim.place.previous_value
    if previous is None or claim.value >= previous:
        return None
    refused = place.refused(claim.value)
    if refused and refused.is_rollover:  # that has been said already, and stays so
        return None
    said = f"Было {place.display.show(previous)}, введено {place.display.show(claim.value)}."
    if may_have_turned(claim, thresholds, known):
        turned = f" Если счётчик перешёл через ноль, расход составит {_energy(claim)}."
    else:
        turned = ""
    return Question(
        doubt=Doubt.LESS,
        title="Меньше предыдущего показания.",
        advice=f"{said}{turned} Если значение верное, подтвердите его и назовите причину.",
        brief="меньше предыдущего показания, подтвердите или исправьте",
    )


def _amount(claim: Claim, thresholds: Thresholds, known: Usual | None) -> Question | None:
    """Nothing, much more or much less than usual; of a value below the previous one nothing."""
    place, previous = claim.place, claim.place.previous_value
    if previous is None or claim.value < previous:
        return None
    quantity = claim.quantity
    if quantity is None or known is None:
        return None
    if not quantity:
        was_used = bool(known.before or known.year_ago or known.a_day)
        return _zero(place, known) if was_used and thresholds.asks_about_zero else None
    most, least = _most_usual(place, known), _least_usual(place, known)
    if most and quantity > most * thresholds.times_more:
        return _times(Doubt.MORE, place, quantity / most, known)
    if least and quantity * thresholds.times_less < least:
        return _times(Doubt.LITTLE, place, least / quantity, known)
    return None


def _mean(place: Place, known: Usual) -> Decimal | None:
    """The mean of the months before for as many days as this one has."""
    if known.a_day is None or known.months < _MONTHS_AT_LEAST:
        return None
    return known.a_day * place.period.last_day.day


def _figures(place: Place, known: Usual | None) -> list[Decimal]:
    if known is None:
        return []
    return [figure for figure in (_mean(place, known), known.year_ago) if figure is not None]


def _most_usual(place: Place, known: Usual | None) -> Decimal | None:
    """The larger of the mean and last year's month: a season is no surprise."""
    return max(_figures(place, known), default=None)


def _least_usual(place: Place, known: Usual | None) -> Decimal | None:
    return min(_figures(place, known), default=None)


def _zero(place: Place, known: Usual) -> Question:
    return Question(
        doubt=Doubt.ZERO,
        title="Расхода нет, а раньше был.",
        advice=f"{_usually(place, known)} Если показание верное, подтвердите его.",
        brief="нулевой расход, подтвердите или исправьте",
    )


def _times(doubt: Doubt, place: Place, times: Decimal, known: Usual) -> Question:
    more = "больше" if doubt == Doubt.MORE else "меньше"
    rounded = times.quantize(Decimal("0.1"), ROUND_HALF_UP)
    shown = formats.quantity(rounded, 1).removesuffix(",0")
    return Question(
        doubt=doubt,
        title=f"Расход в {shown}{formats.NBSP}{_times_word(shown)} {more} обычного.",
        advice=f"{_usually(place, known)} Если показание верное, подтвердите его.",
        brief=f"расход {more} обычного, подтвердите или исправьте",
    )


def _times_word(shown: str) -> str:
    """«2,6 раза», «5 раз», «3 раза»."""
    if "," in shown:
        return "раза"
    return formats.plural(int(shown.replace(formats.NBSP, "")), "раз", "раза", "раз")


def _usually(place: Place, known: Usual) -> str:
    """«Было в среднем за 12 месяцев 9 840 кВт·ч, за ноябрь 2025 — 10 200 кВт·ч.»"""
    unit = f"{formats.NBSP}{place.unit}"
    said = []
    mean = _mean(place, known)
    if mean is not None:
        months = formats.counted(known.months, "месяц", "месяца", "месяцев")
        said.append(f"в среднем за {months} {formats.quantity(mean)}{unit}")
    if known.year_ago is not None:
        year_ago = formats.month(place.period.shifted(-12).first_day)
        said.append(f"за {year_ago} — {formats.quantity(known.year_ago)}{unit}")
    if not said and known.before is not None:
        said.append(f"месяцем раньше {formats.quantity(known.before)}{unit}")
    return f"Было {', '.join(said)}." if said else ""


def _energy(claim: Claim) -> str:
    return f"{formats.exact(claim.quantity)}{formats.NBSP}{claim.place.unit}"


def _of_point(
    claims: list[Claim], new: Collection[int], thresholds: Thresholds
) -> Iterable[tuple[int, Question]]:
    """What is asked about the registers of one point together, at one of the `new` ones."""
    known = [claim for claim in claims if not _is_unclear(claim)]
    if thresholds.asks_about_power:
        yield from _power(known, new)
    by_meter: dict[tuple[int, str], list[Claim]] = {}
    for claim in known:
        row = claim.place.row
        by_meter.setdefault((row.installation_id, row.energy), []).append(claim)
    for of_energy in by_meter.values():
        yield from _zones(of_energy, new, thresholds)


def _is_unclear(claim: Claim) -> bool:
    previous = claim.place.previous_value
    return previous is None or (claim.value < previous and not claim.is_rollover)


def _power(claims: list[Claim], new: Collection[int]) -> Iterable[tuple[int, Question]]:
    """Active energy taken beyond the point's maximum power in every hour of the month."""
    taken = [claim for claim in claims if claim.place.row.energy == "A+" and claim.place.is_counted]
    if not taken or taken[0].place.row.max_power_kw is None:
        return
    place = taken[0].place
    hours = window.hours(place.period)
    limit = consumption.most_possible(place.row.max_power_kw or Decimal(0), hours)
    total = sum((claim.quantity or Decimal(0) for claim in taken), Decimal(0))
    if total <= limit:
        return
    typed = [claim for claim in taken if claim.place.register_id in new]
    if not typed:
        return
    largest = max(typed, key=lambda claim: claim.quantity or Decimal(0))
    power = formats.exact(place.row.max_power_kw)
    yield (
        largest.place.register_id,
        Question(
            doubt=Doubt.POWER,
            title="Больше, чем позволяет максимальная мощность.",
            advice=(
                f"Точка с мощностью {power}{formats.NBSP}кВт за {hours}{formats.NBSP}ч не"
                f" потребит больше {formats.quantity(limit)}{formats.NBSP}кВт·ч, а по показаниям"
                f" выходит {formats.quantity(total)}. Если показание верное, подтвердите его."
            ),
            brief="больше, чем позволяет максимальная мощность, подтвердите или исправьте",
        ),
    )


def _zones(
    claims: list[Claim], new: Collection[int], thresholds: Thresholds
) -> Iterable[tuple[int, Question]]:
    """Σ of a meter against the sum of its zones, both as consumption."""
    totals = [claim for claim in claims if claim.place.row.zone == consumption.TOTAL]
    zones = [claim for claim in claims if claim.place.row.zone != consumption.TOTAL]
    typed = [claim for claim in (*totals, *zones) if claim.place.register_id in new]
    if not totals or not zones or not typed:
        return
    total = totals[0]
    difference = consumption.zones_difference(total.quantity, [claim.quantity for claim in zones])
    unit = Decimal(1).scaleb(-total.place.row.fraction_digits)
    tolerance = thresholds.zones_tolerance * unit * total.place.row.ratio
    if difference is None or abs(difference) <= tolerance:
        return
    yield (
        typed[0].place.register_id,
        Question(
            doubt=Doubt.ZONES,
            title="Сумма зон не сходится с общим показанием.",
            advice=(
                f"По зонам выходит {formats.exact((total.quantity or 0) - difference)}"
                f"{formats.NBSP}{total.place.unit}, по общей шкале {_energy(total)}. Проверьте"
                " показания этого счётчика; если они верные, подтвердите."
            ),
            brief="сумма зон не сходится с общим показанием, подтвердите или исправьте",
        ),
    )
