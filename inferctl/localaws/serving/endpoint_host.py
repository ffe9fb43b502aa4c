"""One endpoint: its container, its models, and how one invocation goes through them."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from inferctl.localaws.clients import ACCOUNT, DEFAULT_REGION

from .container_api import invocation_head
from .directory import EndpointSpec, ObjectStore
from .faults import ModelError, ServiceUnavailableError, ValidationError
from .limits import Limits
from .loaded_model import LoadedModel
from .loader import LoadRefusedError
from .model_host import ModelHost
from .model_store import ModelStore
from .processes import memory_bytes
from .runner import ContainerProcess, ContainerRunner
from .supervisor import Session, Supervisor
from .wire import ConnectionLostError, Reply, ReplyTimeoutError, stub_died

_TIMED_OUT = (
    "Your invocation timed out while waiting for a response from container primary. Review the"
    " latency metrics for each container in Amazon CloudWatch, resolve the issue, and try again."
)


class EndpointHost:
    """Starts nothing before the first invocation."""

    def __init__(
        self,
        spec: EndpointSpec,
        *,
        objects: ObjectStore,
        runner: ContainerRunner,
        work_dir: Path,
        limits: Limits,
    ) -> None:
        self.spec = spec
        self.closed = False
        self._runner = runner
        self._work_dir = work_dir
        try:
            self._limits = limits.with_environment(spec.environment)
        except ValueError as error:
            raise ServiceUnavailableError(f"endpoint {spec.name}: {error}") from error
        self._store = ModelStore(
            root=work_dir / "models",
            objects=objects,
            prefix=spec.model_data_url,
            max_bytes=self._limits.disk_bytes,
        )
        self._supervisor = Supervisor(
            self._start, on_exit=self._ended, log=work_dir / "container.log"
        )
        self._models = ModelHost(
            store=self._store,
            supervisor=self._supervisor,
            limits=self._limits,
            keep=spec.model_cache,
        )

    def invoke(
        self,
        target: str,
        body: bytes,
        *,
        content_type: str,
        accept: str | None,
        custom_attributes: str | None,
    ) -> Reply:
        """The container's answer with status 200; every other outcome raises a `ServingError`."""
        deadline = time.monotonic() + self._limits.response_seconds
        recovered: set[str] = set()
        while True:
            try:
                model = self._models.acquire(target, deadline)
            except LoadRefusedError as error:
                raise self._model_error(error.reply.status, str(error)) from error
            try:
                head = invocation_head(
                    name=model.stored.name,
                    target=target,
                    body=body,
                    content_type=content_type,
                    accept=accept,
                    custom_attributes=custom_attributes,
                )
                reply = model.session.api.invoke(head, body, deadline=deadline)
                fault = _fault(reply)
            except ValueError as error:
                raise ValidationError(str(error)) from error
            except ConnectionLostError:
                reply, fault = Reply(0, "", b"The model container ended."), "container"
            except ReplyTimeoutError as error:
                raise self._model_error(0, _TIMED_OUT) from error
            finally:
                self._models.release(model)
            if fault is None:
                return reply
            if not self._recover(fault, model, recovered):
                raise self._model_error(reply.status, reply.text)

    def _recover(self, fault: str, model: LoadedModel, recovered: set[str]) -> bool:
        """Whether the call may be sent again; each kind of failure is repaired once per call."""
        if fault == "memory":
            return self._models.make_room(model.target)
        if fault == "request" or fault in recovered:
            return False
        recovered.add(fault)
        if fault == "container":
            self._supervisor.await_exit(model.session, seconds=2)
        self._models.lost(model)
        return True

    def _model_error(self, status: int, message: str) -> ModelError:
        return ModelError.from_container(
            self.spec.name, status=status, message=message, region=DEFAULT_REGION, account=ACCOUNT
        )

    def _start(self) -> ContainerProcess:
        return self._runner.start(
            work_dir=self._work_dir,
            models_dir=self._store.root,
            environment=self.spec.environment,
        )

    def _ended(self, session: Session) -> None:
        self._models.container_ended(session)

    def status(self) -> dict[str, Any]:
        """Plain data for ``inferctl local status``; times in seconds, sizes in bytes."""
        now = time.monotonic()
        session = self._supervisor.current
        container: dict[str, Any] | None = None
        if session is not None:
            processes = session.process.processes()
            container = {
                "pid": session.process.pid,
                "seconds_up": round(now - session.started, 1),
                "memory_bytes": sum(memory_bytes(process.pid) for process in processes),
                "agent_socket": str(session.process.agent_socket or ""),
            }
        return {
            "container": container,
            "restarts": self._supervisor.restarts,
            "downloads": self._store.downloads,
            **self._models.counts,
            "models": [
                {
                    "target_model": model.target,
                    "name": model.stored.name,
                    "seconds_since_use": round(now - model.last_used, 1),
                    "bytes": model.memory,
                    "load_seconds": round(model.load_seconds, 3),
                }
                for model in self._models.loaded()
            ],
        }

    def close(self) -> None:
        """Ends the container and deletes its files; calls under way fail."""
        self.closed = True
        self._supervisor.close()
        self._models.close()
        shutil.rmtree(self._work_dir, ignore_errors=True)


def _fault(reply: Reply) -> str | None:
    """What kind of failure an answer is.

    With a dead stub /ping stays 200. A model that Triton does not have is an empty 404.
    """
    if reply.status == 200:
        return None
    if reply.status == 507:
        return "memory"
    if reply.status == 404:
        return "unknown model"
    if reply.status == 503:
        return "container"
    if stub_died(reply):
        return "stub"
    return "request"
