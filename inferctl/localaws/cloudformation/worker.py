"""Creates, updates and deletes single resources."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from .callbacks import Callbacks
from .errors import ResourceFailedError
from .model import LiveResource, Stack
from .resources import resource_type
from .resources.base import Made, Request, ResourceType, unless_gone

_Result = TypeVar("_Result")


class Worker:
    """Calls the handlers of resource types, for any stack.

    moto's backends are not made for several threads, so its calls take turns; only types that
    wait for something outside run beside them.
    """

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._turn = threading.RLock()

    def create(self, stack: Stack, resource: LiveResource, announce: Callable[[str], None]) -> Made:
        """Create; ``announce`` is called as soon as a physical id exists."""
        kind = resource_type(resource.type)
        request = self._request(stack, resource, resource.properties, announce)
        with self._turn_of(kind):
            return _readably(lambda: kind.create(request))

    def update(self, stack: Stack, resource: LiveResource, properties: dict[str, Any]) -> Made:
        """Bring ``resource`` to ``properties`` in place."""
        kind = resource_type(resource.type)
        update = kind.update
        if update is None:
            raise ResourceFailedError(f"{resource.type} cannot be updated in place")
        request = self._request(stack, resource, properties, lambda _: None)
        with self._turn_of(kind):
            return _readably(lambda: update(request, resource))

    def delete(self, stack: Stack, resource: LiveResource) -> None:
        """Delete; what is gone already counts as deleted."""
        kind = resource_type(resource.type)
        request = self._request(stack, resource, resource.properties, lambda _: None)
        with self._turn_of(kind):
            _readably(lambda: unless_gone(lambda: kind.delete(request, resource)))

    def _turn_of(self, kind: ResourceType) -> AbstractContextManager[Any]:
        return nullcontext() if kind.waits else self._turn

    def _request(
        self,
        stack: Stack,
        resource: LiveResource,
        properties: dict[str, Any],
        announce: Callable[[str], None],
    ) -> Request:
        return Request(
            logical_id=resource.logical_id,
            type=resource.type,
            properties=properties,
            stack_name=stack.name,
            stack_id=stack.id,
            region=stack.region,
            account=stack.account,
            callbacks=self._callbacks,
            announce=announce,
        )


def _readably(work: Callable[[], _Result]) -> _Result:
    """Do ``work``; what boto3 raises becomes the one-line reason of an event."""
    try:
        return work()
    except ClientError as error:
        raise ResourceFailedError(str(error)) from error
    except BotoCoreError as error:
        raise ResourceFailedError(f"{type(error).__name__}: {error}") from error
    except KeyError as error:
        raise ResourceFailedError(f"required key {error} not found") from error
