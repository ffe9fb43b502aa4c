"""What an expression can see: parameters, pseudo parameters, resources and other stacks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from .errors import CloudFormationError
from .model import LiveResource, ParameterValue
from .templates import Template

UNKNOWN: Final = "{{changeSet:KNOWN_AFTER_APPLY}}"


class _NoValue:
    def __repr__(self) -> str:
        return "AWS::NoValue"


NO_VALUE: Final = _NoValue()


class OtherStacks(Protocol):
    """What one stack may read of the others."""

    def imported(self, name: str, region: str) -> str:
        """The value of an export."""

    def stack_output(self, stack: str, output: str, region: str) -> str:
        """The value of an output."""


@dataclass(frozen=True)
class Scope:
    """Everything that `Ref` and its kin can look up.

    ``is_unknown`` marks logical ids whose values exist only after the deployment; a plan shows
    them as `UNKNOWN`.
    """

    template: Template
    parameters: Mapping[str, ParameterValue]
    resources: Mapping[str, LiveResource]
    others: OtherStacks
    stack_name: str
    stack_id: str
    region: str
    account: str
    notification_arns: tuple[str, ...] = ()
    is_unknown: Callable[[str], bool] = lambda _: False

    def ref(self, name: str) -> Any:
        """A parameter, a pseudo parameter or a resource's physical id."""
        if name in self.parameters:
            return self.parameters[name].resolved
        if name.startswith("AWS::"):
            return self._pseudo(name)
        if self.is_unknown(name):
            return UNKNOWN
        return self._resource(name).reference

    def attribute(self, name: str, attribute: str) -> Any:
        """An attribute of a resource; dots may be part of its name or lead into it."""
        if self.is_unknown(name):
            return UNKNOWN
        resource = self._resource(name)
        if attribute in resource.attributes:
            return resource.attributes[attribute]
        node: Any = resource.attributes
        for part in attribute.split("."):
            if not isinstance(node, Mapping) or part not in node:
                known = ", ".join(sorted(resource.attributes)) or "none"
                raise CloudFormationError(
                    f"Template error: {name} ({resource.type}) has no attribute {attribute}"
                    f" (it has: {known})"
                )
            node = node[part]
        return node

    def imported(self, name: str) -> str:
        """The value of another stack's export."""
        return self.others.imported(name, self.region)

    def stack_output(self, stack: str, output: str, region: str) -> str:
        """The value of another stack's output."""
        return self.others.stack_output(stack, output, region)

    def _resource(self, name: str) -> LiveResource:
        if name not in self.resources:
            raise CloudFormationError(
                f"Template format error: Unresolved resource dependencies [{name}]"
            )
        return self.resources[name]

    def _pseudo(self, name: str) -> Any:
        match name:
            case "AWS::NoValue":
                return NO_VALUE
            case "AWS::AccountId":
                return self.account
            case "AWS::Region":
                return self.region
            case "AWS::StackName":
                return self.stack_name
            case "AWS::StackId":
                return self.stack_id
            case "AWS::Partition":
                return partition(self.region)
            case "AWS::URLSuffix":
                chinese = partition(self.region) == "aws-cn"
                return "amazonaws.com.cn" if chinese else "amazonaws.com"
            case "AWS::NotificationARNs":
                return list(self.notification_arns)
        raise CloudFormationError(f"Template format error: Unrecognized pseudo parameter {name}")


def partition(region: str) -> str:
    """The partition that ``region`` lies in."""
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
