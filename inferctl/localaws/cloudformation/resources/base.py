"""What a resource type is to the engine: create, update, delete, and what it accepts."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from inferctl.localaws import clients
from inferctl.localaws.cloudformation.callbacks import Callbacks
from inferctl.localaws.cloudformation.errors import NotEmulatedError
from inferctl.localaws.cloudformation.model import LiveResource
from inferctl.localaws.cloudformation.scope import partition

_GONE_SUFFIXES = ("NotFound", "NotFoundException", "NotFoundFault", "NoSuchEntity")
_GONE_CODES = frozenset({"NoSuchBucket", "NoSuchBucketPolicy", "NoSuchKey"})
_SUFFIX = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class Request:
    """One piece of work on one resource.

    ``announce`` tells the engine the physical id as soon as something exists, so that a create
    that fails half way is still cleaned up.
    """

    logical_id: str
    type: str
    properties: dict[str, Any]
    stack_name: str
    stack_id: str
    region: str
    account: str
    callbacks: Callbacks
    announce: Callable[[str], None] = lambda _: None

    def client(self, service: str) -> Any:
        """A client of the embedded AWS in the stack's region."""
        return clients.client(service, self.region)

    def arn(self, service: str, resource: str, *, regional: bool = True) -> str:
        """The ARN of something of this account."""
        region = self.region if regional else ""
        return f"arn:{partition(self.region)}:{service}:{region}:{self.account}:{resource}"

    def name(self, limit: int, *, lower: bool = False) -> str:
        """A generated physical name of at most ``limit`` characters, as CloudFormation makes it."""
        suffix = "".join(random.choices(_SUFFIX, k=12))
        room = limit - len(suffix) - 2
        logical = self.logical_id[: max(room - len(self.stack_name), room // 2)]
        name = f"{self.stack_name[: room - len(logical)]}-{logical}-{suffix}"
        return name.lower() if lower else name


@dataclass(frozen=True)
class Made:
    """What a create or update left behind: the ``Ref`` value and the ``GetAtt`` values."""

    physical_id: str
    attributes: Mapping[str, Any] = field(default_factory=dict)


def keep(_request: Request, _resource: LiveResource) -> None:
    """The delete of something that has no existence of its own."""


@dataclass(frozen=True)
class ResourceType:
    """How one type of resource is made.

    ``properties`` are all that are understood (None: any). Without ``update`` every change
    replaces; with it, a change of one of ``replace_on`` does. ``waits`` marks types that wait for
    something outside and so must not hold up the others.
    """

    create: Callable[[Request], Made]
    delete: Callable[[Request, LiveResource], None]
    properties: frozenset[str] | None
    update: Callable[[Request, LiveResource], Made] | None = None
    replace_on: frozenset[str] = frozenset()
    waits: bool = False

    def unknown(self, kind: str, properties: Mapping[str, Any]) -> list[str]:
        """A problem per property that this type does not understand."""
        if self.properties is None:
            return []
        return [
            str(NotEmulatedError(f"property {kind}.{name}"))
            for name in sorted(properties.keys() - self.properties)
        ]

    def replaces(self, changed: set[str]) -> bool:
        """Whether a change of these properties makes a new physical resource."""
        return self.update is None or bool(changed & self.replace_on)


def names(text: str) -> frozenset[str]:
    """Property names, written as one text."""
    return frozenset(text.split())


def changed_names(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    """The top-level properties whose values differ."""
    return {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def without(properties: Mapping[str, Any], *omitted: str) -> dict[str, Any]:
    """The properties but for those handled apart."""
    return {name: value for name, value in properties.items() if name not in omitted}


def unless_gone(delete: Callable[[], Any]) -> None:
    """Do ``delete``; what is gone already counts as deleted."""
    try:
        delete()
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        # SageMaker has no code of its own for it
        unknown_name = code == "ValidationException" and "Could not find" in str(error)
        if not (code.endswith(_GONE_SUFFIXES) or code in _GONE_CODES or unknown_name):
            raise
