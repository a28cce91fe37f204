"""The one-time password: how it lets in, when it dies, and where it never is."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts import issuing, journal
from accounts import office as office_groups
from accounts.models import Client, JournalEntry, User
from tests import make
from tests.accounts.paper import PERSON, enter, issue, terms


def every_text_of_the_database() -> str:
    """All text and JSON columns of all tables, one after another."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' "
            "AND data_type IN ('text', 'character varying', 'jsonb', 'json')"
        )
        columns = cursor.fetchall()
        texts = []
        for table, column in columns:
            cursor.execute(f'SELECT string_agg("{column}"::text, chr(10)) FROM "{table}"')  # noqa: S608
            texts.append(cursor.fetchone()[0] or "")
    return "\n".join(texts)


def test_the_database_never_holds_the_password(
    vega_client: Client, office: User, login: Callable[[User], Browser]
) -> None:
    answer = issue(login(office), vega_client)
    assert answer.status_code == 200
    password = answer.context["one_time_password"]
    renewed = issuing.reissue_password(user=answer.context["person"], by=office)
    everything = every_text_of_the_database()
    assert answer.context["person"].username in everything  # the scan does look
    for secret in (password, renewed, password.replace("-", ""), renewed.replace("-", "")):
        assert secret not in everything


def test_the_slip_lets_in_and_leads_to_an_own_password(vega_client: Client, office: User) -> None:
    issued = issuing.issue_login(client=vega_client, person=PERSON, terms=terms(), issued_by=office)
    browser, answer = enter(issued.login.upper(), issued.one_time_password)
    assert answer.status_code == 302
    answer = browser.get(reverse("contracts:home"))
    assert answer.status_code == 302
    assert answer.url == reverse("accounts:first-password")


def test_the_slip_is_dead_after_an_own_password(vega_client: Client, office: User) -> None:
    issued = issuing.issue_login(client=vega_client, person=PERSON, terms=terms(), issued_by=office)
    browser, _ = enter(issued.login, issued.one_time_password)
    own = "синий-трактор-едет-2026"
    answer = browser.post(reverse("accounts:first-password"), {"password1": own, "password2": own})
    assert answer.status_code == 302
    _, answer = enter(issued.login, issued.one_time_password)
    assert answer.status_code != 302
    _, answer = enter(issued.login, own)
    assert answer.status_code == 302


def test_an_expired_slip_is_refused(vega_client: Client, office: User) -> None:
    issued = issuing.issue_login(client=vega_client, person=PERSON, terms=terms(), issued_by=office)
    User.objects.filter(pk=issued.membership.user_id).update(
        one_time_password_until=timezone.now() - datetime.timedelta(seconds=1)
    )
    browser, answer = enter(issued.login, issued.one_time_password)
    assert answer.status_code != 302
    assert "_auth_user_id" not in browser.session


def test_a_new_password_kills_the_old_one_and_the_sessions(
    vega: User, vega_client: Client, office: User
) -> None:
    browser, answer = enter("vega", make.PASSWORD)
    assert answer.status_code == 302
    password = issuing.reissue_password(user=vega, by=office)

    answer = browser.get(reverse("contracts:home"))
    assert answer.status_code == 302
    assert answer.url.startswith(reverse("account_login"))
    assert enter("vega", make.PASSWORD)[1].status_code != 302
    assert enter("vega", password)[1].status_code == 302
    entry = JournalEntry.objects.get(action=journal.Action.PASSWORD_ISSUED)
    assert (entry.user, entry.details["login"]) == (office, "vega")


def test_one_page_gives_one_password(vega: User, office: User) -> None:
    """The second of two clicks has read the login before the first one changed it."""
    seen = User.objects.get(pk=vega.pk)
    stamp = issuing.password_stamp(seen)
    password = issuing.reissue_password(user=vega, by=office, stamp=stamp)
    with pytest.raises(issuing.IssuingRefused, match="Пароль уже сменился"):
        issuing.reissue_password(user=seen, by=office, stamp=stamp)
    vega.refresh_from_db()
    assert vega.check_password(password)


def test_nobody_gets_a_password_without_access(vega_former: User, office: User) -> None:
    with pytest.raises(issuing.IssuingRefused):
        issuing.reissue_password(user=vega_former, by=office)
    vega_former.refresh_from_db()
    assert not vega_former.has_one_time_password


def test_whose_passwords_are_whose_to_issue(
    vega: User, front_desk: User, office: User, superuser: User
) -> None:
    """Clients' the front desk's, colleagues' the administrator's, a superuser's a superuser's."""
    auditor = make.member(office_groups.AUDITOR, "auditor")
    refused = [
        (auditor, vega), (auditor, front_desk), (front_desk, auditor), (front_desk, office),
        (front_desk, superuser), (office, superuser),
    ]  # fmt: skip
    for by, person in refused:
        before = person.password
        with pytest.raises(issuing.IssuingRefused, match="Вы не можете"):
            issuing.reissue_password(user=person, by=by)
        person.refresh_from_db()
        assert person.password == before
    for by, person in [(front_desk, vega), (office, vega), (office, front_desk)]:
        assert issuing.reissue_password(user=person, by=by)
    assert issuing.reissue_password(user=office, by=superuser)
