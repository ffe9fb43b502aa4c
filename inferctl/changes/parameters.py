"""Parameters of a template as their defaults, since nobody gives them another value.

The CDK writes an image's name in Parameter Store into one, so that another image is a difference of
no resource.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_SUB = re.compile(r"\$\{([^!}.]+)\}")


def with_defaults(template: dict[str, Any]) -> dict[str, Any]:
    """The template with each reference to a parameter that has a default replaced by it."""
    values = {
        name: _value(parameter)
        for name, parameter in template.get("Parameters", {}).items()
        if "Default" in parameter
    }
    return {
        name: _replaced(section, values) if name in ("Resources", "Outputs") else section
        for name, section in template.items()
    }


def _value(parameter: Mapping[str, Any]) -> Any:
    if str(parameter.get("Type")).startswith("AWS::SSM::Parameter::Value"):
        return f"{{{{resolve:ssm:{parameter['Default']}}}}}"
    return parameter["Default"]


def _replaced(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, list):
        return [_replaced(item, values) for item in value]
    if not isinstance(value, Mapping):
        return value
    if len(value) == 1 and value.get("Ref") in values:
        return values[value["Ref"]]
    if isinstance(value.get("Fn::Sub"), str):
        text = _SUB.sub(lambda found: str(values.get(found[1], found[0])), value["Fn::Sub"])
        return {**value, "Fn::Sub": text}
    return {name: _replaced(item, values) for name, item in value.items()}
