"""Forms of lists: the table, and the signatures of many."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone

from accounts import enrolling, scans
from accounts.admin.forms import ScanField, day_field
from accounts.models import AgreementScan, Enrolment, User
from cabinet import accepting


class UploadForm(forms.Form):
    """A table of people."""

    file = forms.FileField(
        label="Таблица",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
        help_text="Книга Excel (.xlsx) или CSV по образцу.",
        error_messages={
            "required": "Выберите файл с таблицей.",
            "empty": "Файл пустой. Проверьте, тот ли файл выбран.",
        },
    )
    form_key = forms.UUIDField(widget=forms.HiddenInput)


class SignListForm(forms.Form):
    """Which agreements are signed, on which day, and their scans: a common one or each its own."""

    everybody = forms.BooleanField(
        label="Подписаны все",
        required=False,
        help_text="Все строки, которые ждут подписи; иначе отметьте их по одной.",
    )
    signed_on = day_field("Подписаны")
    scan = ScanField(required=False)

    def __init__(self, *args: Any, enrolments: list[Enrolment], **kwargs: Any) -> None:
        self.enrolments = enrolments
        kwargs["initial"] = {"signed_on": timezone.localdate()}
        super().__init__(*args, **kwargs)
        self.fields["scan"].label = "Общий скан"
        self.fields[
            "scan"
        ].help_text = (
            f"Один файл на все отмеченные строки ({scans.LABELS}), или приложите скан к каждой."
        )
        for enrolment in enrolments:
            label = f"Подписано: {enrolment.person_name}"
            self.fields[f"row_{enrolment.pk}"] = forms.BooleanField(label=label, required=False)
            own = ScanField(required=False)
            own.label = f"Скан: {enrolment.person_name}"
            own.help_text = f"Приложен «{enrolment.scan.name}»." if enrolment.scan else ""
            self.fields[f"scan_{enrolment.pk}"] = own

    def clean(self) -> dict[str, Any]:
        """At least one row, and a scan for each."""
        cleaned = super().clean() or self.cleaned_data
        if not self.chosen:
            self.add_error(None, "Отметьте хотя бы одну строку.")
        for one in self.chosen:
            has_own = cleaned.get(f"scan_{one.pk}") or one.scan
            if not has_own and not cleaned.get("scan") and not self.has_error("scan"):
                words = f"Строка {one.row_number}: приложите скан или выберите общий."
                self.add_error(f"scan_{one.pk}", words)
        return cleaned

    @property
    def chosen(self) -> list[Enrolment]:
        """The marked rows, or all of them."""
        values = self.cleaned_data
        is_everybody = values.get("everybody")
        return [one for one in self.enrolments if is_everybody or values.get(f"row_{one.pk}")]

    def keep_scans(self, by: User) -> None:
        """Store the scans of the marked rows at once, so that no error makes them chosen again."""
        common = self._kept("scan", by)
        for one in self.chosen:
            own = self._kept(f"scan_{one.pk}", by)
            if scan := own or (None if one.scan else common):
                try:
                    one.scan = enrolling.attach_scan(enrolment=one, scan=scan).scan
                except enrolling.Outdated as error:
                    self.add_error(None, f"Строка {one.row_number}: {error}")

    def row_of(self, enrolment: Enrolment) -> tuple[forms.BoundField, forms.BoundField] | None:
        """The box and the scan's field of a row that waits for its signature."""
        if f"row_{enrolment.pk}" not in self.fields:
            return None
        return self[f"row_{enrolment.pk}"], self[f"scan_{enrolment.pk}"]

    def _kept(self, name: str, by: User) -> AgreementScan | None:
        upload = self.cleaned_data.get(name)
        if not upload:
            return None
        try:
            return scans.keep(upload, by=by)
        except accepting.Refused as refusal:
            self.add_error(name, str(refusal))
            return None
