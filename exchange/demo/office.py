"""The retailer's side of the demo: branches, topics, specialists, who holds what, who is away."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from exchange.demo import plans

Row = dict[str, Any]

DOMAIN = "severenergosbyt.example"
LONG_AGO = datetime.date(2020, 1, 1)

BRANCHES: tuple[Row, ...] = (
    {
        "external_id": "novoborsk",
        "name": "Новоборское отделение",
        "city": "г. Новоборск",
        "address": "960000, г. Новоборск, ул. Речная, д. 8",
        "phone": "8 800 000-01-10",
        "hours": "пн–чт 8:00–17:00, пт 8:00–16:00",
    },
    {
        "external_id": "zarechny",
        "name": "Зареченское отделение",
        "city": "г. Заречный Яр",
        "address": "960200, г. Заречный Яр, ул. Почтовая, д. 3",
        "phone": "8 800 000-01-20",
        "hours": "пн–пт 8:00–17:00",
    },
    {
        "external_id": "brod",
        "name": "Северобродское отделение",
        "city": "пгт Северный Брод",
        "address": "960300, пгт Северный Брод, ул. Мостовая, д. 11",
        "phone": "8 800 000-01-30",
        "hours": "пн–пт 9:00–18:00",
    },
)

# Code, name, hint, group, working days for an answer.
TOPICS: tuple[tuple[str, str, str, str, int], ...] = (
    (
        "general",
        "Договор и общие вопросы",
        "Изменение реквизитов, условия договора, справки.",
        "договорный отдел",
        5,
    ),
    (
        "billing",
        "Начисления, счета, акты сверки",
        "Вопросы по суммам, счетам-фактурам и оплате.",
        "отдел расчётов",
        5,
    ),
    (
        "reconciliation",
        "Несогласие с актом сверки",
        "Приложите акт по данным вашего учёта: специалист сверит строки.",
        "отдел расчётов",
        5,
    ),
    (
        "meters",
        "Приборы учёта и показания",
        "Замена, поверка, неисправность прибора, показания.",
        "отдел учёта",
        3,
    ),
    (
        "debt",
        "Задолженность и ограничение",
        "Рассрочка, уведомления, возобновление подачи.",
        "отдел по работе с задолженностью",
        2,
    ),
    (
        "notice-paid",
        "Оплата после уведомления об ограничении",
        "Приложите платёжное поручение: ограничение отменят или возобновят подачу.",
        "отдел по работе с задолженностью",
        1,
    ),
    (
        "notice-dispute",
        "Несогласие с уведомлением об ограничении",
        "С чем вы не согласны: сумма, срок, точки, способ вручения.",
        "отдел по работе с задолженностью",
        2,
    ),
    (
        "access",
        "Доступ в личный кабинет",
        "Логины, пароли, доверенности.",
        "поддержка личного кабинета",
        2,
    ),
    (
        "documents",
        "Запрос документа",
        "Какой документ нужен и за какой месяц.",
        "отдел расчётов",
        3,
    ),
    (
        "connection",
        "Технологическое присоединение",
        "Новые точки, увеличение мощности.",
        "отдел присоединения",
        10,
    ),
)
# Without these files nobody could answer.
_REQUIRED_FILES = {
    "reconciliation": "акт сверки по вашим данным",
    "notice-paid": "платёжное поручение",
}
# Letters that these topics' specialists refuse or answer too late go to their chiefs.
_CHIEFS = {
    "billing": "nachalnik-raschetov",
    "reconciliation": "nachalnik-raschetov",
    "documents": "nachalnik-raschetov",
    "debt": "nachalnik-raschetov",
    "notice-paid": "nachalnik-raschetov",
    "notice-dispute": "nachalnik-raschetov",
    "meters": "nachalnik-ucheta",
}

# Branch, family name, given name, patronymic, position, room, the topics held for the branch.
_STAFF: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    ("novoborsk", "Мельник", "Ирина", "Павловна", "ведущий специалист по договорам", "204",
     "general access"),
    ("novoborsk", "Рогов", "Сергей", "Николаевич", "специалист по расчётам", "207",
     "billing reconciliation documents"),
    ("novoborsk", "Гордеева", "Лариса", "Андреевна", "инженер по учёту", "112", "meters"),
    ("novoborsk", "Чернова", "Елена", "Викторовна", "специалист по работе с задолженностью", "209",
     "debt notice-paid notice-dispute"),
    ("zarechny", "Тихонова", "Мария", "Сергеевна", "ведущий специалист по договорам", "3",
     "general access connection"),
    ("zarechny", "Власов", "Илья", "Андреевич", "инженер по учёту", "5", "meters"),
    ("zarechny", "Дорохова", "Анна", "Юрьевна", "специалист по расчётам", "4",
     "billing reconciliation documents debt notice-paid notice-dispute"),
    ("brod", "Пахомов", "Виктор", "Степанович", "начальник отделения", "1",
     "general access debt notice-paid notice-dispute"),
    ("brod", "Ершова", "Ольга", "Дмитриевна", "специалист по расчётам и учёту", "2",
     "billing reconciliation documents meters connection"),
    ("novoborsk", "Зорин", "Павел", "Игоревич", "специалист по ключевым клиентам", "201", ""),
    ("novoborsk", "Кузнецов", "Артём", "Олегович", "инженер по учёту", "112", "connection"),
)  # fmt: skip

KEY_MANAGER = "specialist-10"
AWAY, DEPUTY = "specialist-3", "specialist-11"


def tables(today: datetime.date) -> Iterator[tuple[str, Row]]:
    """Each row with the name of its table; assignments of contracts are left to the contracts."""
    for order, (code, name, hint, group, answer_days) in enumerate(TOPICS, 1):
        yield (
            "topics",
            {
                "code": code,
                "name": name,
                "hint": hint,
                "group_name": group,
                "email": f"{code}@{DOMAIN}",
                "fallback_email": f"{_CHIEFS[code]}@{DOMAIN}" if code in _CHIEFS else "",
                "required_file": _REQUIRED_FILES.get(code, ""),
                "answer_days": answer_days,
                "order": order * 10,
                "is_active": True,
            },
        )
    for branch in BRANCHES:
        yield "branches", {**branch, "email": f"{branch['external_id']}@{DOMAIN}"}
    for number, person in enumerate(_STAFF, 1):
        yield from _specialist(number, *person)
    yield (
        "leaves",
        {
            "external_id": "leave-1",
            "specialist": AWAY,
            "deputy": DEPUTY,
            "starts_on": today - datetime.timedelta(days=4),
            "ends_on": today + datetime.timedelta(days=9),
        },
    )


def contract_assignments(plan: plans.ContractPlan) -> Iterator[Row]:
    """The key manager answers for Vega's large contract; the others are held by their branches."""
    if plan.key == "vega-2":
        for topic in ("general", "billing", "reconciliation", "documents"):
            yield _assignment(topic, KEY_MANAGER, contract=plan.key)


def _specialist(
    number: int,
    branch: str,
    last_name: str,
    first_name: str,
    patronymic: str,
    position: str,
    office: str,
    topics: str,
) -> Iterator[tuple[str, Row]]:
    key = f"specialist-{number}"
    phones = {row["external_id"]: row["phone"] for row in BRANCHES}
    yield (
        "specialists",
        {
            "external_id": key,
            "branch": branch,
            "last_name": last_name,
            "first_name": first_name,
            "patronymic": patronymic,
            "position": position,
            "phone": phones[branch],
            "extension": str(200 + number),
            "email": f"specialist{number}@{DOMAIN}",
            "office": office,
            "is_active": True,
        },
    )
    for topic in topics.split():
        yield "assignments", _assignment(topic, key, branch=branch)


def _assignment(topic: str, specialist: str, *, contract: str = "", branch: str = "") -> Row:
    return {
        "external_id": f"{topic}-{contract or branch}",
        "topic": topic,
        "specialist": specialist,
        "contract": contract,
        "branch": branch,
        "starts_on": LONG_AGO,
        "ends_on": None,
    }
