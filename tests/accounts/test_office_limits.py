"""What stays out of the office's reach: rights, passwords, secrets, and typed scripts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client as Browser
from django.urls import NoReverseMatch, reverse

from accounts import issuing, journal, letters
from accounts import office as office_groups
from accounts.models import Client, JournalEntry, Letter, User
from cabinet import celery
from cabinet.outbox import OutboxRow
from contracts.models import Contract, Specialist
from tests import make

Login = Callable[[User], Browser]


@pytest.fixture
def desk(front_desk: User, login: Login) -> Browser:
    """The front desk at work."""
    return login(front_desk)


# Out of reach -----------------------------------------------------------------------------------


def user_form(user: User, **values) -> dict:
    inline = {
        f"memberships-{name}": number
        for name, number in {
            "TOTAL_FORMS": 0,
            "INITIAL_FORMS": 0,
            "MIN_NUM_FORMS": 0,
            "MAX_NUM_FORMS": 0,
        }.items()
    }
    return {
        "last_name": user.last_name,
        "first_name": user.first_name,
        "patronymic": user.patronymic,
        "phone": user.phone,
        **inline,
        **values,
    }


def test_the_office_corrects_a_name_and_nothing_else(desk: Browser, vega: User) -> None:
    page = reverse("admin:accounts_user_change", args=[vega.pk])
    group = Group.objects.get(name=office_groups.ADMINISTRATOR)
    before = User.objects.get(pk=vega.pk)
    answer = desk.post(
        page,
        user_form(
            vega,
            last_name="Громова",
            is_staff="on",
            is_superuser="on",
            is_active="",
            groups=[group.pk],
            user_permissions=[Permission.objects.first().pk],
            username="boss",
            email="boss@evil.example",
            password="chosen-by-the-office-2026",
            has_one_time_password="on",
        ),
    )
    assert answer.status_code == 302
    after = User.objects.get(pk=vega.pk)
    assert after.last_name == "Громова"
    for kept in (
        "username",
        "email",
        "password",
        "is_staff",
        "is_superuser",
        "is_active",
        "has_one_time_password",
    ):
        assert getattr(after, kept) == getattr(before, kept), kept
    assert not after.groups.exists()
    assert not after.user_permissions.exists()


def test_the_front_desk_does_not_change_its_own_people(
    desk: Browser, front_desk: User, office: User, superuser: User
) -> None:
    for person in (front_desk, office, superuser):
        page = reverse("admin:accounts_user_change", args=[person.pk])
        assert desk.get(page).status_code == 200
        assert (
            desk.post(page, user_form(person, last_name="Другая", is_superuser="on")).status_code
            == 403
        )
    office.refresh_from_db()
    assert (office.last_name, office.is_superuser) == ("Зимина", False)


def test_nothing_is_added_or_deleted_past_the_rules(desk: Browser, vega: User) -> None:
    journal.record(journal.Action.LOGIN, user=vega)
    rows = {
        "accounts_user": vega,
        "accounts_client": Client.objects.first(),
        "accounts_membership": vega.memberships.get(),
        "accounts_journalentry": JournalEntry.objects.first(),
    }
    for name, row in rows.items():
        assert desk.get(reverse(f"admin:{name}_add")).status_code == 403, name
        assert desk.post(reverse(f"admin:{name}_add"), {}).status_code == 403, name
        assert (
            desk.post(reverse(f"admin:{name}_delete", args=[row.pk]), {"post": "yes"}).status_code
            == 403
        ), name
    for name in ("accounts_membership", "accounts_journalentry"):
        assert (
            desk.post(reverse(f"admin:{name}_change", args=[rows[name].pk]), {}).status_code == 403
        ), name
    with pytest.raises(NoReverseMatch):
        reverse("admin:auth_user_password_change", args=[vega.pk])


@pytest.mark.parametrize(
    ("listed", "query"),
    [
        ("accounts_user", "password__startswith"),
        ("accounts_letter", "plain__contains"),
        ("accounts_letter", "html__contains"),
        ("accounts_membership", "user__password__startswith"),
    ],
)
def test_secrets_are_not_read_out_by_filters(
    listed: str, query: str, desk: Browser, vega: User
) -> None:
    letters.Letter.objects.create(
        to="a@vega.example", subject="Ссылка", plain="https://x/key", html="<p>key</p>"
    )
    answer = desk.get(reverse(f"admin:{listed}_changelist"), {query: "a"})
    assert answer.status_code in (302, 400)


def test_the_words_of_letters_are_not_shown(desk: Browser) -> None:
    letter = Letter.objects.create(
        to="a@vega.example", subject="Ссылка", plain="тайный-ключ", html="<p>тайный-ключ</p>"
    )
    page = desk.get(reverse("admin:accounts_letter_change", args=[letter.pk])).content.decode()
    assert "a@vega.example" in page
    assert "тайный-ключ" not in page


def test_a_letter_that_did_not_leave_is_sent_again(desk: Browser) -> None:
    failed = Letter.objects.create(
        to="a@vega.example",
        subject="т",
        plain="т",
        html="т",
        state=OutboxRow.State.FAILED,
        attempts=17,
    )
    sent = Letter.objects.create(
        to="b@vega.example", subject="т", plain="т", html="т", state=OutboxRow.State.SENT
    )
    answer = desk.post(
        reverse("admin:accounts_letter_changelist"),
        {"action": "send_again", "_selected_action": [failed.pk, sent.pk]},
        follow=True,
    )
    assert "1\u00a0письмо" in answer.content.decode()
    failed.refresh_from_db()
    sent.refresh_from_db()
    assert (failed.state, failed.attempts, sent.state) == ("queued", 0, "sent")


def test_sending_again_wakes_the_worker(
    desk: Browser, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    monkeypatch.setitem(celery.app.conf, "task_always_eager", True)  # a worker that is there
    failed = Letter.objects.create(
        to="a@vega.example", subject="т", plain="т", html="т", state=OutboxRow.State.FAILED
    )
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(
            reverse("admin:accounts_letter_changelist"),
            {"action": "send_again", "_selected_action": [failed.pk]},
        )
    failed.refresh_from_db()
    assert (failed.state, failed.attempts) == ("sent", 1)


def test_staff_that_only_look_send_nothing_again(db: None, login: Login) -> None:
    auditor = make.user("auditor", is_staff=True)
    auditor.user_permissions.add(Permission.objects.get(codename="view_letter"))
    failed = Letter.objects.create(
        to="a@vega.example", subject="т", plain="т", html="т", state=OutboxRow.State.FAILED
    )
    login(auditor).post(
        reverse("admin:accounts_letter_changelist"),
        {"action": "send_again", "_selected_action": [failed.pk]},
    )
    failed.refresh_from_db()
    assert failed.state == "failed"


def test_staff_that_only_look_revoke_nothing(vega: User, login: Login) -> None:
    auditor = make.user("auditor", is_staff=True)
    auditor.user_permissions.add(Permission.objects.get(codename="view_membership"))
    browser = login(auditor)
    membership = vega.memberships.get()
    page = browser.get(reverse("admin:accounts_membership_change", args=[membership.pk]))
    assert page.status_code == 200
    assert "Отозвать" not in page.content.decode()
    revoke = reverse("admin:accounts_membership_revoke")
    assert browser.get(f"{revoke}?pk={membership.pk}").status_code == 403
    assert browser.post(revoke, {"pk": membership.pk, "reason": "р"}).status_code == 403
    membership.refresh_from_db()
    assert membership.revoked_at is None


# A new colleague --------------------------------------------------------------------------------


def test_a_superuser_brings_a_colleague_in(superuser: User, login: Login) -> None:
    browser = login(superuser)
    answer = browser.post(
        reverse("admin:accounts_user_add"),
        {
            "username": "Petrova",
            "last_name": "Петрова",
            "first_name": "Анна",
            "patronymic": "",
            "phone": "",
            "email": "petrova@retailer.example",
            "password": "typed-by-hand-2026",
        },
    )
    colleague = User.objects.get(username="petrova")
    assert answer.status_code == 302
    assert (colleague.is_staff, colleague.is_superuser, colleague.has_usable_password()) == (
        True,
        False,
        False,
    )
    password = issuing.reissue_password(user=colleague, by=superuser)
    answer = Browser().post(reverse("account_login"), {"login": "petrova", "password": password})
    assert answer.status_code == 302


# What people typed ------------------------------------------------------------------------------


def test_typed_text_stays_text(
    office: User, vega: User, vega_contract: Contract, specialist: Specialist, login: Login
) -> None:
    desk = login(office)
    evil = '<script>alert("x")</script>'
    Client.objects.update(short_name=evil, full_name=evil)
    User.objects.filter(pk=vega.pk).update(last_name=evil)
    enrolment = make.enrolment(
        vega_contract.client, vega, last_name=evil, first_name=evil, position=evil
    )
    Specialist.objects.update(last_name=evil, position=evil)
    entry = journal.record(
        journal.Action.LOGIN_REFUSED, login=evil, subject=evil, details={"x": evil}
    )
    pages = [
        reverse("admin:accounts_client_change", args=[vega_contract.client_id]),
        reverse("admin:accounts_enrolment_new") + f"?client={vega_contract.client_id}",
        reverse("admin:accounts_enrolment_transfer", args=[vega_contract.client_id]),
        *(
            reverse(f"admin:accounts_enrolment_{name}", args=[enrolment.pk])
            for name in ("contracts", "person", "terms", "agreement", "abandon", "change")
        ),
        reverse("admin:accounts_user_change", args=[vega.pk]),
        reverse("admin:accounts_membership_change", args=[vega.memberships.get().pk]),
        reverse("admin:accounts_membership_revoke") + f"?pk={vega.memberships.get().pk}",
        reverse("admin:accounts_journalentry_change", args=[entry.pk]),
        reverse("admin:contracts_contract_change", args=[vega_contract.pk]),
        *(
            reverse(f"admin:{name}_changelist")
            for name in (
                "accounts_client",
                "accounts_user",
                "accounts_membership",
                "accounts_journalentry",
                "accounts_enrolment",
                "contracts_contract",
                "contracts_specialist",
                "contracts_assignment",
                "contracts_leave",
            )
        ),
    ]
    for page in pages:
        answer = desk.get(page)
        assert answer.status_code == 200, page
        assert evil not in answer.content.decode(), page
