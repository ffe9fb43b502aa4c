"""CloudFormation properties as the arguments of an API call, by botocore's input shapes.

Member names match whatever their case, scalars are coerced, and a member without a counterpart is
an error: what the API cannot take must not be dropped in silence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from inferctl.localaws.cloudformation.errors import NotEmulatedError, ResourceFailedError
from inferctl.localaws.cloudformation.values import as_bool, as_text

from .base import Request


def call(
    request: Request, service: str, method: str, properties: Mapping[str, Any], **fixed: Any
) -> Any:
    """Call ``method`` of ``service`` with the fitted ``properties`` and the ``fixed`` arguments."""
    client = request.client(service)
    model = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method])
    arguments = fit(properties, model.input_shape, request.type) if properties else {}
    return getattr(client, method)(**{**arguments, **fixed})


def fit(value: Any, shape: Shape, path: str) -> Any:
    """``value`` in the form of ``shape``; ``path`` names it in errors."""
    if isinstance(shape, StructureShape):
        return _fit_structure(value, shape, path)
    if isinstance(shape, ListShape):
        items = value if isinstance(value, list) else [value]
        return [fit(item, shape.member, f"{path}[{index}]") for index, item in enumerate(items)]
    if isinstance(shape, MapShape):
        return {key: fit(item, shape.value, f"{path}.{key}") for key, item in value.items()}
    try:
        return _fit_scalar(value, shape.type_name)
    except (TypeError, ValueError) as error:
        raise ResourceFailedError(
            f"property {path} needs {shape.type_name}, got {value!r}"
        ) from error


def _fit_structure(value: Any, shape: StructureShape, path: str) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise ResourceFailedError(f"property {path} needs an object, got {value!r}")
    members = {name.lower(): name for name in shape.members}
    fitted: dict[str, Any] = {}
    for key, item in value.items():
        name = members.get(key.lower())
        if name is None:
            raise NotEmulatedError(f"property {path}.{key}")
        fitted[name] = fit(item, shape.members[name], f"{path}.{key}")
    return fitted


def _fit_scalar(value: Any, kind: str) -> Any:
    if kind in ("integer", "long"):
        return int(value)
    if kind in ("double", "float"):
        return float(value)
    if kind == "boolean":
        return as_bool(value)
    if kind in ("string", "blob"):
        return json.dumps(value) if isinstance(value, (dict, list)) else as_text(value)
    return value
