"""What the two forms have in common: every button posts the whole form, nothing of it is lost."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import posted
from accounts.roles import Right
from cabinet import accepting, formats, keys
from contracts.access import ContractFormPage
from messaging import drafts, limits, repeats, sending, stash
from messaging.forms import AdditionForm, MessageForm, draft_values, read_key
from messaging.models import Draft, Entry, Message

AnyForm = MessageForm | AdditionForm


class DraftedFormPage(ContractFormPage):
    """A form that is kept as a draft from the first button on.

    A subclass says what its form is, how it is sent, and where the person goes then.
    """

    tab = "messages"
    right = Right.SEND_MESSAGES
    fields: ClassVar[tuple[str, ...]]

    @cached_property
    def message(self) -> Message | None:
        """The message to which the form adds, if it does."""
        return None

    def make_form(
        self, data: Mapping[str, Any] | None = None, initial: Mapping[str, Any] | None = None
    ) -> AnyForm:
        """The form, with what was posted or with what stands in it at first."""
        raise NotImplementedError

    def send(self, form: AnyForm, form_key: uuid.UUID) -> Message | Entry:
        """Send what the valid form says, with the files of the draft of this key."""
        raise NotImplementedError

    def after_sending(self, sent: Message | Entry) -> HttpResponse:
        """To the page that says that it was taken."""
        raise NotImplementedError

    def missing_file(self, draft: Draft | None) -> str:
        """A sentence about the file without which this is not sent; empty when none is missing."""
        return ""

    @property
    def form_address(self) -> str:
        """Where the form stands."""
        return self.request.path

    @cached_property
    def form_key(self) -> uuid.UUID:
        """The key of the posted form; a new one where it is missing or spoilt."""
        return read_key(self.request.POST.get("form_key")) or uuid.uuid4()

    @cached_property
    def place(self) -> dict[str, Any]:
        """Whose drafts, of what: arguments of messaging/drafts.py."""
        return {
            "author": self.membership.user, "contract": self.contract, "message": self.message,
        }  # fmt: skip

    def find_draft(self) -> Draft | None:
        """The draft that the address names, else the latest one."""
        return drafts.find(**self.place, form_key=read_key(self.request.GET.get("draft")))

    # Showing -------------------------------------------------------------------------------------

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The form: with what was posted when the session had ended, with a draft, or empty."""
        kept = self.may(Right.SEND_MESSAGES) and stash.take(
            request, contract=self.contract, message=self.message,
            read=lambda fields: self.make_form(fields).typed,
        )  # fmt: skip
        if kept and kept.repeated:
            return self.after_sending(kept.repeated)
        if kept and kept.draft:
            messages.success(
                request,
                "Сеанс закончился, но всё, что вы ввели, сохранено. Проверьте и отправьте.",
            )
            for sentence in kept.refusals:
                messages.error(request, sentence)
            return self.show(kept.draft)
        return self.show(self.find_draft() if self.may(Right.SEND_MESSAGES) else None)

    def show(self, draft: Draft | None) -> HttpResponse:
        """The page with the form and this draft in it."""
        values = draft_values(draft) if draft else {}
        form = self.make_form(initial={name: value for name, value in values.items() if value})
        return self.render_to_response(self.get_context_data(form=form, draft=draft))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the draft's files, the form's key and seal, and the limits."""
        draft: Draft | None = kwargs["draft"]
        return super().get_context_data(
            form_key=draft.form_key if draft else self.form_key,
            seal=posted.seal(self.membership.user),
            files=draft.attachments.all() if draft else (),
            limits=_limits(),
            nav="messages",
            **kwargs,
        )

    # Taking --------------------------------------------------------------------------------------

    @classmethod
    def keep_posted(cls, request: HttpRequest) -> None:
        """Keep what a visitor posted, until the login: the session had ended meanwhile.

        Not what a script saves: it is still on the screen.
        """
        if request.POST.get("action") != "autosave":
            stash.put(request, cls.fields)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Keep what was typed, then do what the button says; «Отправить» when Enter was pressed."""
        action = "remove" if "remove" in request.POST else request.POST.get("action", "send")
        if action == "discard":
            return self._discard()
        # A script saves while the person types; after sending, nothing is left to save.
        if action == "autosave" and drafts.is_sent(**self.place, form_key=self.form_key):
            return HttpResponse(status=204)
        form = self.make_form(request.POST)
        kept = self._keep(form)
        if kept.repeated:
            return self.after_sending(kept.repeated)
        if action == "autosave":
            return HttpResponse(status=204)
        if action != "send":
            return self._show_draft(kept, action)
        if words := self.missing_file(kept.draft):
            kept.refusals.append(words)
        if not form.is_valid() or kept.refusals or kept.used_by:
            return self._refuse(form, kept)
        return self._send(form, kept)

    def _keep(self, form: AnyForm, *, with_files: bool = True) -> drafts.Kept:
        return drafts.keep(
            **self.place,
            form_key=self.form_key,
            typed=form.typed,
            uploads=self.request.FILES.getlist("files") if with_files else (),
            remove=keys.read(self.request.POST.get("remove", "")),
        )

    def _send(self, form: AnyForm, kept: drafts.Kept) -> HttpResponse:
        assert kept.draft is not None  # noqa: S101 — only a repeat has none, and it was answered
        try:
            sent = self.send(form, kept.draft.form_key)
        except repeats.AlreadySent:  # another window sent other words in between
            return self._refuse(form, self._keep(form, with_files=False))
        except sending.FileMissing as refusal:  # another window took the file out in between
            kept.refusals.append(str(refusal))
            return self._refuse(form, kept)
        except limits.TooMany as refusal:
            return self._refuse(form, kept, too_many=str(refusal))
        return self.after_sending(sent)

    def _show_draft(self, kept: drafts.Kept, action: str) -> HttpResponse:
        """The form again after «Добавить файл», «Удалить» or «Сохранить черновик»."""
        assert kept.draft is not None  # noqa: S101 — only a repeat has none, and it was answered
        if action == "add" and not kept.added and not kept.refusals and not self.request.FILES:
            kept.refusals.append(
                "Сначала выберите файл на компьютере, затем нажмите «Добавить файл»."
            )
        if kept.refusals:
            return self._refuse(self.make_form(initial=draft_values(kept.draft)), kept)
        for name in kept.added:
            messages.success(self.request, f"Файл «{name}» добавлен.")
        if kept.removed:
            messages.success(self.request, f"Файл «{kept.removed}» удалён.")
        if action == "save":
            messages.success(
                self.request, "Черновик сохранён, вернуться к нему можно в любое время."
            )
        place = "" if action == "save" else "#files"
        return redirect(f"{self.form_address}?draft={kept.draft.form_key}{place}")

    def _refuse(self, form: AnyForm, kept: drafts.Kept, *, too_many: str = "") -> HttpResponse:
        """The same form with what is wrong: 422; 409 when its key carried something else before.

        429 when `too_many` says that the account has sent as much as it may.
        """
        status = 422 if kept.refusals or form.errors else 429 if too_many else 409
        files = [("id_files", sentence) for sentence in kept.refusals]
        context = self.get_context_data(
            form=form,
            draft=kept.draft,
            file_errors=files,
            top_errors=[*([("", too_many)] if too_many else []), *files],
            used_by=kept.used_by,
            has_errors=True,
        )
        return self.render_to_response(context, status=status)

    def _discard(self) -> HttpResponse:
        if drafts.discard(**self.place, form_key=self.form_key):
            messages.success(self.request, "Черновик удалён.")
        return redirect(self.form_address)


def _limits() -> dict[str, str]:
    """What the page says about files."""
    return {
        "kinds": accepting.labels(accepting.KINDS),
        "accept": ",".join(f".{ending}" for ending in accepting.KINDS),
        "file": formats.file_size(settings.ATTACHMENT_MAX_BYTES),
        "file_bytes": str(settings.ATTACHMENT_MAX_BYTES),
        "message": formats.file_size(settings.ATTACHMENTS_MAX_BYTES),
        "count": formats.counted(settings.ATTACHMENTS_MAX_COUNT, "файл", "файла", "файлов"),
    }
