"""«Отправить сообщение», the message's page, and lists of messages."""

from __future__ import annotations

import uuid
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect

from accounts.models import Membership
from accounts.roles import Right
from accounts.visitor import user_of
from cabinet import formats
from cabinet.paging import NearestPage
from contracts import supervision
from contracts.access import (
    ContractFile,
    ContractFormPage,
    ContractListPage,
    ContractTemplatePage,
    File,
)
from contracts.supervision import Supervisor
from messaging import attachments, drafts, repeats, sending, timeline
from messaging.forms import MessageForm, draft_values, read_key
from messaging.models import Attachment, Draft, Message

PAGE_ROWS = 20
# So many contracts are offered beside the list; a person with more of them begins at the home page.
OFFERED_CONTRACTS = 8


class MessageNewView(ContractFormPage):
    """«Отправить сообщение». Every button posts the whole form, and nothing of it is lost."""

    template_name = "messaging/message_new.html"
    tab = "messages"
    form_class = MessageForm
    right = Right.SEND_MESSAGES
    right_for_reading = True

    @cached_property
    def routes(self) -> list[Supervisor]:
        """Who would get a message of each topic."""
        return supervision.supervisors(self.contract)

    @cached_property
    def form_key(self) -> uuid.UUID:
        """The key of the posted form; a new one where it is missing or spoilt."""
        return read_key(self.request.POST.get("form_key")) or uuid.uuid4()

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The draft that the address names, else the latest one, else an empty form."""
        topic = request.GET.get("topic", "")
        draft = drafts.find(
            author=self.membership.user,
            contract=self.contract,
            form_key=read_key(request.GET.get("draft")),
            topic_code=topic,
        )
        person = self.membership.user
        initial = {"topic": topic, "email": person.email, "phone": person.phone}
        if draft:
            initial |= {name: value for name, value in draft_values(draft).items() if value}
        form = MessageForm(initial=initial, routes=self.routes)
        return self.render_to_response(self.get_context_data(form=form, draft=draft))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep what was typed, then do what the button says; «Отправить» when Enter was pressed."""
        action = "remove" if "remove" in request.POST else request.POST.get("action", "send")
        if action == "discard":
            return self._discard()
        # A script saves while the person types; after sending, nothing is left to save.
        if action == "autosave" and repeats.find(
            author=self.membership.user, form_key=self.form_key
        ):
            return HttpResponse(status=204)
        form = MessageForm(request.POST, routes=self.routes)
        kept = self._keep(form)
        if kept.repeated:
            return _confirmation(kept.repeated)
        if action == "autosave":
            return HttpResponse(status=204)
        if action != "send":
            return self._show_draft(kept, action)
        if not form.is_valid() or kept.refusals or kept.used_by:
            return self._refuse(form, kept)
        return self._send(form, kept)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the draft's files, the form's key, the limits and who answers what."""
        draft: Draft | None = kwargs["draft"]
        return super().get_context_data(
            form_key=draft.form_key if draft else self.form_key,
            files=draft.attachments.all() if draft else (),
            routes=self.routes,
            limits=_limits(),
            nav="messages",
            **kwargs,
        )

    def _keep(self, form: MessageForm, *, with_files: bool = True) -> drafts.Kept:
        removed = self.request.POST.get("remove", "")
        return drafts.keep(
            author=self.membership.user,
            contract=self.contract,
            form_key=self.form_key,
            typed=form.typed,
            uploads=self.request.FILES.getlist("files") if with_files else (),
            remove=int(removed)
            if removed.isascii() and removed.isdecimal() and len(removed) < 19
            else None,
        )

    def _send(self, form: MessageForm, kept: drafts.Kept) -> HttpResponse:
        assert kept.draft is not None  # noqa: S101 — only a repeat has none, and it was answered
        try:
            message = sending.send_message(
                author=self.membership.user,
                contract=self.contract,
                form_key=kept.draft.form_key,
                **form.cleaned_data,
            )
        except repeats.AlreadySent:  # another window sent other words in between
            return self._refuse(form, self._keep(form, with_files=False))
        return _confirmation(message)

    def _show_draft(self, kept: drafts.Kept, action: str) -> HttpResponse:
        """The form again after «Добавить файл», «Удалить» or «Сохранить черновик»."""
        assert kept.draft is not None  # noqa: S101 — only a repeat has none, and it was answered
        if action == "add" and not kept.added and not kept.refusals and not self.request.FILES:
            kept.refusals.append(
                "Сначала выберите файл на компьютере, затем нажмите «Добавить файл»."
            )
        if kept.refusals:
            return self._refuse(
                MessageForm(initial=draft_values(kept.draft), routes=self.routes), kept
            )
        for name in kept.added:
            messages.success(self.request, f"Файл «{name}» добавлен.")
        if kept.removed:
            messages.success(self.request, f"Файл «{kept.removed}» удалён.")
        if action == "save":
            messages.success(
                self.request, "Черновик сохранён, вернуться к нему можно в любое время."
            )
        place = "" if action == "save" else "#files"
        return redirect(f"{self.request.path}?draft={kept.draft.form_key}{place}")

    def _refuse(self, form: MessageForm, kept: drafts.Kept) -> HttpResponse:
        """The same form with what is wrong: 422, or 409 when its key carried another message."""
        is_wrong = bool(kept.refusals or form.errors)
        context = self.get_context_data(
            form=form,
            draft=kept.draft,
            file_errors=[("id_files", sentence) for sentence in kept.refusals],
            used_by=kept.used_by,
            has_errors=True,
        )
        return self.render_to_response(context, status=422 if is_wrong else 409)

    def _discard(self) -> HttpResponse:
        if drafts.discard(
            author=self.membership.user, contract=self.contract, form_key=self.form_key
        ):
            messages.success(self.request, "Черновик удалён.")
        return redirect(self.request.path)


class MessageView(ContractTemplatePage):
    """A message's page; right after sending it is the confirmation."""

    template_name = "messaging/message.html"
    tab = "messages"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the message, to whom it went and its course."""
        found = (
            Message.objects.with_route()
            .prefetch_related("attachments")
            .filter(contract=self.contract)
        )
        message = get_object_or_404(found, number=self.kwargs["number"])
        answer_days = formats.counted(
            message.topic.answer_days, "рабочего дня", "рабочих дней", "рабочих дней"
        )
        return super().get_context_data(
            message=message,
            status=timeline.status(message.delivery),
            events=timeline.events(message),
            answer_days=answer_days,
            is_confirmation="sent" in self.request.GET,
            nav="messages",
            **kwargs,
        )


class ContractMessageListView(ContractListPage):
    """Every message about this contract, the newest first."""

    template_name = "messaging/contract_message_list.html"
    tab = "messages"
    paginate_by = PAGE_ROWS

    def get_queryset(self) -> QuerySet[Message]:
        """The contract's own messages."""
        return Message.objects.filter(contract=self.contract).with_route()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the rows as they are shown, and this person's unfinished message."""
        context = super().get_context_data(nav="messages", **kwargs)
        draft = drafts.find(author=self.membership.user, contract=self.contract)
        return {**context, "rows": timeline.rows(context["page_obj"]), "draft": draft}


