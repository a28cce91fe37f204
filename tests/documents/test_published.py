"""Published once, never changed: PostgreSQL itself refuses; corrections are later documents."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from contracts.models import Contract
from documents.models import Document, Kind
from tests import make

pytestmark = pytest.mark.django_db

EARLIER = timezone.now() - datetime.timedelta(hours=1)


def refused(document: Document, **values: Any) -> None:
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        Document.objects.filter(pk=document.pk).update(**values)


@pytest.mark.parametrize(
    "values",
    [
        {"number": "другой"},
        {"issued_on": datetime.date(2020, 1, 1)},
        {"period": datetime.date(2020, 1, 1)},
        {"amount": "1.00"},
        {"amount": None},
        {"kind": Kind.FINAL_BILL},
        {"title": "другое"},
        {"content": {"lines": []}},
        {"external_id": "другой"},
        {"published_at": timezone.now() + datetime.timedelta(days=1)},
        {"file_sha256": "0" * 64},
    ],
    ids=lambda values: next(iter(values)),
)
def test_what_was_published_is_kept(values: dict[str, Any], vega_contract: Contract) -> None:
    refused(make.document(vega_contract, published_at=EARLIER), **values)


def test_it_is_published_from_its_first_moment(vega_contract: Contract) -> None:
    """Also where the moment is the database's own."""
    refused(make.document(vega_contract), number="другой")


def test_its_contract_never_changes(vega_contract: Contract) -> None:
    other = make.contract(vega_contract.client)
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    refused(make.document(vega_contract, published_at=tomorrow), contract=other)


def test_before_that_day_it_may_be_stated_anew(vega_contract: Contract) -> None:
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    row = make.document(vega_contract, published_at=tomorrow)
    Document.objects.filter(pk=row.pk).update(number="другой", published_at=EARLIER)
    refused(row, number="третий")


def test_what_has_a_pdf_says_what_the_pdf_says(vega_contract: Contract) -> None:
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    row = make.document(vega_contract, published_at=tomorrow)
    Document.objects.filter(pk=row.pk).update(path="a.pdf", size=1, sha256="0" * 64)
    refused(row, content={"lines": []})


def test_the_same_again_is_no_change(vega_contract: Contract) -> None:
    row = make.document(vega_contract, published_at=EARLIER)
    row.save()
    Document.objects.filter(pk=row.pk).update(number=row.number)


def test_a_pdf_is_stored_once(vega_contract: Contract) -> None:
    row = make.document(vega_contract)
    Document.objects.filter(pk=row.pk).update(path="a.pdf", size=1, sha256="0" * 64)
    refused(row, path="b.pdf")
    refused(row, sha256="1" * 64)
    refused(row, path="", size=None, sha256="")


def test_nothing_is_deleted(vega_contract: Contract) -> None:
    row = make.document(vega_contract)
    with pytest.raises(IntegrityError, match="never change"), transaction.atomic():
        row.delete()
    draft = make.document(vega_contract, published_at=timezone.now() + datetime.timedelta(days=1))
    draft.delete()


def test_a_given_file_is_the_one_that_billing_named(vega_contract: Contract) -> None:
    row = make.document(vega_contract, file_sha256="0" * 64)
    with pytest.raises(IntegrityError, match="given_one"), transaction.atomic():
        Document.objects.filter(pk=row.pk).update(path="a.pdf", size=1, sha256="1" * 64)
    Document.objects.filter(pk=row.pk).update(path="a.pdf", size=1, sha256="0" * 64)


def test_other_has_a_title(vega_contract: Contract) -> None:
    with pytest.raises(IntegrityError, match="other_has_a_title"), transaction.atomic():
        make.document(vega_contract, Kind.OTHER, title="")
    row = make.document(vega_contract, Kind.OTHER, title="Справка", number="7")
    assert row.filename.startswith("Справка № 7 от ")


# Corrections -------------------------------------------------------------------------------------


def test_a_correction_names_a_document_of_its_own_contract(
    vega_contract: Contract, orion_contract: Contract
) -> None:
    first = make.document(vega_contract)
    second = make.document(vega_contract, corrects=first)
    assert list(first.corrected_by.all()) == [second]
    with pytest.raises(IntegrityError, match="its own contract"), transaction.atomic():
        make.document(orion_contract, corrects=first)


def test_no_circle_of_corrections(vega_contract: Contract) -> None:
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    first, second = (make.document(vega_contract, published_at=tomorrow) for _ in range(2))
    for row, corrected in ((first, first), (first, second)):
        with pytest.raises(DatabaseError, match="earlier_one"), transaction.atomic():
            Document.objects.filter(pk=row.pk).update(corrects=corrected)
    Document.objects.filter(pk=second.pk).update(corrects=first)


def test_the_list_knows_both_directions(
    vega_contract: Contract, django_assert_num_queries: Any
) -> None:
    first = make.document(vega_contract, number="1")
    second = make.document(vega_contract, number="2", corrects=first)
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    make.document(vega_contract, number="3", corrects=first, published_at=tomorrow)
    with django_assert_num_queries(2):
        rows = {row.number: row for row in Document.objects.published().for_list()}
        assert str(rows["2"].corrects) == str(first)
        assert [str(row) for row in rows["1"].corrected_by.all()] == [str(second)]
        assert list(rows["2"].corrected_by.all()) == []


def test_a_document_of_tomorrow_is_nobodys(vega: User, vega_contract: Contract, login: Any) -> None:
    tomorrow = timezone.now() + datetime.timedelta(days=1)
    row = make.document(vega_contract, number="ЗАВТРА", published_at=tomorrow)
    browser: Browser = login(vega)
    address = reverse("documents:document-list", args=[vega_contract.pk])
    assert "ЗАВТРА" not in browser.get(address).content.decode()
    file = reverse("documents:document-file", args=[vega_contract.pk, row.pk])
    assert browser.get(file).status_code == 404
