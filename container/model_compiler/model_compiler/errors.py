"""Why a job ends badly: each kind has its exit status."""

from __future__ import annotations

from typing import ClassVar

from model_compiler.contract import (
    BAD_INPUT,
    COMPILER_FAILED,
    INFRASTRUCTURE,
    VERIFICATION_FAILED,
)


class JobError(Exception):
    """Base of what ends a job on purpose; the message is fit to be shown as it is."""

    status: ClassVar[int]


class InputError(JobError):
    """What the job was given is wrong: trying again changes nothing."""

    status = BAD_INPUT


class CompilerError(JobError):
    """The compiler refused the model, crashed, or took too long."""

    status = COMPILER_FAILED


class VerificationError(JobError):
    """The compiled file does not answer as the uncompiled one does."""

    status = VERIFICATION_FAILED


class InfrastructureError(JobError):
    """The machine, its disk or S3: the same job may succeed elsewhere or later."""

    status = INFRASTRUCTURE
