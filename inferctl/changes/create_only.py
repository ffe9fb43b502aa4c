"""Which properties CloudFormation cannot change in place, from a table of AWS's resource schemas.

The table is made from the schemas that cfn-lint brings, a gate of this project; it is kept here so
that a diff needs no gate installed: ``python -m inferctl.changes.create_only`` writes it again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from inferctl.changes.template_diff import PropertyPath

TABLE = Path(__file__).with_name("create_only.json")

# CDK's custom resources of this project: lambda/model_fleet/fleet.py (the physical id is
# bucket/prefix) and lambda/capacity_pool/handler.py (it is the group).
_OURS: Mapping[str, tuple[str, ...]] = {
    "Custom::ModelFleet": ("ArtifactBucket", "Prefix"),
    "Custom::CapacityPool": ("GroupName",),
}


@dataclass(frozen=True, kw_only=True)
class CreateOnly:
    """Property paths of one type, ``A/B``: replaced by a change of them always, or sometimes."""

    always: tuple[str, ...] = ()
    sometimes: tuple[str, ...] = ()

    def replaces(self, path: PropertyPath) -> bool:
        """Whether a change at ``path`` replaces the resource."""
        return _overlaps(self.always, path)

    def may_replace(self, path: PropertyPath) -> bool:
        """Whether a change at ``path`` replaces the resource under conditions of its own."""
        return _overlaps(self.sometimes, path)


def create_only(resource_type: str) -> CreateOnly | None:
    """What is known of a type; None of a type that the schemas do not have."""
    if resource_type in _OURS:
        return CreateOnly(always=_OURS[resource_type])
    if resource_type.startswith("Custom::"):
        return CreateOnly()
    row = _table().get(resource_type)
    if row is None:
        return None
    return CreateOnly(always=tuple(row.get("always", ())), sometimes=tuple(row.get("maybe", ())))


def _overlaps(patterns: tuple[str, ...], path: PropertyPath) -> bool:
    """A change above or below a property is a change of it; list positions match ``*``."""
    parts = ["*" if isinstance(part, int) else part for part in path]
    return any(
        all(
            known in (part, "*") or part == "*"
            for known, part in zip(pattern.split("/"), parts, strict=False)
        )
        for pattern in patterns
    )


@cache
def _table() -> Mapping[str, Mapping[str, list[str]]]:
    types: Mapping[str, Mapping[str, list[str]]] = json.loads(TABLE.read_text())["types"]
    return types


def schema_table() -> dict[str, Any]:
    """The table of the cfn-lint that is installed."""
    package = find_spec("cfnlint")
    assert package is not None and package.origin is not None
    folder = Path(package.origin).parent / "data" / "schemas" / "resources"
    rows = dict(_schema_rows(folder))
    return {
        "source": f"cfn-lint {version('cfn-lint')}",
        "types": {name: rows[name] for name in sorted(rows)},
    }


def _schema_rows(folder: Path) -> Iterator[tuple[str, dict[str, list[str]]]]:
    keys = {"always": "createOnlyProperties", "maybe": "conditionalCreateOnlyProperties"}
    for path in folder.glob("*.json"):
        schema: dict[str, Any] = json.loads(path.read_text())
        if "typeName" not in schema:
            continue
        found = {
            ours: sorted(text.removeprefix("/properties/") for text in schema[theirs])
            for ours, theirs in keys.items()
            if schema.get(theirs)
        }
        yield schema["typeName"], found


def table_text(table: Mapping[str, Any]) -> str:
    """The table as its file holds it: a line for each type."""
    rows = (f"    {json.dumps(name)}: {json.dumps(row)}" for name, row in table["types"].items())
    return (
        f'{{\n  "source": {json.dumps(table["source"])},\n  "types": {{\n' + ",\n".join(rows)
    ) + "\n  }\n}\n"


if __name__ == "__main__":
    TABLE.write_text(table_text(schema_table()))
