"""The papers of a submission: receipt and act as PDF."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render

from contracts.access import ContractFile, File
from meters import papers
from meters.models import Submission, SubmissionPaper


class SubmissionPaperView(ContractFile):
    """A paper of a submission: shown in the browser, or saved with `?download=1`."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        """Decide how it is handed out."""
        super().setup(request, *args, **kwargs)
        self.inline = "download" not in request.GET

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """The PDF; 503 and a reason while there is none."""
        try:
            return super().get(request, *args, **kwargs)
        except papers.NotMade as error:
            return _unavailable(request, error)

    def get_file(self) -> File:
        """The paper that the address names, of a submission of this contract."""
        if self.kwargs["kind"] not in SubmissionPaper.Kind:
            raise Http404
        own = Submission.objects.filter(contract=self.contract)
        submission = get_object_or_404(own, number=self.kwargs["number"])
        return paper_file(papers.open_paper(submission=submission, kind=self.kwargs["kind"]))


def paper_file(paper: SubmissionPaper) -> File:
    """How a paper that is made is handed out."""
    return File(
        path=paper.path,
        filename=f"{paper}.pdf",
        content_type="application/pdf",
        title=str(paper),
        details={"submission": paper.submission_id, "kind": paper.kind, "sha256": paper.sha256},
    )


def _unavailable(request: HttpRequest, error: papers.NotMade) -> HttpResponse:
    is_soon = isinstance(error, papers.BeingMade)
    context = {"is_soon": is_soon, "paper": error.paper, "submission": error.paper.submission}
    response = render(request, "meters/submission_paper_unavailable.html", context, status=503)
    if is_soon:
        response["Retry-After"] = str(papers.RETRY_AFTER)
    return response
