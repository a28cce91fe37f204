"""Who runs this portal: names, telephones and addresses that pages, letters and PDFs show."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from environs import Env


@dataclass(frozen=True, kw_only=True)
class Retailer:
    """The retailer (гарантирующий поставщик) whose portal this is.

    Every field has an environment variable `RETAILER_<FIELD>`; the defaults are a fictional
    company, so that a fresh installation shows at once what is still to be set.
    """

    name: str = "Северэнергосбыт"
    legal_name: str = "АО «Северэнергосбыт»"
    service: str = "Личный кабинет"
    phone: str = "8 800 000-01-00"
    phone_hours: str = "круглосуточно, бесплатно"
    email: str = "office@severenergosbyt.example"
    duty_email: str = "dezhurny@severenergosbyt.example"
    sender: str = "Личный кабинет <cabinet@severenergosbyt.example>"
    address: str = "960000, г. Новоборск, ул. Речная, д. 8"
    inn: str = "9601000139"
    kpp: str = "960101001"
    ogrn: str = "1029600000011"
    bank: str = "ПАО «Новоборский банк»"
    bic: str = "045909901"
    account: str = "40702810300000000100"
    correspondent_account: str = "30101810300000000901"
    director: str = "Осипов Пётр Андреевич"
    director_position: str = "Генеральный директор"
    accountant: str = "Лаптева Галина Ивановна"

    @classmethod
    def from_env(cls, env: Env) -> Retailer:
        """The retailer of the `RETAILER_…` variables, the rest as in the fictional default."""
        given: dict[str, str] = {}
        for field in dataclasses.fields(cls):
            given[field.name] = env.str(f"RETAILER_{field.name.upper()}", str(field.default))
        return cls(**given)
