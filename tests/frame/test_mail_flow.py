"""Whether mail flows: the figures, the verdict, the command and the office's page."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client as Browser
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Letter, User
from cabinet import mailflow, outbox
from cabinet.mailflow import Verdict

pytestmark = pytest.mark.django_db

State = Letter.State
PAGE = "admin:mail_flow"


def letter(state: str = State.QUEUED, *, minutes: int = 0, **values: Any) -> Letter:
    """A letter whose next try was due so many minutes ago."""
    moment = timezone.now() - datetime.timedelta(minutes=minutes)
    return Letter.objects.create(
        to="to@vega.example", subject="Тема", plain="Текст", html="<p>Текст</p>", state=state,
        next_try_at=moment, **values,
    )  # fmt: skip


def box() -> mailflow.Outbox:
    """The outbox of letters about access."""
    return next(one for one in mailflow.look().outboxes if one.model is Letter)


@pytest.mark.parametrize(
    ("minutes", "verdict"),
    [(-10, Verdict.FLOWS), (1, Verdict.FLOWS), (6, Verdict.SLOW), (31, Verdict.STUCK)],
)
def test_the_age_of_the_oldest_due_letter_decides(minutes: int, verdict: Verdict) -> None:
    letter(minutes=minutes)
    letter(State.SENT, minutes=9999, sent_at=timezone.now())
    assert (box().verdict, mailflow.look().verdict) == (verdict, verdict)


def test_a_queue_of_repeats_only_is_slow() -> None:
    letter(minutes=-30, attempts=3, last_error="451 later")
    assert (box().verdict, box().retrying, box().last_error) == (Verdict.SLOW, 1, "451 later")
    letter(State.SENT, sent_at=timezone.now())
    assert box().verdict == Verdict.FLOWS, "others leave: this one has trouble of its own"


def test_the_figures() -> None:
    now = timezone.now()
    letter(minutes=2)
    letter(minutes=-60, attempts=2)
    letter(State.HELD)
    letter(State.FAILED, last_error="550 no such user")
    letter(State.BOUNCED, minutes=60 * 30)
    letter(State.SENT, sent_at=now - datetime.timedelta(minutes=5))
    letter(State.SENT, sent_at=now - datetime.timedelta(hours=5))
    letter(State.SENT, sent_at=now - datetime.timedelta(days=5))
    found = box()
    assert (found.due, found.queued, found.retrying, found.held) == (1, 2, 1, 1)
    assert (found.given_up, found.given_up_today) == (2, 1)
    assert (found.sent_in_hour, found.sent_in_day) == (1, 2)
    assert found.last_sent_at is not None
    assert found.last_sent_at > now - datetime.timedelta(minutes=6)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    output = StringIO()
    call_command("mail_flow", stdout=output)
    assert output.getvalue().startswith("Почта идёт")
    letter(minutes=45)
    output = StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("mail_flow", stdout=output)
    assert end.value.code == 2
    assert output.getvalue().startswith("Почта стоит")
    assert "45 минут" in output.getvalue().replace("\u00a0", " ")


def test_for_machines() -> None:
    letter(minutes=10)
    output = StringIO()
    with pytest.raises(SystemExit):
        call_command("mail_flow", json=True, stdout=output)
    told = json.loads(output.getvalue())
    assert told["verdict"] == "slow"
    assert 600 <= told["outboxes"]["accounts.Letter"]["oldest_due_seconds"] < 660
    assert set(told["outboxes"]) == {"accounts.Letter", "messaging.Delivery"}


def test_the_page(office: User, login: Callable[[User], Browser]) -> None:
    letter(minutes=45)
    letter(State.FAILED, last_error="550 <b>no such user</b>")
    response = login(office).get(reverse(PAGE))
    html = response.content.decode()
    assert response.status_code == 200
    assert "почта стоит" in html
    assert "550 &lt;b&gt;no such user" in html
    browser = login(office)
    refused = reverse("admin:accounts_letter_changelist") + "?state__in=failed,bounced"
    assert refused in html
    assert "to@vega.example" in browser.get(refused).content.decode()


def test_the_page_is_not_for_everybody(
    vega: User, superuser: User, login: Callable[[User], Browser]
) -> None:
    assert login(vega).get(reverse(PAGE)).status_code == 403
    assert login(superuser).get(reverse(PAGE)).status_code == 200
    stranger = superuser
    stranger.is_superuser = False
    stranger.save()
    assert login(stranger).get(reverse(PAGE)).status_code == 403


def test_no_figure_reads_what_left_long_ago() -> None:
    """Every statement about an outbox is answered by one of its partial indexes."""
    now = timezone.now()
    Letter.objects.bulk_create(
        Letter(
            to="a@vega.example", subject="", plain="", html="", state=State.SENT, sent_at=now,
            next_try_at=now,
        )
        for _ in range(3000)
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_letter")
    Letter.objects.update(sent_at=now - datetime.timedelta(days=30))
    with CaptureQueriesContext(connection) as captured:
        box()
    asked = [one["sql"] for one in captured if "accounts_letter" in one["sql"]]
    assert len(asked) >= 8
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_letter")
        for sql in asked:
            cursor.execute(f"EXPLAIN {sql}")
            plan = "\n".join(row[0] for row in cursor.fetchall())
            assert "Seq Scan" not in plan, plan


def test_every_outbox_is_looked_at() -> None:
    assert {model.__name__ for model in outbox.outboxes()} == {"Letter", "Delivery"}
