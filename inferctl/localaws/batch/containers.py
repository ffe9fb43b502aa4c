"""Runs the attempts of jobs as processes of this machine."""

from __future__ import annotations

import logging
import shutil
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from inferctl.localaws import clients

from .images import LocalImage, UnknownImageError
from .jobs import Attempt, Job, now_ms
from .logs import LogStream, NoLogGroupError
from .process import JobProcess, NotStartedError

log = logging.getLogger("batch")

# docs.aws.amazon.com/batch/latest/userguide/job_timeouts.html
GRACE_SECONDS = 30.0
TIMED_OUT = "Job attempt duration exceeded timeout"
_ENDED = "Essential container in task exited"
_NOT_STARTED = "Task failed to start"
_MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Machinery:
    """Where jobs work and what stands for their images; ``second`` is how long one lasts here."""

    directory: Path
    images: Callable[[str], LocalImage]
    second: float = 1.0


class Container:
    """One attempt's container; `run` is called once, the other methods from any thread."""

    def __init__(self, machinery: Machinery, job: Job, attempt: Attempt, *, queue: str) -> None:
        self._machinery = machinery
        self._job = job
        self._attempt = attempt
        self._queue = queue
        self._region = job.arn.split(":")[3]
        self._changing = threading.Lock()
        self._process: JobProcess | None = None
        self._verdict: str | None = None
        self._lost = False

    def run(self, started: Callable[[], None]) -> None:
        """From its start to its end, which is then told by the attempt."""
        attempt = self._attempt
        directory = self._machinery.directory / f"{self._job.id}-{attempt.number}"
        try:
            settings = self._job.container.get("logConfiguration", {})
            image = self._machinery.images(self._job.container["image"])
            stream = LogStream(attempt.log_stream, settings, region=self._region)
            (directory / "tmp").mkdir(parents=True)
            process = self._start(image, directory)
        except UnknownImageError as error:
            self._refuse(f"CannotPullContainerError: {error}")
        except (NoLogGroupError, NotStartedError) as error:
            self._refuse(f"CannotStartContainerError: Error response from daemon: {error}")
        except OSError as error:
            self._refuse(f"CannotCreateContainerError: Error response from daemon: {error}")
        else:
            attempt.started = now_ms()
            started()
            self._supervise(process, stream)
        finally:
            shutil.rmtree(directory, ignore_errors=True)
            attempt.stopped = now_ms()

    def stop(self, reason: str, *, at_once: bool = False) -> None:
        """End it; ``reason`` is what the attempt then says. The first reason stays."""
        with self._changing:
            self._verdict = self._verdict or reason
            process = self._process
        if process is not None:
            process.kill() if at_once else process.terminate()

    def lose(self) -> None:
        """Its host is gone: nothing of it runs on, and there is no exit status."""
        with self._changing:
            self._lost = True
        self.stop(f"Host EC2 (instance {self._attempt.instance_id}) terminated.", at_once=True)

    @property
    def pid(self) -> int | None:
        """Of the job's first process, which is also its session."""
        return self._process.pid if self._process is not None else None

    @property
    def lost(self) -> bool:
        """Whether its host went away under it."""
        return self._lost

    @property
    def stopped(self) -> bool:
        """Whether it was ended on purpose, and so is not tried again."""
        return self._verdict is not None and not self._lost

    def _start(self, image: LocalImage, directory: Path) -> JobProcess:
        job = self._job
        with self._changing:
            if self._verdict is not None:
                raise NotStartedError(self._verdict)
            self._process = JobProcess(
                job.container["command"] or image.command,
                directory=directory,
                environment=self._variables(image, directory),
                memory_bytes=job.resource("MEMORY") * _MIB,
                limits={
                    one["name"]: (one["softLimit"], one["hardLimit"])
                    for one in job.container.get("ulimits", [])
                },
                grace_seconds=GRACE_SECONDS * self._machinery.second,
            )
            return self._process

    def _variables(self, image: LocalImage, directory: Path) -> dict[str, str]:
        """The job's whole environment; what Batch sets cannot be overridden.

        Source: docs.aws.amazon.com/batch/latest/userguide/job_env_vars.html
        """
        job = self._job
        given = {one["name"]: one.get("value", "") for one in job.container["environment"]}
        return {
            "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
            "PYTHONPATH": ":".join(map(str, image.python_path)),
            "PYTHONUNBUFFERED": "1",
            "HOME": str(directory),
            "TMPDIR": str(directory / "tmp"),
            "LANG": "C.UTF-8",
            "AWS_REGION": self._region,
            "AWS_DEFAULT_REGION": self._region,
            "AWS_EXECUTION_ENV": "AWS_ECS_EC2",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL": clients.endpoint_url(),
            "NO_PROXY": "localhost,127.0.0.1",
            **given,
            "AWS_BATCH_JOB_ID": job.id,
            "AWS_BATCH_JOB_ATTEMPT": str(self._attempt.number),
            "AWS_BATCH_JQ_NAME": self._queue,
            "AWS_BATCH_CE_NAME": self._attempt.environment,
        }

    def _supervise(self, process: JobProcess, stream: LogStream) -> None:
        timer = self._timer()
        try:
            for lines in process.lines():
                stream.write(lines)
                for line in lines:
                    log.info("%s: %s", self._job.name, line)
            stream.flush()
        except BaseException:
            # whoever asked is told that the attempt is over, so nothing of it may run on
            process.kill()
            process.wait()
            raise
        ended = process.wait()
        if timer is not None:
            timer.cancel()
        attempt = self._attempt
        if not self._lost:
            attempt.exit_code = ended.status
        attempt.status_reason = self._verdict or _ENDED
        if ended.over_memory:
            attempt.reason = "OutOfMemoryError: Container killed due to memory usage"

    def _timer(self) -> threading.Timer | None:
        seconds = self._job.timeout_seconds
        if seconds is None:
            return None
        timer = threading.Timer(seconds * self._machinery.second, self.stop, (TIMED_OUT,))
        timer.daemon = True
        timer.start()
        return timer

    def _refuse(self, reason: str) -> None:
        log.warning("%s: %s", self._job.name, reason)
        self._attempt.reason = reason
        self._attempt.status_reason = self._verdict or _NOT_STARTED
