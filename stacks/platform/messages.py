"""Turns pydantic's errors into Problems, in the words of the platform file."""

from __future__ import annotations

import difflib
import types
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from stacks.platform.file import PlatformFile
from stacks.platform.problems import ABSENT, Problem

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_LIMITS_API = "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html"
SOURCES = {
    "endpoint.volume_size_gb": _LIMITS_API,
    "endpoint.model_data_download_timeout_seconds": _LIMITS_API,
    "endpoint.container_startup_health_check_timeout_seconds": _LIMITS_API,
    "max_request_bytes": (
        "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html"
    ),
}
_UNITS = {
    "availability_zones": "zones",
    "chips": "chips",
    "bake_minutes": "minutes",
    "chips_per_task": "chips",
    "cold_minutes": "minutes",
    "cooldown_seconds": "seconds",
    "cpu_units": "units",
    "drain_minutes": "minutes",
    "load_seconds": "seconds",
    "initial_instance_count": "instances",
    "latency_ms": "milliseconds",
    "attempts": "calls",
    "parallel_calls": "calls",
    "max_jobs": "jobs",
    "max_instances": "instances",
    "max_request_bytes": "bytes",
    "calls": "calls",
    "memory_mib": "MiB",
    "min_instances": "instances",
    "nat_gateways": "gateways",
    "packaging_calls": "calls",
    "percent": "percent",
    "ready_seconds": "seconds",
    "root_volume_gib": "GiB",
    "step_minutes": "minutes",
    "timeout_minutes": "minutes",
    "timeout_seconds": "seconds",
    "volume_gib": "GiB",
    "volume_size_gb": "GB",
    "wait_seconds": "seconds",
}
_WORDS_WITH_HYPHENS = (
    "must be lower-case letters and digits in words joined by single hyphens, starting with a"
    " letter"
)
_SHA256 = ("must be 64 hexadecimal digits in lower case", "write what sha256sum prints")
_PATTERNS = {
    "platform": (_WORDS_WITH_HYPHENS, "write a name such as laptop or team-a-prod"),
    "pools.name": (_WORDS_WITH_HYPHENS, "write a name such as inf2 or inf2-spot"),
    "services.name": (_WORDS_WITH_HYPHENS, "write a name such as resnet50"),
    "tasks.name": (_WORDS_WITH_HYPHENS, "write a name such as load-test"),
    "ports.name": (_WORDS_WITH_HYPHENS, "write a name such as rest"),
    "verification.port": (_WORDS_WITH_HYPHENS, "write a name such as rest"),
    "ports.health_path": ("must start with a slash", "write a path such as /ping"),
    "ports.healthy_codes": (
        "must be numbers with commas or hyphens between them",
        'write codes in quotes, such as "200-299" or "0,12"',
    ),
    "grpc_services": (
        "must be the full name of a gRPC service",
        "write one such as tensorflow.serving.PredictionService",
    ),
    "model_name": (
        "must be letters, digits, dots, underscores and hyphens",
        "write a name such as resnet50",
    ),
    "model.name": (
        "must be letters, digits, dots, underscores and hyphens",
        "write a name such as ssdresnet",
    ),
    "model.sha256": _SHA256,
    "elastic_inference_sha256": _SHA256,
    "client.inputs": (
        "must be NAME=TYPE:SHAPE",
        "write one such as inputs=UINT8:1,640,640,3",
    ),
    "writable_paths": (
        "must be an absolute path below the root",
        "write a path such as /tmp",
    ),
    "account": ("must be 12 digits", 'write it in quotes: "123456789012"'),
    "emails": ("must be an email address", "write one such as oncall@example.com"),
    "endpoint.name": (
        "must be letters and digits, with hyphens between them",
        "write a name such as laptop-models",
    ),
    "schedules.name": (
        "must start with a letter and hold letters, digits and hyphens",
        "write a name such as office-hours",
    ),
    "models.name": (
        "must be the name of a folder below models/",
        "write a name such as minilm",
    ),
    "publish_as": (
        "must be letters, digits, dots, underscores and hyphens, starting with a letter or digit",
        "write a name such as minilm-onnx",
    ),
    "models.target": ("must be cpu or a GPU family", "write a target such as cpu or g4dn"),
    "environment": (
        "must be letters, digits and underscores, not starting with a digit",
        "rename the variable",
    ),
}


