"""``python -m model_compiler``: exit status 0 the archive is there, 2 to 5 as in the contract."""

from __future__ import annotations

import logging
import os
import signal
import sys
from types import FrameType
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from model_artifacts import StorageError
from model_compiler.contract import DONE, INFRASTRUCTURE, JobFailure
from model_compiler.errors import InputError, JobError
from model_compiler.job import Job
from model_compiler.log_place import log_place
from model_compiler.publish import is_wanted, write_failure
from model_compiler.settings import Settings, read_settings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONFIG = Config(
    retries={"mode": "standard", "max_attempts": 5}, connect_timeout=10, read_timeout=60
)

log = logging.getLogger("model_compiler")


class StopRequestedError(BaseException):
    """SIGTERM or SIGINT: the job was cancelled, or its spot host goes away."""


def main() -> int:
    """Run one job, as the environment describes it."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stdout, format="%(asctime)s %(levelname)s %(message)s"
    )
    try:
        settings = read_settings(os.environ)
    except InputError as error:
        print(f"model_compiler cannot start: {error}", file=sys.stderr)
        return error.status
    s3 = boto3.client("s3", config=_CONFIG)
    job = Job(s3, settings)
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        return _run(job, s3, settings)
    except StopRequestedError:
        # whoever stopped the job knows why; a stack that is being deleted must find nothing new
        log.warning("%s: stopped during %s", settings.model, job.step)
        return INFRASTRUCTURE


def _run(job: Job, s3: S3Client, settings: Settings) -> int:
    try:
        job.run()
    except JobError as error:
        log.error("%s: %s failed: %s", settings.model, job.step, error)
        _tell(s3, settings, job.step, error)
        return error.status
    return DONE


def _tell(s3: S3Client, settings: Settings, step: str, error: JobError) -> None:
    failure = JobFailure(
        model=settings.model, step=step, reason=str(error), log=log_place(os.environ)
    )
    try:
        if is_wanted(s3, settings):
            write_failure(s3, settings, failure)
    except StorageError as problem:
        log.error("nobody is told of the failure: %s", problem)


def _stop(_number: int, _frame: FrameType | None) -> None:
    # the first one is enough; a second must not cut the cleaning up short
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise StopRequestedError


if __name__ == "__main__":
    sys.exit(main())
