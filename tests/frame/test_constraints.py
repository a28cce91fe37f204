"""Whoever breaks a rule of the database reads a sentence, not the rule's name."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.db.models import BaseConstraint, Model

ROOMS = (
    "accounts", "billing", "contracts", "documents", "exchange", "messaging", "meters",
)  # fmt: skip
OWN = [
    pytest.param(model, constraint, id=constraint.name)
    for room in ROOMS
    for model in apps.get_app_config(room).get_models(include_auto_created=True)
    for constraint in model._meta.constraints
]
_SENTENCE = re.compile(r"[А-ЯЁ«A-Z][^_]*\.")


def test_constraints_are_found() -> None:
    assert len(OWN) > 120


@pytest.mark.parametrize(("model", "constraint"), OWN)
def test_every_constraint_has_its_sentence(model: type[Model], constraint: BaseConstraint) -> None:
    told = constraint.violation_error_message
    assert told != constraint.default_violation_error_message, model._meta.label
    assert constraint.get_violation_error_message() == told, "a per cent sign would be a place"
    assert _SENTENCE.fullmatch(str(told)), told
    assert constraint.name not in told
