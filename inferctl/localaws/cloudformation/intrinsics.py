"""Evaluates template expressions: intrinsic functions, conditions and dynamic references."""

from __future__ import annotations

import base64
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from inferctl.localaws import clients

from .errors import CloudFormationError
from .scope import NO_VALUE, UNKNOWN, Scope
from .values import as_list, as_text

_SUB = re.compile(r"\$\{(!?)([^}]+)\}")
_DYNAMIC = re.compile(r"\{\{resolve:([a-z-]+):([^}]+)\}\}")
_Function = Callable[["Resolver", Any], Any]


class Resolver:
    """Evaluates the expressions of one template in one `Scope`.

    Raises `CloudFormationError` with the text AWS uses where it is known.
    """

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.imports: set[str] = set()
        self._conditions: dict[str, bool] = {}
        self._evaluating: list[str] = []

    def value(self, node: Any) -> Any:
        """``node`` with every expression replaced by its value; `NO_VALUE` members vanish."""
        if isinstance(node, str):
            return self._dynamic(node)
        if isinstance(node, list):
            items = [self.value(item) for item in node]
            return [item for item in items if item is not NO_VALUE]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            name, argument = next(iter(node.items()))
            function = _FUNCTIONS.get(name)
            if function is not None:
                return self._call(name, function, argument)
            if name.startswith("Fn::"):
                raise CloudFormationError(
                    f"Template error: {name} is not emulated by the embedded AWS"
                )
        members = {key: self.value(item) for key, item in node.items()}
        return {key: item for key, item in members.items() if item is not NO_VALUE}

    def _call(self, name: str, function: _Function, argument: Any) -> Any:
        try:
            return function(self, argument)
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise CloudFormationError(
                f"Template error: {name} cannot take {argument!r} ({error})"
            ) from error

    def text(self, node: Any) -> str:
        """The value of ``node``, which has to be a scalar, as text."""
        value = self.value(node)
        if value is NO_VALUE or isinstance(value, (dict, list)):
            raise CloudFormationError(f"Template error: a text is required, got {value!r}")
        return as_text(value)

    def condition(self, name: str) -> bool:
        """Whether the named condition holds."""
        if name not in self._conditions:
            declared = self.scope.template.section("Conditions")
            if name not in declared:
                raise CloudFormationError(
                    f"Template format error: Unresolved condition dependency {name}"
                )
            if name in self._evaluating:
                raise CloudFormationError(
                    f"Template format error: circular conditions {[*self._evaluating, name]}"
                )
            self._evaluating.append(name)
            self._conditions[name] = bool(self.value(declared[name]))
            self._evaluating.pop()
        return self._conditions[name]

    def _dynamic(self, text: str) -> str:
        if "{{resolve:" not in text:
            return text
        return _DYNAMIC.sub(lambda match: self._resolve_dynamic(match[1], match[2]), text)

    def _resolve_dynamic(self, service: str, reference: str) -> str:
        if service not in ("ssm", "ssm-secure"):
            raise CloudFormationError(
                f"Template error: dynamic reference to {service} is not emulated"
            )
        try:
            answer = clients.client("ssm", self.scope.region).get_parameter(
                Name=reference, WithDecryption=True
            )
        except ClientError as error:
            raise CloudFormationError(f"SSM parameter {reference}: {error}") from error
        value: str = answer["Parameter"]["Value"]
        return value


def _ref(resolver: Resolver, argument: Any) -> Any:
    return resolver.scope.ref(str(argument))


def _get_att(resolver: Resolver, argument: Any) -> Any:
    if isinstance(argument, str):
        argument = argument.split(".", 1)
    name, attribute = argument
    return resolver.scope.attribute(name, resolver.text(attribute))


def _sub(resolver: Resolver, argument: Any) -> str:
    text, given = (argument, {}) if isinstance(argument, str) else argument
    variables = {key: resolver.text(item) for key, item in given.items()}

    def replaced(match: re.Match[str]) -> str:
        literal, name = match[1], match[2].strip()
        if literal:
            return "${" + match[2] + "}"
        if name in variables:
            return variables[name]
        node = {"Fn::GetAtt": name} if "." in name else {"Ref": name}
        value = resolver.value(node)
        return ",".join(map(as_text, value)) if isinstance(value, list) else as_text(value)

    return resolver._dynamic(_SUB.sub(replaced, text))


