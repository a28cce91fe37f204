"""The payment's QR code: what a bank reads out of it is what was meant."""

from __future__ import annotations

import io
from decimal import Decimal
from typing import Any

import pytest
import segno
import zxingcpp
from bs4 import BeautifulSoup
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image

from cabinet import payment_qr
from cabinet.payment_qr import LIMITS, REQUIRED, REQUIRED_BYTES, Payment, Unpayable

SHORT: dict[str, Any] = {
    "payee": "АО «Северэнергосбыт»",
    "account": "40702810300000000100",
    "bank": "ПАО «Новоборский банк»",
    "bic": "045909901",
    "correspondent_account": "30101810300000000901",
    "amount": Decimal("123456.78"),
    "purpose": "Оплата по договору № 35-01-004217 за 10.2026, в т.ч. НДС 22 % — 22 262,70",
    "payee_inn": "9601000139",
    "payee_kpp": "960101001",
    "payer_inn": "7707083893",
    "contract": "35-01-004217",
}
LONG_NAME = (
    "Публичное акционерное общество «Новоборская энергосбытовая компания Северного края»"
    " Заречный филиал, Приморское межрайонное отделение по работе с юридическими лицами города"
)


def scanned(payload: bytes) -> bytes:
    """What a reader finds in the drawn code."""
    picture = io.BytesIO()
    segno.make_qr(payload, error="m").save(picture, kind="png", border=4, scale=4)
    (code,) = zxingcpp.read_barcodes(Image.open(picture).convert("L"))
    return code.bytes


def fields(payload: bytes) -> tuple[str, dict[str, str]]:
    """The service block's encoding digit, and the pairs, as a bank's program takes them apart."""
    assert payload[:6] == b"ST0001"
    encoding = {b"1": "cp1251", b"2": "utf-8"}[payload[6:7]]
    text = payload.decode(encoding)
    pairs = [pair.partition("=") for pair in text[8:].split(text[7])]
    return text[6], {key: value for key, _, value in pairs}


def test_an_ordinary_payment() -> None:
    encoding, read = fields(scanned(payment_qr.payload(Payment(**SHORT))))
    assert encoding == "2"
    assert read == {
        "Name": "АО «Северэнергосбыт»",
        "PersonalAcc": "40702810300000000100",
        "BankName": "ПАО «Новоборский банк»",
        "BIC": "045909901",
        "CorrespAcc": "30101810300000000901",
        "Sum": "12345678",
        "Purpose": "Оплата по договору № 35-01-004217 за 10.2026, в т.ч. НДС 22 % — 22 262,70",
        "PayeeINN": "9601000139",
        "PayerINN": "7707083893",
        "KPP": "960101001",
        "Contract": "35-01-004217",
    }


def test_a_long_name_falls_back_to_one_byte_a_letter() -> None:
    payload = payment_qr.payload(
        Payment(
            **{
                **SHORT,
                "payee": LONG_NAME,
                "purpose": "Оплата − 5 ₽ за «Žižkov» №\u00a01 \U0001f600",
            }
        )
    )
    encoding, read = fields(scanned(payload))
    assert encoding == "1"
    assert read["Name"] == LONG_NAME.removesuffix(" города").removesuffix(" лицами")[:160].rstrip()
    assert read["Purpose"] == "Оплата - 5 руб. за «Zizkov» № 1 ?"


def test_the_required_block_of_one_byte_letters_always_fits() -> None:
    payload = payment_qr.payload(Payment(**{**SHORT, "payee": "Я" * 300, "bank": "Б" * 90}))
    assert fields(payload)[0] == "1"
    assert len(b"".join(payload.split(b"|")[1:6])) + 5 == REQUIRED_BYTES


