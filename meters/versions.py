"""What stood before a reading, what replaced it, and by which ratio it counts."""

from __future__ import annotations

from django.db.models import DateField, F, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from meters.models import ActReading, Installation, Reading


def month_of_row(shift: int) -> Func:
    """The row's period moved by so many months."""
    return Func(
        OuterRef("period"),
        template=f"(%(expressions)s + interval '{shift} month')::date",
        output_field=DateField(),
    )


# Readings of the row's own contract, point and register; the rest of the key follows.
_OF_THE_SAME = Reading.objects.filter(
    contract=OuterRef("contract"), point=OuterRef("point"), register=OuterRef("register")
)

# Those of the row's period that came before it, the latest first.
_BEFORE = (
    _OF_THE_SAME.filter(period=OuterRef("period"))
    .filter(
        Q(received_at__lt=OuterRef("received_at"))
        | Q(received_at=OuterRef("received_at"), pk__lt=OuterRef("pk"))
    )
    .order_by("-received_at", "-pk")
)


def with_ratio(readings: QuerySet[Reading]) -> QuerySet[Reading]:
    """Adds `ratio`: of the meter's latest installation at the point that began in the period."""
    installed = Installation.objects.filter(
        point=OuterRef("point"),
        meter=OuterRef("register__meter"),
        installed_on__lt=month_of_row(1),
    )
    return readings.annotate(
        ratio=Subquery(installed.order_by("-installed_on").values("ratio")[:1])
    )


def with_previous(readings: QuerySet[Reading], *, as_then: bool) -> QuerySet[Reading]:
    """Adds `previous_value`: what the month began with.

    That is what stands for the month before; where the meter was installed within the month, what
    the act of installation states, and `installed_on` is the day of the act.

    `as_then`: what stood when the reading came, as a receipt must state it for ever.
    """
    earlier = _OF_THE_SAME.filter(period=month_of_row(-1))
    if as_then:
        earlier = earlier.filter(received_at__lte=OuterRef("received_at"))
    latest = earlier.order_by("-received_at", "-pk")
    act = ActReading.objects.filter(
        moment=ActReading.Moment.INSTALLED,
        register=OuterRef("register"),
        installation__point=OuterRef("point"),
        installation__installed_on__gte=OuterRef("period"),
        installation__installed_on__lt=month_of_row(1),
    ).order_by("-installation__installed_on")
    return readings.annotate(
        opening_value=Subquery(act.values("value")[:1]),
        installed_on=Subquery(act.values("installation__installed_on")[:1]),
        previous_value=Coalesce(F("opening_value"), Subquery(latest.values("value")[:1])),
    )


def with_former(readings: QuerySet[Reading]) -> QuerySet[Reading]:
    """Adds `former_value` and `former_source`: what stood for the same period, and was replaced."""
    return readings.annotate(
        former_value=Subquery(_BEFORE.values("value")[:1]),
        former_source=Subquery(_BEFORE.values("source")[:1]),
    )


def with_former_receipt(readings: QuerySet[Reading]) -> QuerySet[Reading]:
    """Adds `former_receipt`: the number by which the replaced value was handed in, if it was."""
    return readings.annotate(former_receipt=Subquery(_BEFORE.values("submission__number")[:1]))


def with_replacement(readings: QuerySet[Reading]) -> QuerySet[Reading]:
    """Adds the next reading for the same register and period, which made the row count no more.

    `next_value`, `next_received_at`, `next_source`; None while the row itself counts.
    """
    later = _OF_THE_SAME.filter(period=OuterRef("period")).filter(
        Q(received_at__gt=OuterRef("received_at"))
        | Q(received_at=OuterRef("received_at"), pk__gt=OuterRef("pk"))
    )
    following = later.order_by("received_at", "pk")
    return readings.annotate(
        next_value=Subquery(following.values("value")[:1]),
        next_received_at=Subquery(following.values("received_at")[:1]),
        next_source=Subquery(following.values("source")[:1]),
    )