def problems_of(path: Path, error: ValidationError) -> list[Problem]:
    """One Problem for every error, in the order of the schema.

    A list whose only entries are wrong is not too short besides.
    """
    details = error.errors(include_url=False)
    within = {detail["loc"][:length] for detail in details for length in range(len(detail["loc"]))}
    return [
        _problem(path, detail)
        for detail in details
        if detail["type"] != "too_short" or detail["loc"] not in within
    ]


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The known word nearest to ``word``, None where none is near."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return close[0] if close else None


def _problem(path: Path, detail: ErrorDetails) -> Problem:
    location = [part for part in detail["loc"] if part != "[key]"]
    kind, context = detail["type"], detail.get("ctx", {})
    place = _place(location)
    value: object = detail["input"]
    if kind == "missing":
        value, rule, fix = ABSENT, "is missing", f"add {location[-1]}: VALUE"
    elif kind == "extra_forbidden":
        value, rule, fix = ABSENT, "is not a key of the platform file", _known_keys(location)
    elif kind == "value_error":
        rule, _, fix = str(context["error"]).partition("; ")
        value = ABSENT if value is None else value
    elif kind == "string_pattern_mismatch":
        rule, fix = _PATTERNS[_pattern_key(location)]
    else:
        rule, fix = _rule(kind, context, location, value) or (detail["msg"], "correct the value")
    source = next((SOURCES[key] for key in SOURCES if place.endswith(key)), None)
    return Problem(file=path, place=place, value=value, rule=rule, fix=fix, source=source)


def _place(location: Sequence[int | str]) -> str:
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _pattern_key(location: Sequence[int | str]) -> str:
    words = [part for part in location if isinstance(part, str)]
    candidates = (".".join(words[-2:]), words[-1], *words[-2:-1])
    return next(key for key in candidates if key in _PATTERNS)


def _rule(
    kind: str, context: dict[str, Any], location: Sequence[int | str], value: object
) -> tuple[str, str] | None:
    if kind in ("model_type", "dict_type", "model_attributes_type"):
        # An entry of a list that stands for the thing of that name, such as models: [minilm].
        named = isinstance(location[-1], int) and isinstance(value, str)
        fix = f"write {{name: {value}}}" if named else "write key: value lines below it"
        return "is not a mapping", fix
    if kind in ("tuple_type", "list_type"):
        entry = f"{{name: {value}}}" if location[-1] == "models" else value
        fix = f"write [{entry}]" if isinstance(value, str) else "write it in square brackets"
        return "is not a list", fix
    if kind == "bool_type":
        return "is not true or false", "write true or false"
    if kind == "string_type":
        return "is not text", "put it in quotes"
    if kind in ("int_type", "int_from_float", "int_parsing", "int_parsing_size"):
        return "is not a whole number", "write decimal digits without quotes"
    if kind in ("float_type", "float_parsing", "finite_number"):
        return "is not a number", "write a number such as 60"
    if kind == "literal_error":
        return _literal(str(context["expected"]))
    if kind == "string_too_short":
        return "is empty", "write it"
    if kind == "string_too_long":
        return f"is longer than {context['max_length']} characters", "shorten it"
    if kind in ("too_short", "tuple_too_short"):
        return "must hold at least one entry", "add one"
    if kind in ("too_long", "tuple_too_long"):
        return f"holds more than {context['max_length']} entries", "remove some"
    return _range(context, str(location[-1]))


def _literal(expected: str) -> tuple[str, str]:
    choices = expected.replace("'", "")
    return f"must be {choices}", "write one of these"


def _range(context: dict[str, Any], key: str) -> tuple[str, str] | None:
    unit = next((f" {unit}" for ending, unit in _UNITS.items() if key.endswith(ending)), "")
    if context.get("ge") == 1:
        unit = unit.removesuffix("s")
    if "ge" in context:
        return f"is less than {context['ge']:,}{unit}", f"write {context['ge']:,} or more"
    if "gt" in context:
        return f"is not more than {context['gt']:g}{unit}", "write a positive number"
    if "le" in context:
        return f"is more than {context['le']:,}{unit}", f"write {context['le']:,} or less"
    return None


def _known_keys(location: Sequence[int | str]) -> str:
    known = list(_model_at(location[:-1]).model_fields)
    near = did_you_mean(str(location[-1]), known)
    return f"did you mean {near}?" if near else f"the keys here are {', '.join(known)}"


def _model_at(location: Sequence[int | str]) -> type[BaseModel]:
    model: type[BaseModel] = PlatformFile
    for part in location:
        if isinstance(part, str):
            model = next(_models_in(model.model_fields[part].annotation))
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in (Union, types.UnionType, tuple):
        for argument in get_args(annotation):
            yield from _models_in(argument)
