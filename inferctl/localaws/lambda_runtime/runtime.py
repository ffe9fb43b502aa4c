"""Calls functions: at once, or as events in the background."""

from __future__ import annotations

import json
import logging
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .code import BadArchiveError, unpack
from .environment import Interpreters, UnsupportedRuntimeError, link_python_packages
from .function import FunctionSpec, Invocation
from .pool import WorkerPool
from .reading import readable_lines, short_name
from .worker import Worker

log = logging.getLogger("lambda")

AsyncFailureListener = Callable[[str, Any, dict[str, Any]], None]
# long enough for the pauses of a deployment, short enough to give the memory back after it
_IDLE_SECONDS = 300
_REAP_EVERY_SECONDS = 15


class LambdaRuntime:
    """All functions of the embedded AWS. Thread-safe; `close` ends every sandbox.

    ``async_failure_listener(function_arn, event, error)`` is called when an event could not be
    handled; ``error`` has ``errorType`` and ``errorMessage``.
    """

    def __init__(self, work_dir: Path, *, endpoint_url: str, interpreters: Interpreters) -> None:
        self.async_failure_listener: AsyncFailureListener | None = None
        self._code = work_dir / "code"
        self._packages = link_python_packages(work_dir / "python")
        self._endpoint_url = endpoint_url
        self._interpreters = interpreters
        self._lock = threading.Lock()
        self._pools: dict[str, tuple[str, WorkerPool]] = {}
        self._calls: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._closed = threading.Event()
        threading.Thread(target=self._reap, daemon=True, name="lambda-reaper").start()

    def invoke(self, function: FunctionSpec, payload: bytes) -> Invocation:
        """Call and wait. ``payload`` is JSON. What goes wrong is in the invocation's error."""
        try:
            pool = self._pool(function)
            worker = pool.acquire()
        except (BadArchiveError, UnsupportedRuntimeError) as error:
            fields = {"errorType": "Runtime.InvalidEntrypoint", "errorMessage": str(error)}
            body = json.dumps(fields).encode()
            invocation = Invocation(request_id="", payload=body, error="Unhandled")
        else:
            try:
                invocation = worker.invoke(payload)
            finally:
                pool.release(worker)
        self._count(function, invocation)
        return invocation

    def invoke_async(self, function: FunctionSpec, payload: bytes) -> None:
        """Call in the background, once: AWS's two retries are not emulated."""
        threading.Thread(
            target=self._run_event, args=(function, payload), daemon=True, name="lambda-event"
        ).start()

    def crash(self, arn: str, wanted: Callable[[bytes], bool]) -> int:
        """Let a function die in the calls whose payload is ``wanted``, as it does when its memory
        is used up; how many calls there were."""
        with self._lock:
            entry = self._pools.get(arn)
        return entry[1].crash(wanted) if entry is not None else 0

    def retire(self, arn: str) -> None:
        """The function changed or is gone; calls under way end as they would have."""
        with self._lock:
            entry = self._pools.pop(arn, None)
        if entry is not None:
            entry[1].retire()

    def status(self) -> list[dict[str, Any]]:
        """Per function called so far: ``arn``, ``invocations``, ``failures``, ``workers``."""
        with self._lock:
            workers = {arn: pool.size for arn, (_, pool) in self._pools.items()}
            return [
                {
                    "arn": arn,
                    "invocations": count,
                    "failures": self._failures[arn],
                    "workers": workers.get(arn, 0),
                }
                for arn, count in sorted(self._calls.items())
            ]

    def close(self) -> None:
        """End every sandbox; calls under way fail."""
        self._closed.set()
        with self._lock:
            pools = [pool for _, pool in self._pools.values()]
            self._pools.clear()
        for pool in pools:
            pool.kill()

    def _pool(self, function: FunctionSpec) -> WorkerPool:
        root = unpack(function, self._code)
        with self._lock:
            fingerprint, pool = self._pools.get(function.arn, ("", None))
            stale = pool if fingerprint != function.fingerprint else None
            if pool is None or stale is not None:
                pool = WorkerPool(lambda: self._start(function, root))
                self._pools[function.arn] = (function.fingerprint, pool)
        if stale is not None:
            stale.retire()
        return pool

    def _start(self, function: FunctionSpec, root: Path) -> Worker:
        log.info("%s: new sandbox", short_name(function.name))
        return Worker(
            function,
            root=root,
            endpoint_url=self._endpoint_url,
            interpreters=self._interpreters,
            packages=self._packages,
        )

    def _run_event(self, function: FunctionSpec, payload: bytes) -> None:
        invocation = self.invoke(function, payload)
        if invocation.error is None or self.async_failure_listener is None:
            return
        self.async_failure_listener(function.arn, json.loads(payload), invocation.error_fields)

    def _count(self, function: FunctionSpec, invocation: Invocation) -> None:
        with self._lock:
            self._calls[function.arn] += 1
            self._failures[function.arn] += invocation.error is not None
        for line in readable_lines(function, invocation):
            log.info("%s", line)

    def _reap(self) -> None:
        while not self._closed.wait(_REAP_EVERY_SECONDS):
            with self._lock:
                pools = [pool for _, pool in self._pools.values()]
            for pool in pools:
                pool.reap(idle_seconds=_IDLE_SECONDS)