@pytest.mark.parametrize(
    ("purpose", "separator"),
    [("обычное", b"|"), ("а|б", b"#"), ("а|б#в", b";"), ("|#;:^_", b"~"), ("|#;:^_~", b"|")],
)
def test_the_separator_stands_in_no_value(purpose: str, separator: bytes) -> None:
    payload = payment_qr.payload(Payment(**{**SHORT, "purpose": purpose}))
    assert payload[7:8] == separator
    read = fields(payload)[1]
    assert read["Purpose"] == (purpose if purpose != "|#;:^_~" else "/#;:^_~")
    assert list(read) == [
        "Name", "PersonalAcc", "BankName", "BIC", "CorrespAcc",
        "Sum", "Purpose", "PayeeINN", "PayerINN", "KPP", "Contract",
    ]  # fmt: skip


def test_without_a_sum_the_payer_enters_it() -> None:
    only_required = {key: SHORT[key] for key in ("payee", "account", "bank", "bic")}
    read = fields(payment_qr.payload(Payment(**only_required)))[1]
    assert set(read) == set(REQUIRED)
    assert read["CorrespAcc"] == "0"  # treasury bodies have none


@pytest.mark.parametrize(
    "wrong",
    [
        {"account": "4070281030000000010"},
        {"account": "٤٠٧٠٢٨١٠٣٠٠٠٠٠٠٠٠١٠٠"},
        {"bic": "45909901"},
        {"payee": " "},
        {"bank": ""},
        {"amount": Decimal(0)},
        {"amount": Decimal("-1")},
        {"amount": Decimal("0.005")},
        {"amount": Decimal(10) ** 17},
        {"payee_inn": "9601000139000"},
        {"contract": "1" * 41},
    ],
)
def test_what_no_order_can_be_written_of(wrong: dict[str, Any]) -> None:
    with pytest.raises(Unpayable):
        payment_qr.payload(Payment(**{**SHORT, **wrong}))


PRINTABLE = st.text(st.characters(exclude_categories=["Cs"]), max_size=250)


@given(
    payee=PRINTABLE.filter(str.strip),
    purpose=PRINTABLE,
    amount=st.decimals("0.01", "9999999999999.99", places=2),
)
@example(payee="«|#;:^_~»", purpose="=|=", amount=Decimal("0.01"))
def test_whatever_the_words_the_fields_stand_and_fit(
    payee: str, purpose: str, amount: Decimal
) -> None:
    values = {**SHORT, "payee": f"АО {payee}", "purpose": purpose, "amount": amount}
    payload = payment_qr.payload(Payment(**values))
    encoding, read = fields(payload)
    assert list(read)[:5] == list(REQUIRED)
    assert all(0 < len(value) <= LIMITS[key] for key, value in read.items())
    written = "|".join(f"{key}={read[key]}" for key in REQUIRED) + "|"
    assert len(written.encode("cp1251" if encoding == "1" else "utf-8")) <= REQUIRED_BYTES
    assert Decimal(read["Sum"]) == amount * 100
    assert read["PersonalAcc"] == SHORT["account"]
    assert read["Name"].startswith("АО")


@pytest.mark.parametrize("payee", [SHORT["payee"], LONG_NAME, "Я" * 160])
def test_every_length_is_read_from_the_drawing(payee: str) -> None:
    payload = payment_qr.payload(Payment(**{**SHORT, "payee": payee, "purpose": "Щ" * 210}))
    assert scanned(payload) == payload


def test_the_drawing_obeys_the_policy_and_says_what_it_is() -> None:
    drawing = BeautifulSoup(payment_qr.svg(Payment(**SHORT)), "html.parser").svg
    assert drawing["role"] == "img"
    assert drawing.title.text == "QR-код для оплаты в приложении банка"
    assert not [tag for tag in drawing.find_all(True) if tag.has_attr("style")]
    assert drawing["width"] == drawing["height"]
    modules = int(drawing["viewbox"].split()[2])
    without_quiet = float(drawing["width"].removesuffix("mm")) * (modules - 8) / modules
    assert without_quiet >= 25
