"""The office's work with cases: the list, a case with its course, and what is done with it."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString

from accounts.admin import links
from accounts.admin.clients import REFUSED
from accounts.visitor import user_of
from cabinet import files, formats
from cabinet.office import ReadOnlyAdmin
from contracts import access
from contracts import finding as contracts_finding
from messaging import attachments, finding, letters, thread, views
from messaging.admin import board, course
from messaging.admin.acts import ACTS, Act, ActForm
from messaging.admin.deliveries import state_of
from messaging.models import Attachment, Delivery, Entry, Message

_STATES = {
    Message.State.OPEN: "info",
    Message.State.WAITING: "warn",
    Message.State.ANSWERED: "ok",
    Message.State.CLOSED: "plain",
}
OVERTAKEN = 409


class TroubleFilter(admin.SimpleListFilter):
    """What should not be."""

    title = "внимание"
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Late, or not delivered."""
        return [("overdue", "срок прошёл"), ("undelivered", "письмо не доставлено")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Message]) -> QuerySet[Message]:
        """The messages with that trouble."""
        match self.value():
            case "overdue":
                return queryset & Message.objects.overdue(timezone.localdate())
            case "undelivered":
                lost = Delivery.objects.filter(
                    state__in=(Delivery.State.FAILED, Delivery.State.BOUNCED), redirected_to=None
                )
                return queryset.filter(pk__in=lost.values("message"))
        return queryset


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """What clients wrote and what came of it; what was said is never changed here."""

    list_display = (
        "number", "due", "state_label", "client", "contract", "topic", "holder", "letter",
        "sent_at",
    )  # fmt: skip
    list_filter = (
        "state", TroubleFilter, "topic", ("contract__branch", admin.RelatedOnlyFieldListFilter),
        ("specialist", admin.RelatedOnlyFieldListFilter), "sent_at",
    )  # fmt: skip
    list_select_related = ("contract__client", "topic", "specialist")
    search_fields = finding.MESSAGE_COLUMNS
    owners = {"contract": contracts_finding.contracts}
    hangs_on = {
        "contracts.contract": "contract",
        "accounts.client": "contract__client",
        "accounts.user": "author",
        "contracts.specialist": "specialist",
    }
    is_found_by_all = True
    search_help_text = "Номер обращения, договор, клиент, ИНН или e-mail"
    ordering = ("-pk",)
    fields = readonly_fields = (
        "number", "state_label", "due", "holder_words", "topic", "client", "contract_link",
        "notice_link", "author", "email", "phone", "sent_at",
    )  # fmt: skip
    change_form_template = "admin/messaging/message/change_form.html"
    contract_path = "contract"

    def note_of(self, row: Message) -> str:
        """Whose it is, about what, and how it stands."""
        client = row.contract.client.short_name
        return f"{client}, {row.topic.name}, {row.get_state_display()}"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        """With the letters, for the column of their state; a specialist's own cases only."""
        found: QuerySet[Message] = super().get_queryset(request)
        own: QuerySet[Message] = found.worked_on_by(user_of(request))  # type: ignore[attr-defined]
        return own.prefetch_related("deliveries")

    # Columns --------------------------------------------------------------------------------------

    @admin.display(description="клиент", ordering="contract__client__short_name")
    def client(self, message: Message) -> SafeString | str:
        """Whose contract it is."""
        return links.to(message.contract.client)

    @admin.display(description="договор")
    def contract_link(self, message: Message) -> SafeString | str:
        """To the contract's page, where its specialists are named."""
        return links.to(message.contract)

    @admin.display(description="об уведомлении")
    def notice_link(self, message: Message) -> SafeString | str:
        """To the restriction notice that it pays or disputes."""
        return links.to(message.notice)

    @admin.display(description="состояние", ordering="state")
    def state_label(self, message: Message) -> SafeString:
        """In the colour of the state."""
        return links.status(_STATES[Message.State(message.state)], message.get_state_display())

    @admin.display(description="ответить до", ordering="due_on")
    def due(self, message: Message) -> SafeString | str:
        """The promised day, red when it has passed without an answer."""
        day = formats.day(message.due_on)
        if message.state != Message.State.OPEN:
            return day
        is_late = message.due_on < timezone.localdate()
        return links.status("bad", f"{day}, просрочено") if is_late else day

    @admin.display(description="у кого", ordering="specialist__last_name")
    def holder(self, message: Message) -> str:
        """Who has it."""
        return message.addressee

    @admin.display(description="у кого")
    def holder_words(self, message: Message) -> str:
        """Who has it, for whom he stands in, and by which address."""
        return f"{message.addressee_words}, {message.to}"

    @admin.display(description="письмо")
    def letter(self, message: Message) -> SafeString | str:
        """The state of the latest letter to whoever answers."""
        return state_of(message.delivery) if message.delivery else formats.ABSENT

    # Pages ----------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Adds the addresses of files, of acts and of the board."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<int:message>/files/<int:attachment>/",
                wrap(self.file_view),
                name="messaging_message_file",
            ),
            path("<int:pk>/act/<str:code>/", wrap(self.act_view), name="messaging_message_act"),
            *board.urls(self),
            *super().get_urls(),
        ]

    def has_act_permission(self, request: HttpRequest) -> bool:
        """Whether this person answers and hands over; the rows themselves nobody changes."""
        return request.user.has_perm("messaging.change_message")

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The case with its course, and what may be done with it."""
        message = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if message and self.has_view_permission(request, message):
            may_act = self.has_act_permission(request)
            extra |= {
                "steps": course.steps(message),
                "acts": [act for act in ACTS.values() if may_act and act.fits(message)],
            }
        answer: HttpResponse = super().change_view(request, object_id, form_url, extra)
        return answer

    def act_view(self, request: HttpRequest, pk: int, code: str) -> HttpResponse:
        """The form of one act, and the act itself.

        Raises:
            PermissionDenied: no right to do anything with messages.
            Http404: no such act, or no such message.
        """
        if not self.has_act_permission(request):
            raise PermissionDenied(
                "Отвечать и передавать вам нельзя: у вашей группы нет такого права."
            )
        act = ACTS.get(code)
        if act is None:
            raise Http404
        message = get_object_or_404(
            Message.objects.worked_on_by(user_of(request)).with_route(), pk=pk
        )
        latest = message.entries.values_list("pk", flat=True).first() or 0
        if request.method != "POST":
            form = act.form(initial={"form_key": uuid.uuid4(), "latest": latest}, message=message)
            return self._show(request, act, form)
        form = act.form(request.POST.copy(), request.FILES, message=message)
        status = self._perform(request, form)
        if status:
            return self._show(request, act, form, status=status)
        messages.success(request, form.done)
        return redirect("admin:messaging_message_change", pk)

    def _perform(self, request: HttpRequest, form: ActForm) -> int:
        """Do what the form says; the status of the refusal, whose words stand in the form, or 0."""
        if not form.is_valid():
            return REFUSED
        user = user_of(request)
        stored, refusals = attachments.store(form.cleaned_data.get("attachments", ()))
        try:
            if refusals:
                for refusal in refusals:
                    form.add_error("attachments", refusal)
                status = REFUSED
            elif earlier := form.find_earlier(user):
                status = 0 if form.is_repeat_of(earlier, stored) else OVERTAKEN
                if status:
                    form.add_error(None, _used_words(earlier))
                    form.renew(form.message.entries.first() or earlier)
            else:
                with transaction.atomic():
                    thread.require_seen(form.message, by=user, latest=form.cleaned_data["latest"])
                    form.perform(thread.Person(user=user), stored)
                return 0
        except thread.NotPossible as refusal:
            form.add_error(None, str(refusal))
            status = OVERTAKEN
        except thread.Overtaken as overtaken:
            form.add_error(None, _overtaken_words(overtaken.entry))
            form.see(overtaken.entry)
            status = OVERTAKEN
        files.forget(file.path for file in stored)
        return status

    def _show(
        self, request: HttpRequest, act: Act, form: ActForm, *, status: int = 200
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": act.label,
            "act": act,
            "form": form,
            "case": form.message,
            "steps": course.steps(form.message),
        }
        return TemplateResponse(request, "admin/messaging/message/act.html", context, status=status)

    def file_view(self, request: HttpRequest, message: int, attachment: int) -> HttpResponseBase:
        """Hand a file out to the office, with a line in the journal.

        Raises:
            PermissionDenied: no right to look at messages or at their files.
        """
        may_see_files = request.user.has_perm("messaging.view_attachment")
        if not (self.has_view_permission(request) and may_see_files):
            raise PermissionDenied
        sent = Attachment.objects.filter(
            message__in=self.get_queryset(request).order_by().values("pk")
        ).select_related("message__contract__client")
        file = get_object_or_404(sent, pk=attachment, message=message)
        assert file.message is not None  # noqa: S101 — looked up by it
        if not file.may_be_opened:
            messages.warning(request, views.why_closed(file))
            return redirect("admin:messaging_message_change", message)
        return access.hand_out_journalled(
            request,
            contract=file.message.contract,
            file=views.attachment_file(file, number=file.message.number),
        )


def _overtaken_words(entry: Entry) -> str:
    who = letters.who_wrote(entry) or "другой сотрудник"
    return (
        f"Пока вы писали, в обращении появилась запись «{course.title_of(entry)}», {who},"
        f" {formats.moment(entry.at)}. Она показана ниже. Ваш текст сохранён: проверьте его и"
        " отправьте ещё раз. Файлы выберите снова."
    )


def _used_words(entry: Entry) -> str:
    return (
        f"Эта форма уже отправлена {formats.moment(entry.at)}: запись «{course.title_of(entry)}»"
        " показана ниже. Сейчас в форме другое, и оно ещё не отправлено: проверьте и отправьте ещё"
        " раз. Файлы выберите снова."
    )