def _join(resolver: Resolver, argument: Any) -> str:
    separator, items = argument
    values = resolver.value(items)
    if values == UNKNOWN:
        return UNKNOWN
    if not isinstance(values, list) or any(isinstance(item, (dict, list)) for item in values):
        raise CloudFormationError(
            "Template error: every Fn::Join object requires two parameters,"
            f" a delimiter and a list of strings; got {values!r}"
        )
    return resolver._dynamic(as_text(separator).join(map(as_text, values)))


def _split(resolver: Resolver, argument: Any) -> list[str]:
    separator, text = argument
    return resolver.text(text).split(separator)


def _select(resolver: Resolver, argument: Any) -> Any:
    index, items = int(resolver.text(argument[0])), resolver.value(argument[1])
    # a plan cannot count the parts of what only the deployment knows
    if items == UNKNOWN or (index >= len(items) and UNKNOWN in map(as_text, items)):
        return UNKNOWN
    if not 0 <= index < len(items):
        raise CloudFormationError(
            f"Template error: Fn::Select cannot select nonexistent value at index {index}"
            f" of {items!r}"
        )
    return items[index]


def _get_azs(resolver: Resolver, argument: Any) -> list[str]:
    region = resolver.text(argument) or resolver.scope.region
    zones = clients.client("ec2", region).describe_availability_zones()["AvailabilityZones"]
    return sorted(zone["ZoneName"] for zone in zones)


def _if(resolver: Resolver, argument: Any) -> Any:
    name, when_true, when_false = argument
    return resolver.value(when_true if resolver.condition(name) else when_false)


def _find_in_map(resolver: Resolver, argument: Any) -> Any:
    keys = [resolver.text(item) for item in argument[:3]]
    node: Any = resolver.scope.template.section("Mappings")
    for key in keys:
        if not isinstance(node, Mapping) or key not in node:
            if len(argument) == 4:
                return resolver.value(argument[3]["DefaultValue"])
            raise CloudFormationError(
                f"Template error: Unable to get mapping for {'::'.join(keys)}"
            )
        node = node[key]
    return resolver.value(node)


def _import_value(resolver: Resolver, argument: Any) -> str:
    name = resolver.text(argument)
    resolver.imports.add(name)
    return resolver.scope.imported(name)


def _get_stack_output(resolver: Resolver, argument: Any) -> str:
    fields = {key: resolver.text(item) for key, item in argument.items()}
    return resolver.scope.stack_output(
        fields["StackName"], fields["OutputName"], fields.get("Region", resolver.scope.region)
    )


def _base64(resolver: Resolver, argument: Any) -> str:
    return base64.b64encode(resolver.text(argument).encode()).decode()


def _cidr(resolver: Resolver, argument: Any) -> list[str]:
    block, count, *bits = [resolver.text(item) for item in argument]
    network = ipaddress.ip_network(block)
    width = int(bits[0]) if bits else 8
    subnets = network.subnets(new_prefix=network.max_prefixlen - width)
    found = [str(subnet) for subnet, _ in zip(subnets, range(int(count)), strict=False)]
    if len(found) < int(count):
        raise CloudFormationError(f"Template error: {block} does not hold {count} /{width} blocks")
    return found


def _length(resolver: Resolver, argument: Any) -> int:
    return len(resolver.value(argument))


def _contains(resolver: Resolver, argument: Any) -> bool:
    return resolver.text(argument[1]) in map(as_text, resolver.value(argument[0]))


_FUNCTIONS: dict[str, _Function] = {
    "Ref": _ref,
    "Condition": lambda resolver, name: (
        resolver.condition(name) if isinstance(name, str) else {"Condition": resolver.value(name)}
    ),
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Split": _split,
    "Fn::Select": _select,
    "Fn::GetAZs": _get_azs,
    "Fn::If": _if,
    "Fn::Equals": lambda resolver, pair: (
        as_text(resolver.value(pair[0])) == as_text(resolver.value(pair[1]))
    ),
    "Fn::And": lambda resolver, items: all([resolver.value(item) for item in items]),
    "Fn::Or": lambda resolver, items: any([resolver.value(item) for item in items]),
    "Fn::Not": lambda resolver, items: not resolver.value(as_list(items)[0]),
    "Fn::FindInMap": _find_in_map,
    "Fn::ImportValue": _import_value,
    "Fn::GetStackOutput": _get_stack_output,
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::Length": _length,
    "Fn::Contains": _contains,
}
