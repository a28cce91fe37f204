"""What templates of the portal need to look alike: `{% load look %}`.

The filters are the functions of `cabinet.formats`; rows of long tables are better formatted by
the view, which calls the same functions.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from django import forms, template
from django.conf import settings
from django.core.paginator import Page
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cabinet import formats, icons
from cabinet.retailer import Retailer

register = template.Library()

# Formats -----------------------------------------------------------------------------------------

for _function in (
    formats.amount,
    formats.quantity,
    formats.file_size,
    formats.day,
    formats.day_words,
    formats.weekday,
    formats.clock,
    formats.moment,
    formats.moment_seconds,
    formats.iso,
    formats.month,
    formats.month_name,
    formats.month_genitive,
    formats.for_month,
    formats.short_name,
    formats.initials,
    formats.phone_display,
):
    register.filter(_function.__name__, _function)


@register.filter
def money(value: formats.Number | None) -> SafeString | str:
    """«12 345,67 ₽» with the quiet unit that tables show."""
    if value is None:
        return format_html('<span class="unit">{}</span>', formats.ABSENT)
    return format_html('{}{}<span class="unit">₽</span>', formats.quantity(value, 2), formats.NBSP)


@register.filter
def absolute(value: formats.Number) -> formats.Number:
    """A sum without its sign, beside a word that says what it is: «переплата 4 180,20 ₽»."""
    return -value if value < 0 else value


@register.filter
def plural(number: int, words: str) -> str:
    """`{{ n|plural:"точка,точки,точек" }}`: the word alone."""
    return formats.plural(number, *_three(words))


@register.filter
def counted(number: int, words: str) -> str:
    """`{{ n|counted:"точка,точки,точек" }}`: «12 точек»."""
    return formats.counted(number, *_three(words))


def _three(words: str) -> tuple[str, str, str]:
    one, few, many = words.split(",")
    return one, few, many


@register.simple_tag
def reading(value: Any, integer_digits: int, fraction_digits: int) -> str:
    """`{% reading value 6 1 %}`: «018 412,5»."""
    return formats.reading(value, integer_digits, fraction_digits)


@register.simple_tag
def phone(number: str, extension: str = "") -> SafeString:
    """`{% phone number [extension] %}`: a link to dial, and «доб. 214» when there is one."""
    link = format_html(
        '<a class="nowrap" href="{}">{}</a>',
        formats.phone_href(number, extension),
        formats.phone_display(number),
    )
    if not extension:
        return link
    return format_html('{} <span class="nowrap">доб. {}</span>', link, extension)


# Signs -------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str) -> SafeString:
    """`{% icon "clock" %}`; the names are those of cabinet/icons.svg."""
    return icons.icon(name)


@register.simple_tag
def file_icon(file_name: str) -> SafeString:
    """`{% file_icon name %}`: by the end of the file's name."""
    return icons.file_icon(file_name)


@register.simple_tag
def retailer() -> Retailer:
    """`{% retailer as retailer %}`: whose portal this is, also where no context exists (500)."""
    found: Retailer = settings.RETAILER
    return found


@register.simple_tag
def time_zone_label() -> str:
    """`{% time_zone_label %}`: «МСК»."""
    return formats.time_zone_label()


# Forms -------------------------------------------------------------------------------------------


@register.filter
def anchor(field: forms.BoundField) -> str:
    """The id to which an error leads: of a group of buttons, its first one."""
    if isinstance(field.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return f"{field.auto_id}_0"
    return field.id_for_label or field.auto_id


@register.filter
def is_optional(field: forms.BoundField) -> bool:
    """Whether the field is marked «необязательно»: a tick box never is."""
    return not field.field.required and not isinstance(field.field.widget, forms.CheckboxInput)


class FormError(NamedTuple):
    """One line of an error summary; an empty anchor means that no field is at fault."""

    anchor: str
    text: str


@register.simple_tag
def form_errors(form: forms.BaseForm | str | None = None, items: Any = None) -> list[FormError]:
    """The lines of an error summary: of the whole form first, then field by field in its order.

    `items` are further lines as (anchor, text), for pages whose fields are no Django form.
    """
    found = [FormError(at, text) for at, text in items or ()]
    # A variable that a template does not know arrives as an empty string.
    if not isinstance(form, forms.BaseForm) or not form.is_bound:
        return found
    found += [FormError("", str(text)) for text in form.non_field_errors()]
    for field in form:
        for text in field.errors:
            if field.is_hidden:
                found.append(FormError("", str(text)))
            else:
                found.append(FormError(anchor(field), f"{field.label}: {_lower_first(str(text))}"))
    return found


def _lower_first(text: str) -> str:
    """A sentence after a colon begins with a small letter, an abbreviation (ИНН) stays."""
    return text[:1].lower() + text[1:] if text[1:2].islower() or text[1:2] == " " else text


# Pages of a list ---------------------------------------------------------------------------------


class PageLink(NamedTuple):
    """A page of a list; `number` is 0 for a gap, `url` is empty for the page shown now."""

    number: int
    url: str


@register.simple_tag
def page_url(query: QueryDict | str | None, number: int) -> str:
    """The same search, another page."""
    changed = query.copy() if isinstance(query, QueryDict) else QueryDict(mutable=True)
    changed["page"] = str(number)
    return f"?{changed.urlencode()}"


@register.simple_tag
def edge_url(query: QueryDict | str | None, edge: str, key: int | None = None) -> str:
    """The same search, the page `after` or `before` the row of this key (cabinet/keyset.py).

    Without a key: its beginning.
    """
    changed = query.copy() if isinstance(query, QueryDict) else QueryDict(mutable=True)
    for name in ("after", "before", "print"):
        changed.pop(name, None)
    if key is not None:
        changed[edge] = str(key)
    return f"?{changed.urlencode()}"


@register.simple_tag
def page_links(page: Page[Any], query: QueryDict | str | None = None) -> list[PageLink]:
    """All pages, long rows of them with gaps."""
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    return [
        PageLink(0, "")
        if not isinstance(number, int)
        else PageLink(number, "" if number == page.number else page_url(query, number))
        for number in numbers
    ]