class MessageListView(LoginRequiredMixin, NearestPage):
    """The messages of every contract in view."""

    template_name = "messaging/message_list.html"
    paginate_by = PAGE_ROWS

    def get_queryset(self) -> QuerySet[Message]:
        """Through the one rule that turns a user into rows."""
        return Message.objects.visible_to(self.request.user).with_route()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the rows as they are shown, and the contracts that one may write about."""
        context = super().get_context_data(nav="messages", **kwargs)
        memberships = (
            Membership.objects.active().filter(user=self.request.user.pk).select_related("client")
        )
        clients = {membership.client for membership in memberships}
        offered = list(
            sending.contracts_to_write_about(user_of(self.request))[: OFFERED_CONTRACTS + 1]
        )
        return {
            **context,
            "current_client": clients.pop() if len(clients) == 1 else None,
            "rows": timeline.rows(context["page_obj"]),
            "contracts": offered[:OFFERED_CONTRACTS],
            "has_more_contracts": len(offered) > OFFERED_CONTRACTS,
        }


class AttachmentFileView(ContractFile):
    """A file of a message, always as a download."""

    def get_file(self) -> File:
        """The file that the address names, of this contract's message."""
        sent = Attachment.objects.filter(
            message__contract=self.contract, message__number=self.kwargs["number"]
        )
        file = get_object_or_404(sent, pk=self.kwargs["attachment"])
        return attachment_file(file, number=self.kwargs["number"])


def attachment_file(attachment: Attachment, *, number: str) -> File:
    """How a file of message `number` is handed out, to the client and to the office alike."""
    return File(
        path=attachment.path,
        filename=attachment.name,
        content_type=attachment.content_type,
        title=f"Вложение «{attachment.name}» обращения {number}",
        details={"attachment": attachment.pk, "message": number, "sha256": attachment.sha256},
    )


def _confirmation(message: Message) -> HttpResponse:
    return redirect(f"{message.get_absolute_url()}?sent=1")


def _limits() -> dict[str, str]:
    """What the page says about files."""
    return {
        "kinds": attachments.KIND_LABELS,
        "accept": ",".join(f".{ending}" for ending in attachments.KINDS),
        "file": formats.file_size(settings.ATTACHMENT_MAX_BYTES),
        "file_bytes": str(settings.ATTACHMENT_MAX_BYTES),
        "message": formats.file_size(settings.ATTACHMENTS_MAX_BYTES),
        "count": formats.counted(settings.ATTACHMENTS_MAX_COUNT, "файл", "файла", "файлов"),
    }
