"""The AWS query protocol of CloudFormation: form parameters in, XML out, by botocore's shapes."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

import botocore.session
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

from inferctl.localaws.http import HttpResponse

from .errors import CloudFormationError

_NAMESPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"
_HEADERS = {"Content-Type": "text/xml"}
# XML 1.0 cannot carry these, not even escaped; a Lambda's error text may hold them
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@lru_cache(maxsize=1)
def service_model() -> ServiceModel:
    """botocore's description of the CloudFormation API."""
    return botocore.session.get_session().get_service_model("cloudformation")


@lru_cache(maxsize=1)
def _operation_names() -> frozenset[str]:
    return frozenset(service_model().operation_names)


def operation(action: str) -> OperationModel:
    """The model of ``action``; raises `CloudFormationError` ``InvalidAction``."""
    if action not in _operation_names():
        raise CloudFormationError(
            f"Could not find operation {action!r} for version 2010-05-15", code="InvalidAction"
        )
    return service_model().operation_model(action)


def parse_input(model: OperationModel, params: Mapping[str, str]) -> dict[str, Any]:
    """``Parameters.member.1.ParameterKey=...`` as nested dicts and lists.

    Raises `CloudFormationError` when required members are missing.
    """
    if model.input_shape is None:
        return {}
    parsed: dict[str, Any] = _parse(params, model.input_shape, "") or {}
    missing = [name for name in model.input_shape.required_members if name not in parsed]
    if missing:
        raise CloudFormationError(f"{model.name} requires {', '.join(missing)}")
    return parsed


def _parse(params: Mapping[str, str], shape: Shape, prefix: str) -> Any:
    if isinstance(shape, StructureShape):
        found = {
            name: _parse(params, member, f"{prefix}.{name}" if prefix else name)
            for name, member in shape.members.items()
        }
        kept = {name: value for name, value in found.items() if value is not None}
        return kept or None
    if isinstance(shape, ListShape):
        return _parse_list(params, shape, prefix)
    if isinstance(shape, MapShape):
        return None
    text = params.get(prefix)
    if text is None:
        return None
    if shape.type_name == "boolean":
        return text.lower() == "true"
    return int(text) if shape.type_name in ("integer", "long") else text


def _parse_list(params: Mapping[str, str], shape: ListShape, prefix: str) -> list[Any] | None:
    items: list[Any] = []
    while (item := _parse(params, shape.member, f"{prefix}.member.{len(items) + 1}")) is not None:
        items.append(item)
    if items:
        return items
    return [] if prefix in params else None


def success(model: OperationModel, result: Mapping[str, Any]) -> HttpResponse:
    """The XML answer to a call, members in the order of the output shape."""
    name = model.name
    content = ""
    if model.output_shape is not None:
        inner = "".join(_members(model.output_shape, result))
        content = f"<{name}Result>{inner}</{name}Result>"
    body = (
        f'<{name}Response xmlns="{_NAMESPACE}">{content}'
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata>"
        f"</{name}Response>"
    )
    return HttpResponse(200, body.encode(), _HEADERS)


def failure(error: CloudFormationError) -> HttpResponse:
    """The XML error answer."""
    kind = "Sender" if error.status < 500 else "Receiver"
    body = (
        f'<ErrorResponse xmlns="{_NAMESPACE}"><Error><Type>{kind}</Type>'
        f"<Code>{error.code}</Code><Message>{_text(str(error))}</Message></Error>"
        f"<RequestId>{uuid.uuid4()}</RequestId></ErrorResponse>"
    )
    return HttpResponse(error.status, body.encode(), _HEADERS)


def _members(shape: StructureShape, value: Mapping[str, Any]) -> Iterable[str]:
    unknown = sorted(value.keys() - shape.members.keys())
    if unknown:
        raise KeyError(f"{shape.name} has no members {unknown}")
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield f"<{name}>{_content(member, value[name])}</{name}>"


def _content(shape: Shape, value: Any) -> str:
    if isinstance(shape, StructureShape):
        return "".join(_members(shape, value))
    if isinstance(shape, ListShape):
        return "".join(f"<member>{_content(shape.member, item)}</member>" for item in value)
    if shape.type_name == "boolean":
        return "true" if value else "false"
    if isinstance(value, datetime):
        # milliseconds: the CLI compares an event's time with the change set's
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    return _text(str(value))


def _text(value: str) -> str:
    return escape(_NOT_XML.sub("?", value))
