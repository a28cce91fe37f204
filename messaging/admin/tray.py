"""The office's tray: letters that came in, and what is made of those that found no case."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import Truncator

from accounts import journal
from accounts.admin import links
from accounts.admin.clients import REFUSED
from accounts.visitor import user_of
from cabinet import files, formats
from cabinet.office import ReadOnlyAdmin
from contracts import access
from messaging import finding
from messaging.incoming import tray
from messaging.models import IncomingMail, Message

_MODIFIERS = {
    IncomingMail.State.TRAY: "warn",
    IncomingMail.State.TAKEN: "ok",
    IncomingMail.State.DISMISSED: "plain",
}
_KINDS = [
    (IncomingMail.Kind.ANSWER, "Принять как ответ специалиста: клиент увидит его и получит письмо"),
    (IncomingMail.Kind.ADDITION, "Принять как дополнение клиента: письмо уйдёт специалисту"),
]


class AcceptForm(forms.Form):
    """Into which case the letter goes, and whose word it is."""

    kind = forms.ChoiceField(
        label="Что это",
        choices=_KINDS,
        widget=forms.RadioSelect,
        error_messages={"required": "Выберите, чей это текст: специалиста или клиента."},
    )
    number = forms.CharField(
        label="Номер обращения",
        max_length=40,
        help_text="Например: ОБ-2026-000418-3",
        error_messages={"required": "Укажите номер обращения."},
    )

    def clean_number(self) -> Message:
        """The case with this number, in capitals or not."""
        number = "".join(self.cleaned_data["number"].split()).upper()
        message: Message | None = Message.objects.filter(number=number).first()
        if message is None:
            raise forms.ValidationError("Обращения с таким номером нет. Проверьте номер.")
        return message


@admin.register(IncomingMail)
class IncomingMailAdmin(ReadOnlyAdmin):
    """Letters that came in: given to a case or put aside, never changed."""

    list_display = ("received_at", "sender", "beginning", "number", "outcome")
    list_display_links = ("received_at", "sender")
    list_filter = ("state", "kind", "received_at")
    list_select_related = ("message",)
    search_fields = ("sender", "recipient", "subject", "mail_id")
    owners = {"message": finding.messages}
    hangs_on = {"messaging.message": "message"}
    search_help_text = "Отправитель, адрес, тема, Message-ID или номер обращения"
    fields = readonly_fields = (
        "received_at", "sender", "recipient", "subject", "text", "number", "kind", "state_label",
        "reason", "handled_by", "handled_at", "source",
    )  # fmt: skip
    change_form_template = "admin/messaging/incomingmail/change_form.html"
    contract_path = "message__contract"

    @admin.display(description="обращение", ordering="message__number")
    def number(self, letter: IncomingMail) -> SafeString | str:
        """The case, a link to it."""
        return links.to(letter.message, letter.message.number) if letter.message else formats.ABSENT

    @admin.display(description="тема", ordering="subject")
    def beginning(self, letter: IncomingMail) -> str:
        """The subject's beginning."""
        return Truncator(letter.subject).chars(60)

    @admin.display(description="что стало", ordering="state")
    def outcome(self, letter: IncomingMail) -> SafeString:
        """The state, what the letter was taken for, and why."""
        kind = letter.get_kind_display()
        return format_html("{}<br>{}<br>{}", self.state_label(letter), kind, letter.reason)

    @admin.display(description="состояние", ordering="state")
    def state_label(self, letter: IncomingMail) -> SafeString:
        """In the colour of the state."""
        modifier = _MODIFIERS[IncomingMail.State(letter.state)]
        return links.status(modifier, letter.get_state_display())

    @admin.display(description="письмо целиком")
    def source(self, letter: IncomingMail) -> SafeString:
        """The letter as it came, to be opened in a mail program."""
        address = reverse("admin:messaging_incomingmail_source", args=[letter.pk])
        return format_html('<a href="{}">Скачать (.eml)</a>', address)

    def get_urls(self) -> list[URLPattern]:
        """The letter's source, and what is done with it."""
        view = self.admin_site.admin_view
        name = "messaging_incomingmail"
        return [
            path("<int:pk>/source.eml", view(self.source_view), name=f"{name}_source"),
            path("<int:pk>/accept/", view(self.accept), name=f"{name}_accept"),
            path("<int:pk>/dismiss/", view(self.dismiss), name=f"{name}_dismiss"),
            path("<int:pk>/put-back/", view(self.put_back), name=f"{name}_put_back"),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Adds what this person may do with the letter."""
        letter = self.get_object(request, object_id)
        may: dict[str, bool] = {}
        if letter is not None and self.has_sort_permission(request):
            may = {
                "may_accept": tray.may_be_accepted(letter),
                "may_dismiss": letter.state == IncomingMail.State.TRAY,
                "may_put_back": letter.state == IncomingMail.State.DISMISSED,
            }
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **may})

    def has_sort_permission(self, request: HttpRequest) -> bool:
        """Whether this person decides what becomes of letters."""
        return request.user.has_perm("messaging.change_incomingmail")

    def accept(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Принять»: as whose word, into which case."""
        letter = self._letter_to_sort(request, pk)
        initial = {"kind": letter.kind, "number": letter.message.number if letter.message else ""}
        form = AcceptForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            message, kind = form.cleaned_data["number"], form.cleaned_data["kind"]
            try:
                tray.accept(letter, message=message, kind=kind, by=user_of(request))
            except tray.NotPossible as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, f"Письмо добавлено к обращению {message.number}.")
                return self._to(letter)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Принять письмо",
            "letter": letter,
            "form": form,
        }
        status = REFUSED if form.errors else 200
        template = "admin/messaging/incomingmail/accept.html"
        return TemplateResponse(request, template, context, status=status)

    def dismiss(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Отложить»."""
        return self._do(request, pk, tray.dismiss, "Письмо отложено, его можно вернуть.")

    def put_back(self, request: HttpRequest, pk: int) -> HttpResponse:
        """«Вернуть в лоток»."""
        return self._do(request, pk, tray.put_back, "Письмо снова ждёт разбора.")

    def source_view(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Hand the letter out as it came, with a line in the journal.

        Raises:
            PermissionDenied: no right to look at letters.
        """
        if not self.has_view_permission(request):
            raise PermissionDenied
        found = self.get_queryset(request).select_related("message__contract__client")
        letter: IncomingMail = get_object_or_404(found, pk=pk)
        file = access.File(
            path=letter.path,
            filename=f"Письмо {letter.pk}.eml",
            content_type="application/octet-stream",
            title=f"Входящее письмо {letter.pk}",
            details={"incoming_mail": letter.pk},
        )
        if letter.message:
            contract = letter.message.contract
            return access.hand_out_journalled(request, contract=contract, file=file)
        if request.method == "GET":
            action = journal.Action.FILE_OPENED
            journal.record(action, request=request, subject=file.title, details=file.details)
        return files.hand_out(
            storage=default_storage,
            path=file.path,
            filename=file.filename,
            content_type=file.content_type,
        )

    def _letter_to_sort(self, request: HttpRequest, pk: int) -> IncomingMail:
        if not self.has_sort_permission(request):
            raise PermissionDenied("Разбирать письма могут администраторы.")
        letter: IncomingMail = get_object_or_404(
            self.get_queryset(request).select_related("message"), pk=pk
        )
        return letter

    def _do(
        self, request: HttpRequest, pk: int, act: Callable[..., None], done: str
    ) -> HttpResponse:
        letter = self._letter_to_sort(request, pk)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            act(letter, by=user_of(request))
        except tray.NotPossible as error:
            messages.error(request, str(error))
        else:
            messages.success(request, done)
        return self._to(letter)

    def _to(self, letter: IncomingMail) -> HttpResponse:
        return redirect("admin:messaging_incomingmail_change", letter.pk)
