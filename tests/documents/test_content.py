"""Contents of documents by their schemas."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from contracts.models import Contract
from documents import content
from documents.models import Kind
from tests.contents import content_of


@pytest.mark.django_db
@pytest.mark.parametrize("kind", list(content.SCHEMAS))
def test_an_error_tells_the_place_and_not_the_value(kind: Kind, vega_contract: Contract) -> None:
    """What ends in a log of a worker is nobody's business there."""
    said = content_of(kind, vega_contract) | {"supplier": {"name": ["тайна"]}, "лишнее": "тайна"}
    with pytest.raises(ValidationError) as caught:
        content.SCHEMAS[kind].model_validate(said)
    words = str(caught.value)
    assert "лишнее" in words
    assert "тайна" not in words
