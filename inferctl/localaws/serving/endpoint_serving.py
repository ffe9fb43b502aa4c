"""``InvokeEndpoint`` of the embedded AWS: endpoints in front of real model containers."""

from __future__ import annotations

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
        self._limits = limits or Limits.of_this_machine()
        self._runner = runner
        self._lock = threading.Lock()
        self._hosts: dict[str, EndpointHost] = {}

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
            host = self._hosts.get(endpoint) or self._host(endpoint)
            reply = host.invoke(
                _checked_target(host.spec, target_model),
                body,
                content_type=content_type,
                accept=accept,
                custom_attributes=custom_attributes,
            )
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
            shutil.rmtree(self._work_dir / endpoint, ignore_errors=True)

    def status(self) -> dict[str, Any]:
        """Per endpoint that was invoked: its container, counts and loaded models."""
        with self._lock:
            hosts = dict(self._hosts)
        return {name: host.status() for name, host in sorted(hosts.items())}

    def close(self) -> None:
        """Ends every container."""
        for endpoint in list(self._hosts):
            self.forget(endpoint)

    def _host(self, endpoint: str) -> EndpointHost:
        spec = None
        if re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", endpoint):
            spec = self._directory.lookup(endpoint)
        if spec is None:
            raise ValidationError(f"Endpoint {endpoint} of account {ACCOUNT} not found.")
        # fetching the server may take a minute: not while others wait for the lock
        runner = self._chosen_runner()
        with self._lock:
            host = self._hosts.get(endpoint)
            if host is None:
                host = EndpointHost(
                    spec,
                    objects=self._objects,
                    runner=runner,
                    work_dir=self._work_dir / endpoint,
                    limits=self._limits,
                )
                self._hosts[endpoint] = host
            return host

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
