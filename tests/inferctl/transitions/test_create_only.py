"""The lists of properties are those of CloudFormation's own schemas."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import pytest

from inferctl.transitions.create_only import CREATE_ONLY, NAME_OF


@cache
def schema(kind: str) -> Any:
    folder = files("cfnlint") / "data" / "schemas"
    number = json.loads((folder / "providers" / "us-east-1.json").read_text())[kind]
    return json.loads((folder / "resources" / f"{number}.json").read_text())


def create_only(kind: str) -> set[str]:
    """The top-level ones."""
    return {
        path.removeprefix("/properties/")
        for path in schema(kind)["createOnlyProperties"]
        if "/" not in path.removeprefix("/properties/")
    }


@pytest.mark.parametrize("kind", CREATE_ONLY)
def test_listed_types_have_all_their_create_only_properties(kind: str) -> None:
    assert CREATE_ONLY[kind] == create_only(kind)


@pytest.mark.parametrize("kind", NAME_OF)
def test_a_name_is_create_only(kind: str) -> None:
    assert NAME_OF[kind] in create_only(kind)
