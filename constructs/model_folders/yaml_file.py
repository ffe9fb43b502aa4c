"""Reads a YAML mapping strictly: a repeated key is an error, not the last one wins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    _Loader = yaml.SafeLoader
else:
    # libyaml is eight times faster; wheels of some platforms come without it.
    _Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _StrictLoader(_Loader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep=deep)
        # Merge keys (<<) have been flattened into the node by now and may repeat: the first wins.
        if len(mapping) != len(node.value):
            names = [getattr(key, "value", None) for key, _ in node.value]
            repeated = next((name for name in names if names.count(name) > 1), None)
            raise yaml.constructor.ConstructorError(
                problem=f"key {repeated!r} is given twice (remove one)",
                problem_mark=node.start_mark,
            )
        return mapping


def parse_yaml(body: bytes) -> Any:
    """The document in ``body``. Raises YAMLError, or ValueError for an impossible date."""
    return yaml.load(body, Loader=_StrictLoader)


def syntax_problem(path: Path, error: Exception) -> str:
    """What is wrong with the YAML text, with line and column where they are known."""
    mark = getattr(error, "problem_mark", None)
    where = f" line {mark.line + 1} column {mark.column + 1}" if mark is not None else ""
    what = getattr(error, "problem", None) or str(error).splitlines()[0]
    return f"{path}:{where} must be valid YAML, got: {what}"
