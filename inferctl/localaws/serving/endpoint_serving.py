"""``InvokeEndpoint`` of the embedded AWS: endpoints in front of real model containers."""

from __future__ import annotations

import itertools
import re
import shutil
import threading
import uuid
from pathlib import Path
from typing import Any

from inferctl.localaws.clients import ACCOUNT
from inferctl.localaws.http import HttpResponse

from .container_api import target_model_problem
from .directory import EndpointDirectory, EndpointSpec, ObjectStore
from .endpoint_host import EndpointHost
from .faults import (
    BodyTooLargeError,
    ServiceUnavailableError,
    ServingError,
    ValidationError,
)
from .host_runner import choose_runner
from .limits import Limits
from .runner import ContainerRunner, StartError

# botocore, sagemaker-runtime 2017-05-13: InvokeEndpoint Body
MAX_BODY_BYTES = 6_291_456


class EndpointServing:
    """Serves the endpoints of ``directory``; each gets a container on its first invocation.

    Without ``runner`` the host decides: the unpacked binary in a sandbox, Docker, or nothing, in
    which case every invocation answers 503 with the reason.
    """

    def __init__(
        self,
        directory: EndpointDirectory,
        object_store: ObjectStore,
        work_dir: Path,
        *,
        runner: ContainerRunner | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._directory = directory
        self._objects = object_store
        self._work_dir = work_dir.absolute() / "endpoints"
        # what a process that was killed has left
        shutil.rmtree(self._work_dir, ignore_errors=True)
        self._numbers = itertools.count(1)
        self._limits = limits or Limits.of_this_machine()
        self._runner = runner
        self._lock = threading.Lock()
        self._hosts: dict[str, EndpointHost] = {}
        self._closed = False

    def invoke(
        self,
        endpoint: str,
        *,
        body: bytes,
        content_type: str,
        accept: str | None = None,
        target_model: str | None = None,
        custom_attributes: str | None = None,
    ) -> HttpResponse:
        """One invocation; errors are answers in the platform's form, never exceptions."""
        try:
            if len(body) > MAX_BODY_BYTES:
                raise BodyTooLargeError(
                    f"Request body of {len(body)} bytes exceeds the limit of {MAX_BODY_BYTES} bytes"
                )
            while True:
                host = self._hosts.get(endpoint) or self._host(endpoint)
                target = _checked_target(host.spec, target_model)
                try:
                    reply = host.invoke(
                        target,
                        body,
                        content_type=content_type,
                        accept=accept,
                        custom_attributes=custom_attributes,
                    )
                    break
                except ServingError:
                    # after an update its successor answers; after a deletion there is none
                    if not host.closed:
                        raise
        except ServingError as error:
            return error.response()
        headers = {
            "Content-Type": reply.content_type,
            "x-Amzn-Invoked-Production-Variant": host.spec.variant_name,
            "x-amzn-RequestId": str(uuid.uuid4()),
        }
        return HttpResponse(status=200, headers=headers, body=reply.body)

    def forget(self, endpoint: str) -> None:
        """The endpoint was updated or deleted: ends its container, forgets its models."""
        with self._lock:
            host = self._hosts.pop(endpoint, None)
        if host is not None:
            host.close()

    def status(self) -> dict[str, Any]:
        """Per endpoint that was invoked: its container, counts and loaded models."""
        with self._lock:
            hosts = dict(self._hosts)
        return {name: host.status() for name, host in sorted(hosts.items())}

    def close(self) -> None:
        """Ends every container, and starts none any more."""
        with self._lock:
            self._closed = True
            endpoints = list(self._hosts)
        for endpoint in endpoints:
            self.forget(endpoint)

    def _host(self, endpoint: str) -> EndpointHost:
        self._spec(endpoint)
        # fetching the server may take a minute: not while others wait for the lock
        runner = self._chosen_runner()
        with self._lock:
            if self._closed:
                raise ServiceUnavailableError("the embedded AWS is shutting down")
            # again, under the lock: an update announces itself only after it has happened
            spec = self._spec(endpoint)
            host = self._hosts.get(endpoint)
            if host is None:
                host = self._hosts[endpoint] = EndpointHost(
                    spec,
                    objects=self._objects,
                    runner=runner,
                    # a folder of its own: what it replaces may still be closing
                    work_dir=self._work_dir / f"{endpoint}.{next(self._numbers)}",
                    limits=self._limits,
                )
            return host

    def _spec(self, endpoint: str) -> EndpointSpec:
        spec = None
        if re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", endpoint):
            spec = self._directory.lookup(endpoint)
        if spec is None:
            raise ValidationError(f"Endpoint {endpoint} of account {ACCOUNT} not found.")
        return spec

    def _chosen_runner(self) -> ContainerRunner:
        if self._runner is None:
            try:
                self._runner = choose_runner()
            except StartError as error:
                raise ServiceUnavailableError(f"nothing can serve models here: {error}") from error
        return self._runner


def _checked_target(spec: EndpointSpec, target: str | None) -> str:
    if not spec.multi_model:
        if target is not None:
            raise ValidationError(
                f"Endpoint {spec.name} is not a multi-model endpoint and does not support target"
                " model header."
            )
        raise ServiceUnavailableError(
            f"endpoint {spec.name} is a single-model endpoint; the embedded AWS serves"
            " multi-model endpoints only"
        )
    if target is None:
        raise ValidationError(f"Request {uuid.uuid4()} is missing a target model header.")
    problem = target_model_problem(target)
    if problem is not None:
        raise ValidationError(f"TargetModel {target[:80]!r} {problem}.")
    return target
