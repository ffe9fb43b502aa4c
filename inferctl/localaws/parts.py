"""What the front needs of the parts behind it, and parts that are loaded when first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from inferctl.localaws.clients import DEFAULT_REGION
from inferctl.localaws.http import HttpRequest, HttpResponse


class ServingPart(Protocol):
    """Answers InvokeEndpoint; `inferctl.localaws.serving.EndpointServing`."""

    def invoke(
        self,
        endpoint: str,
        *,
        body: bytes,
        content_type: str,
        accept: str | None,
        target_model: str | None,
        custom_attributes: str | None,
    ) -> HttpResponse: ...

    def forget(self, name: str) -> None: ...

    def status(self) -> dict[str, Any]: ...

    def close(self) -> None: ...


class LeftoversView(Protocol):
    """Resources without a stack; ``retained`` are those that a stack kept on purpose."""

    @property
    def unowned(self) -> tuple[str, ...]: ...

    @property
    def retained(self) -> tuple[str, ...]: ...


class CloudFormationPart(Protocol):
    """Answers the CloudFormation API; `inferctl.localaws.cloudformation.service.CloudFormation`."""

    def handle(
        self, params: Mapping[str, str], *, region: str, agent: str = ""
    ) -> HttpResponse: ...

    def deliver(self, token: str, body: bytes) -> bool: ...

    def leftovers(self, *, regions: Iterable[str]) -> LeftoversView: ...

    def status(self) -> dict[str, Any]: ...


class EcsPart(Protocol):
    """Answers the ECS API; `inferctl.localaws.ecs.service.Ecs`."""

    def handle(self, request: HttpRequest, *, region: str) -> HttpResponse: ...

    def status(self) -> list[dict[str, Any]]: ...


class BatchPart(Protocol):
    """Answers the Batch API and runs its jobs; `inferctl.localaws.batch.service.Batch`."""

    def handle(self, request: HttpRequest, *, region: str) -> HttpResponse: ...

    def wait(self, job_id: str, *, seconds: float, region: str = ...) -> bool: ...

    def lose_host(self, job_id: str, *, region: str = ...) -> bool: ...

    def pid(self, job_id: str, *, region: str = ...) -> int | None: ...

    def status(self) -> dict[str, Any]: ...

    def close(self) -> None: ...


class Lazy:
    """A part made on its first use; `peek` never makes it."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._made: list[Any] = []
        self._making = threading.Lock()

    def get(self) -> Any:
        """The part, made now if it was not."""
        if not self._made:
            with self._making:
                if not self._made:
                    self._made.append(self._make())
        return self._made[0]

    def peek(self) -> Any | None:
        """The part if there is one."""
        return self._made[0] if self._made else None


class LazyServing:
    """`ServingPart` that imports serving on the first invocation."""

    def __init__(self, make: Callable[[], ServingPart]) -> None:
        self._part = Lazy(make)

    def invoke(self, endpoint: str, **request: Any) -> HttpResponse:
        """See `ServingPart`."""
        response: HttpResponse = self._part.get().invoke(endpoint, **request)
        return response

    def forget(self, name: str) -> None:
        """Nothing was served by a part that does not exist yet."""
        if (part := self._part.peek()) is not None:
            part.forget(name)

    def status(self) -> dict[str, Any]:
        """What serving says, or that it serves nothing."""
        part = self._part.peek()
        return part.status() if part is not None else {}

    def close(self) -> None:
        """Stop the servers, if any were started."""
        if (part := self._part.peek()) is not None:
            part.close()


class LazyCloudFormation:
    """`CloudFormationPart` that is imported with the first request to it."""

    def __init__(self, make: Callable[[], CloudFormationPart]) -> None:
        self._part = Lazy(make)

    def handle(self, params: Mapping[str, str], *, region: str, agent: str = "") -> HttpResponse:
        """See `CloudFormationPart`."""
        response: HttpResponse = self._part.get().handle(params, region=region, agent=agent)
        return response

    def deliver(self, token: str, body: bytes) -> bool:
        """False also when there is nobody to deliver to."""
        part = self._part.peek()
        return bool(part.deliver(token, body)) if part is not None else False

    def leftovers(self, *, regions: Iterable[str]) -> LeftoversView:
        """See `LeftoversView`."""
        view: LeftoversView = self._part.get().leftovers(regions=regions)
        return view

    def status(self) -> dict[str, Any]:
        """What CloudFormation says, or that there are no stacks."""
        part = self._part.peek()
        return part.status() if part is not None else {}


class LazyEcs:
    """`EcsPart` that is imported with the first request to it."""

    def __init__(self, make: Callable[[], EcsPart]) -> None:
        self._part = Lazy(make)

    def handle(self, request: HttpRequest, *, region: str) -> HttpResponse:
        """See `EcsPart`."""
        response: HttpResponse = self._part.get().handle(request, region=region)
        return response

    def status(self) -> list[dict[str, Any]]:
        """What ECS says, or that there are no clusters."""
        part = self._part.peek()
        return part.status() if part is not None else []


class LazyBatch:
    """`BatchPart` that is imported with the first request to it."""

    def __init__(self, make: Callable[[], BatchPart]) -> None:
        self._part = Lazy(make)

    def handle(self, request: HttpRequest, *, region: str) -> HttpResponse:
        """See `BatchPart`."""
        response: HttpResponse = self._part.get().handle(request, region=region)
        return response

    def wait(self, job_id: str, *, seconds: float, region: str = DEFAULT_REGION) -> bool:
        """Whether a job ends within ``seconds``."""
        return bool(self._part.get().wait(job_id, seconds=seconds, region=region))

    def lose_host(self, job_id: str, *, region: str = DEFAULT_REGION) -> bool:
        """Take the machine away under a job."""
        return bool(self._part.get().lose_host(job_id, region=region))

    def pid(self, job_id: str, *, region: str = DEFAULT_REGION) -> int | None:
        """The first process of a job, None while it has none."""
        found: int | None = self._part.get().pid(job_id, region=region)
        return found

    def status(self) -> dict[str, Any]:
        """What Batch says, or that there are no queues."""
        part = self._part.peek()
        return part.status() if part is not None else {}

    def close(self) -> None:
        """End the jobs, if there are any."""
        if (part := self._part.peek()) is not None:
            part.close()
