"""Turns the parameters of a call into values: defaults, previous values, SSM look-ups, checks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import ClientError

from inferctl.localaws import clients

from .errors import CloudFormationError
from .intrinsics import Resolver
from .model import ParameterValue
from .templates import Template
from .values import as_bool, as_list, as_text

_SSM = re.compile(r"^AWS::SSM::Parameter::Value<(?P<inner>.+)>$")


def resolve_parameters(
    template: Template,
    given: Sequence[Mapping[str, Any]],
    previous: Mapping[str, ParameterValue],
    region: str,
) -> dict[str, ParameterValue]:
    """Every declared parameter's value; raises `CloudFormationError` with all problems at once."""
    declared = template.section("Parameters")
    problems: list[str] = []
    inputs: dict[str, Any] = {}
    for item in given:
        key = item["ParameterKey"]
        if key not in declared:
            problems.append(f"Parameters: [{key}] do not exist in the template")
        elif not item.get("UsePreviousValue"):
            inputs[key] = item.get("ParameterValue", "")
        elif key in previous:
            inputs[key] = previous[key].given
        else:
            problems.append(f"Parameters: [{key}] has no previous value")
    resolved: dict[str, ParameterValue] = {}
    for key, declaration in declared.items():
        value = inputs.get(key, declaration.get("Default"))
        if value is None:
            problems.append(f"Parameters: [{key}] must have values")
            continue
        problems += _violations(key, declaration, as_text(value))
        resolved[key] = _resolve(key, declaration, as_text(value), region)
    if problems:
        raise CloudFormationError("; ".join(problems))
    return resolved


def _resolve(key: str, declaration: Mapping[str, Any], given: str, region: str) -> ParameterValue:
    kind = declaration["Type"]
    no_echo = as_bool(declaration.get("NoEcho", False))
    ssm = _SSM.match(kind)
    text = _ssm_value(key, given, region) if ssm else given
    inner = ssm["inner"] if ssm else kind
    is_list = inner == "CommaDelimitedList" or inner.startswith("List<")
    value: Any = [part.strip() for part in text.split(",")] if is_list else text
    return ParameterValue(key, given, value, no_echo, from_ssm=ssm is not None)


def _ssm_value(key: str, name: str, region: str) -> str:
    try:
        answer = clients.client("ssm", region).get_parameter(Name=name)
    except ClientError as error:
        raise CloudFormationError(
            f"Unable to fetch parameters [{name}] from parameter store for {key}: {error}"
        ) from error
    value: str = answer["Parameter"]["Value"]
    return value


def _violations(key: str, declaration: Mapping[str, Any], value: str) -> list[str]:
    reason = declaration.get("ConstraintDescription")
    allowed = [as_text(item) for item in as_list(declaration.get("AllowedValues", []))]
    pattern = declaration.get("AllowedPattern")
    found: list[str] = []
    if allowed and value not in allowed:
        found.append(f"value {value!r} is not one of {allowed}")
    if pattern is not None and re.fullmatch(pattern, value) is None:
        found.append(f"value {value!r} does not match {pattern}")
    if "MinLength" in declaration and len(value) < int(declaration["MinLength"]):
        found.append(f"value {value!r} is shorter than {declaration['MinLength']}")
    if "MaxLength" in declaration and len(value) > int(declaration["MaxLength"]):
        found.append(f"value {value!r} is longer than {declaration['MaxLength']}")
    if declaration["Type"] == "Number":
        found += _number_violations(declaration, value)
    return [f"Parameter '{key}' failed to satisfy constraint: {reason or text}" for text in found]


def _number_violations(declaration: Mapping[str, Any], value: str) -> list[str]:
    try:
        number = float(value)
    except ValueError:
        return [f"value {value!r} is not a number"]
    found: list[str] = []
    if "MinValue" in declaration and number < float(declaration["MinValue"]):
        found.append(f"value {value} is below {declaration['MinValue']}")
    if "MaxValue" in declaration and number > float(declaration["MaxValue"]):
        found.append(f"value {value} is above {declaration['MaxValue']}")
    return found


def check_rules(resolver: Resolver) -> None:
    """Evaluate the ``Rules`` section, which CDK uses to check the bootstrap version."""
    problems: list[str] = []
    for name, rule in resolver.scope.template.section("Rules").items():
        if "RuleCondition" in rule and not resolver.value(rule["RuleCondition"]):
            continue
        problems += [
            f"{name}: {item.get('AssertDescription', 'assertion failed')}"
            for item in rule.get("Assertions", [])
            if not resolver.value(item["Assert"])
        ]
    if problems:
        raise CloudFormationError("Template validation error: " + "; ".join(problems))
