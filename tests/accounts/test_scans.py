"""Scans of agreements: what the antivirus says, and what is swept out."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Callable

import pytest
from django.core.files.storage import default_storage
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import scans, tasks
from accounts.models import AgreementScan, Client, Enrolment, User
from cabinet import accepting, antivirus
from tests import make
from tests.accounts import paper


def stored() -> list[str]:
    return [
        f"{scans.FOLDER}/{level}/{name}"
        for level in default_storage.listdir(scans.FOLDER)[0]
        for name in default_storage.listdir(f"{scans.FOLDER}/{level}")[1]
    ]


@pytest.fixture
def clamd(settings: object, monkeypatch: pytest.MonkeyPatch) -> Callable[[str | None], None]:
    """`clamd("Eicar")` finds that in every file, `clamd("")` nothing, `clamd(None)` is away."""
    settings.CLAMD_ADDRESS = "/nowhere"

    def answer(virus: str | None) -> None:
        def scan(file: object) -> str:
            if virus is None:
                raise antivirus.Unavailable("away")
            return virus

        monkeypatch.setattr(antivirus, "scan", scan)

    return answer


def test_an_infected_scan_is_refused_and_gone(
    office: User, clamd: Callable[[str | None], None]
) -> None:
    clamd("Eicar")
    with pytest.raises(accepting.Refused, match="вредоносную программу"):
        scans.keep(paper.scan(), by=office)
    assert not AgreementScan.objects.exists()
    assert stored() == []


def test_a_scan_waits_for_an_antivirus_that_is_away(
    office: User,
    vega_client: Client,
    clamd: Callable[[str | None], None],
    login: Callable[[User], Browser],
) -> None:
    clamd(None)
    scan = scans.keep(paper.scan(), by=office)
    assert not scan.is_checked
    enrolment = make.enrolment(vega_client, office, scan=scan)
    address = reverse("admin:accounts_enrolment_scan", args=[enrolment.pk])
    desk = login(office)
    assert "не проверен антивирусом" in desk.get(address, follow=True).content.decode()
    clamd("Eicar")
    assert "вредоносную программу" in desk.get(address, follow=True).content.decode()
    clamd("")
    assert desk.get(address).status_code == 200
    assert AgreementScan.objects.get().is_checked


@pytest.mark.parametrize("ending", ["exe", "html", "svg", "docx", "zip"])
def test_only_papers_and_pictures_are_taken(ending: str, office: User) -> None:
    with pytest.raises(accepting.Refused, match="PDF, JPEG, PNG"):
        scans.keep(paper.scan(f"скан.{ending}"), by=office)


def test_what_belongs_to_nothing_is_swept_after_a_day(office: User, vega_client: Client) -> None:
    kept = make.agreement_scan(office)
    make.enrolment(vega_client, office, scan=kept)
    replaced, fresh = make.agreement_scan(office), make.agreement_scan(office)
    long_ago = timezone.now() - datetime.timedelta(days=2)
    AgreementScan.objects.exclude(pk=fresh.pk).update(uploaded_at=long_ago)
    for scan in (kept, replaced):
        os.utime(default_storage.path(scan.path), (time.time() - 2 * 86_400,) * 2)
    tasks.sweep_orphaned_scans()
    assert set(AgreementScan.objects.all()) == {kept, fresh}
    assert set(stored()) == {kept.path, fresh.path}
    assert Enrolment.objects.get().scan == kept
