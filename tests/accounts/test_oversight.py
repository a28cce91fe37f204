"""What the office sees, changes and takes out is in the journal: before and after, no secrets."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client as Browser
from django.urls import reverse

from accounts import journal, oversight
from accounts.models import Client, JournalEntry, User
from accounts.office import AUDITOR, FRONT_DESK
from contracts.models import Branch, Contract, Leave, Specialist, Topic
from tests import make
from tests.accounts.test_office_limits import user_form
from tests.frame.test_walk import ALL
from tests.samples import OPEN, samples

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]
Action = JournalEntry.Action


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


def last(action: str) -> JournalEntry:
    return JournalEntry.objects.filter(action=action).latest("pk")


# What is seen ---------------------------------------------------------------------------------


def test_a_clients_page(desk: Browser, office: User, vega_client: Client) -> None:
    desk.get(reverse("admin:accounts_client_change", args=[vega_client.pk]))
    entry = last(Action.OFFICE_VIEWED)
    assert (entry.user, entry.client) == (office, vega_client)
    assert entry.subject == "Клиент: ООО «Вега»"
    assert entry.request_id


def test_a_persons_page(desk: Browser, vega: User) -> None:
    desk.get(reverse("admin:accounts_user_change", args=[vega.pk]))
    assert last(Action.OFFICE_VIEWED).person == vega


@pytest.mark.parametrize("model", ["accounts_client", "accounts_membership", "contracts_contract"])
def test_a_search(model: str, desk: Browser) -> None:
    desk.get(reverse(f"admin:{model}_changelist"), {"q": "Вега"})
    assert "q=" in last(Action.OFFICE_VIEWED).details["path"]


def test_pages_that_show_nobodys_data_leave_no_line(desk: Browser) -> None:
    desk.get(reverse("admin:index"))
    desk.get(reverse("admin:jsi18n"))
    assert not JournalEntry.objects.exists()


def test_a_list_cut_to_a_client_is_that_clients(desk: Browser, vega_client: Client) -> None:
    address = reverse("admin:accounts_membership_changelist")
    desk.get(address, {"client__id__exact": vega_client.pk})
    assert last(Action.OFFICE_VIEWED).client == vega_client


def test_rows_of_every_room_find_their_client(
    vega: User, vega_contract: Contract, topic: Topic
) -> None:
    message = make.message(vega_contract, vega, topic)
    rows = [
        vega_contract, vega_contract.points.get(pk=vega_contract.points.first().pk),
        make.document(vega_contract), make.charge(vega_contract), message,
        make.attachment(message), make.submission(vega_contract, vega),
    ]  # fmt: skip
    for row in rows:
        found = oversight.client_of(type(row), row.pk)
        assert found == vega_contract.client, row
    for model in apps.get_models():
        oversight.client_of(model, "nonsense")


@pytest.mark.parametrize("name", [name for name in ALL if name not in OPEN])
def test_every_file_that_a_client_takes_leaves_a_line(
    name: str, request: pytest.FixtureRequest, vega: User, vega_client: Client, login: Login
) -> None:
    answer = login(vega).get(reverse(name, kwargs=samples(name, request)))
    if answer.status_code == 200 and "Content-Disposition" in answer:
        entry = JournalEntry.objects.get(user=vega)
        assert entry.action in {Action.FILE_OPENED, Action.EXPORTED}
        assert entry.client == vega_client
        assert entry.subject


# What is refused --------------------------------------------------------------------------------


def test_refusals(vega: User, vega_client: Client, login: Login) -> None:
    login(vega).get(reverse("admin:accounts_client_change", args=[vega_client.pk]))
    entry = last(Action.REFUSED)
    assert (entry.user, entry.details) == (vega, {"status": 403})


# What is changed --------------------------------------------------------------------------------


def test_a_change_with_before_and_after(desk: Browser, office: User, vega: User) -> None:
    address = reverse("admin:accounts_user_change", args=[vega.pk])
    desk.post(address, user_form(vega, is_active="on", last_name="Громова"))
    entry = last(Action.ROW_CHANGED)
    assert (entry.user, entry.person) == (office, vega)
    assert entry.details["changes"] == {"last_name": ["Громов", "Громова"]}
    assert entry.details["model"] == "accounts.User"


def test_a_save_that_changes_nothing_is_no_change(desk: Browser, vega: User) -> None:
    desk.post(
        reverse("admin:accounts_user_change", args=[vega.pk]), user_form(vega, is_active="on")
    )
    assert not JournalEntry.objects.filter(action=Action.ROW_CHANGED).exists()


def test_adding_changing_and_deleting(
    desk: Browser, specialist: Specialist, vega_contract: Contract
) -> None:
    deputy = make.specialist(vega_contract.branch)
    form = {
        "specialist": specialist.pk, "deputy": deputy.pk,
        "starts_on": "01.12.2026", "ends_on": "10.12.2026",
    }  # fmt: skip
    assert desk.post(reverse("admin:contracts_leave_add"), form).status_code == 302
    leave = Leave.objects.get()
    added = last(Action.ROW_ADDED).details["changes"]
    assert added["starts_on"] == [None, "2026-12-01"]
    assert added["deputy"] == [None, f"{deputy} [{deputy.pk}]"]

    other = make.specialist(vega_contract.branch)
    address = reverse("admin:contracts_leave_change", args=[leave.pk])
    desk.post(address, {**form, "deputy": other.pk})
    assert last(Action.ROW_CHANGED).details["changes"] == {
        "deputy": [f"{deputy} [{deputy.pk}]", f"{other} [{other.pk}]"]
    }

    desk.post(reverse("admin:contracts_leave_delete", args=[leave.pk]), {"post": "yes"})
    gone = last(Action.ROW_DELETED).details
    assert gone["pk"] == str(leave.pk)
    assert gone["changes"]["deputy"] == [other.pk, None]


def test_the_groups_of_a_member_of_the_office(desk: Browser, front_desk: User) -> None:
    before, after = (Group.objects.get(name=name) for name in (FRONT_DESK, AUDITOR))
    form = user_form(front_desk, is_active="on", position="", groups=[before.pk, after.pk])
    address = reverse("admin:accounts_user_change", args=[front_desk.pk])
    assert desk.post(address, form).status_code == 302
    entry = last(Action.ROW_CHANGED)
    assert entry.person == front_desk
    assert set(entry.details["changes"]) == {"groups"}
    was, now = entry.details["changes"]["groups"]
    assert was == [f"{FRONT_DESK} [{before.pk}]"]
    assert sorted(now) == sorted([*was, f"{AUDITOR} [{after.pk}]"])


def test_the_login_linked_to_a_specialist(
    desk: Browser, front_desk: User, specialist: Specialist
) -> None:
    """It says which contracts the person has: the entry is that person's, before and after."""
    address = reverse("admin:contracts_specialist_change", args=[specialist.pk])
    form = {
        "last_name": specialist.last_name, "first_name": specialist.first_name,
        "patronymic": specialist.patronymic, "position": specialist.position,
        "branch": specialist.branch_id, "is_active": "on", "phone": specialist.phone,
        "extension": specialist.extension, "email": specialist.email, "office": specialist.office,
        "leaves-TOTAL_FORMS": 0, "leaves-INITIAL_FORMS": 0,
    }  # fmt: skip
    named = f"{front_desk} [{front_desk.pk}]"
    for linked, change in ((front_desk.pk, [None, named]), ("", [named, None])):
        assert desk.post(address, {**form, "user": linked}).status_code == 302
        entry = last(Action.ROW_CHANGED)
        assert entry.person == front_desk
        assert entry.details["changes"] == {"user": change}


