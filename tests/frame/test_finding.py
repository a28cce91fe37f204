"""«Найти»: what is found by what, by whom, and by which indexes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse

from accounts.models import Client, User
from cabinet import finding
from contracts.models import Contract, Topic
from meters.models import MeteringPoint
from tests import make

pytestmark = pytest.mark.django_db

Login = Callable[[User], Browser]


@pytest.fixture
def desk(office: User, login: Login) -> Browser:
    """The office at work."""
    return login(office)


def found(desk: Browser, term: str) -> dict[str, list[str]]:
    answer = desk.get(reverse("admin:find"), {"q": term})
    assert answer.status_code == 200
    groups = answer.context["groups"]
    return {group.title: [row.words for row in group.rows] for group in groups}


def test_everything_is_found_from_one_box(
    desk: Browser, vega: User, vega_contract: Contract, orion_contract: Contract, topic: Topic
) -> None:
    client = vega_contract.client
    point = vega_contract.points.order_by("pk").first()
    meter = point.installations.get().meter
    document = make.document(vega_contract, number="СФ-777-042")
    message = make.message(vega_contract, vega, topic)
    submission = make.submission(vega_contract, vega)
    assert found(desk, client.inn) == {"Клиенты": ["ООО «Вега»"]}
    assert found(desk, client.inn[:9])["Клиенты"] == ["ООО «Вега»"]
    assert found(desk, "ооо вега")["Клиенты"] == ["ООО «Вега»"]
    assert found(desk, "35-01-004217") == {"Договоры": ["№ 35-01-004217"]}
    assert found(desk, "004217")["Договоры"] == ["№ 35-01-004217"]
    assert found(desk, point.name)["Точки учёта"] == [point.name]
    assert found(desk, meter.serial) == {"Приборы учёта": [str(meter)]}
    assert found(desk, "громов")["Пользователи"] == [str(vega)]
    assert found(desk, vega.email)["Пользователи"] == [str(vega)]
    assert found(desk, message.number.lower())["Обращения"] == [str(message)]
    assert found(desk, submission.number)["Передачи показаний"] == [submission.number]
    assert found(desk, "777-042")["Документы"] == [str(document)]
    assert found(desk, "нет такого") == {}


@pytest.mark.parametrize(
    "typed", ["+7 912 345 67 89", "89123456789", "9123456789", "8 (912) 345-67-89"]
)
def test_a_telephone_is_found_as_a_display_shows_it(desk: Browser, typed: str) -> None:
    person = make.user("caller", phone="8 (912) 345-67-89 доб. 5")
    company = make.client(phone="+7 912 345-67-89")
    make.client(phone="+7 912 345-67-80")
    assert found(desk, typed) == {"Клиенты": [str(company)], "Пользователи": [str(person)]}


def test_found_rows_lead_to_their_pages(desk: Browser, vega_contract: Contract) -> None:
    page = desk.get(reverse("admin:find"), {"q": "004217"})
    for group in page.context["groups"]:
        for row in group.rows:
            assert desk.get(row.address).status_code == 200
    assert "ООО «Вега»" in page.content.decode(), "the note tells whose it is"


def test_the_box_without_a_term_and_with_nonsense(desk: Browser) -> None:
    assert "Введите ИНН" in desk.get(reverse("admin:find")).content.decode()
    for term in ("%", "_", "\\", "'", "\x00", " ", "a" * 5000, "ё", "12", "«»"):
        assert desk.get(reverse("admin:find"), {"q": term}).status_code == 200, term


def test_a_sign_of_like_is_itself(desk: Browser, vega_contract: Contract) -> None:
    assert found(desk, "35-01%4217") == {}
    assert found(desk, "35_01") == {}


def test_only_what_this_person_may_look_at(db: None, login: Login, vega_contract: Contract) -> None:
    assert found(login(make.user("auditor", is_staff=True)), "Вега") == {}


def test_a_client_does_not_come_in(login: Login, vega: User) -> None:
    assert login(vega).get(reverse("admin:find"), {"q": "a"}).status_code == 403


def test_many_are_cut_and_lead_to_the_list(desk: Browser) -> None:
    for _ in range(finding.SHOWN + 1):
        make.client()
    group = desk.get(reverse("admin:find"), {"q": "Пример"}).context["groups"][0]
    assert len(group.rows) == finding.SHOWN
    assert desk.get(group.more).context["cl"].result_count == finding.SHOWN + 1


def test_lists_find_by_their_owners(desk: Browser, vega: User, vega_contract: Contract) -> None:
    make.document(vega_contract)
    serial = vega_contract.points.order_by("pk").first().installations.get().meter.serial
    make.submission(vega_contract, vega)
    for model, term in (
        ("documents_document", "Вега"),
        ("documents_document", vega_contract.client.inn),
        ("meters_submission", "004217"),
        ("meters_meteringpoint", serial),
        ("contracts_contract", vega_contract.client.inn),
        ("accounts_client", "004217"),
        ("accounts_user", "Вега"),
        ("accounts_membership", "громов"),
        ("billing_balance", "004217"),
    ):
        address = reverse(f"admin:{model}_changelist")
        assert desk.get(address, {"q": term}).context["cl"].result_count, (model, term)
        assert not desk.get(address, {"q": "нет такого"}).context["cl"].result_count, model


@pytest.mark.parametrize("term", ["004217", "Вега", "12"])
@pytest.mark.parametrize(
    ("model", "columns"),
    [
        (Client, ("short_name", "full_name", "ogrn")),
        (Contract, ("number", "place")),
        (MeteringPoint, ("name", "site", "place")),
    ],
)
def test_a_search_reads_an_index(model: type, columns: tuple[str, ...], term: str) -> None:
    rows = model.objects.filter(finding.condition(columns, term)).order_by()  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        # In a table of few rows any other way is cheaper, whatever the statistics say of it today.
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off")
    plan = rows.explain()
    assert "Bitmap Index Scan" in plan, plan
    assert "Seq Scan" not in plan, plan


def test_every_list_with_owners_or_columns_has_a_box() -> None:
    for model, page in admin.site._registry.items():
        if getattr(page, "owners", None):
            assert page.get_search_fields(None), model  # type: ignore[arg-type]
            assert page.search_help_text, model