def test_an_action_names_its_rows(desk: Browser, specialist: Specialist) -> None:
    Specialist.objects.update(refused_email=specialist.email)
    address = reverse("admin:contracts_specialist_changelist")
    page = desk.get(address)
    name = next(
        key
        for key in page.context["action_form"].fields["action"].choices
        if "ящик" in key[1].lower()
    )[0]
    desk.post(address, {"action": name, "_selected_action": [specialist.pk]})
    entry = last(Action.OFFICE_DID)
    assert "ящик" in entry.subject.lower()
    assert entry.details["rows"] == [f"{specialist.pk}: {specialist}"]


def test_a_change_that_cannot_be_journalled_is_not_made(
    desk: Browser, vega: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("the journal is full")

    monkeypatch.setattr(journal, "record", broken)
    with pytest.raises(RuntimeError):
        desk.post(
            reverse("admin:accounts_user_change", args=[vega.pk]), user_form(vega, last_name="X")
        )
    vega.refresh_from_db()
    assert vega.last_name == "Громов"


def test_no_secret_gets_in(superuser: User, vega: User, login: Login) -> None:
    """The one-time password is in the answer and in the slip's form, never in the journal."""
    browser = login(superuser)
    address = reverse("admin:accounts_user_reissue", args=[vega.pk])
    stamp = browser.get(address).context["form"].current_stamp
    page = browser.post(address, {"stamp": stamp})
    password = page.context["one_time_password"]
    browser.post(
        reverse("admin:accounts_user_slip", args=[vega.pk]), {"one_time_password": password}
    )
    everything = str(list(JournalEntry.objects.values()))
    assert password not in everything
    assert stamp not in everything


def test_a_branch_is_changed_by_the_office_and_has_no_client(
    desk: Browser, vega_contract: Contract
) -> None:
    branch = Branch.objects.get(pk=vega_contract.branch_id)
    desk.get(reverse("admin:contracts_branch_change", args=[branch.pk]))
    assert last(Action.OFFICE_VIEWED).client is None
