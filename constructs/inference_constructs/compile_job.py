"""The job definition of one engine: image, size, log, time limit, and what is tried again."""

from __future__ import annotations

from aws_cdk import Duration, Size
from aws_cdk import aws_batch as batch
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from constructs import Construct

from .compile_props import CompileQueueProps, CompilerProps
from .nag import acknowledge

_COMMAND = ["python", "-m", "model_compiler"]
_TIMEOUT_VARIABLE = "MODEL_COMPILER_TIMEOUT_SECONDS"
_COMPILER_PERCENT = 90


def compile_job_definition(
    scope: Construct,
    construct_id: str,
    compiler: CompilerProps,
    queue: CompileQueueProps,
    *,
    image: str,
    job_role: iam.Role,
    execution_role: iam.Role,
    log_group: logs.ILogGroup,
    attempts: int,
) -> batch.EcsJobDefinition:
    """One container that has its host to itself; what differs per model comes with the job."""
    container = batch.EcsEc2ContainerDefinition(
        scope,
        f"{construct_id}Container",
        image=ecs.ContainerImage.from_registry(image),
        command=_COMMAND,
        environment={
            # the compiler ends before Batch ends the job, so that the job can say why
            _TIMEOUT_VARIABLE: str(compiler.timeout_minutes * 60 * _COMPILER_PERCENT // 100)
        },
        cpu=queue.job_vcpus,
        memory=Size.mebibytes(queue.job_memory_mib),
        gpu=1 if queue.gpu else None,
        # both have all their rights already
        job_role=job_role.without_policy_updates(),
        execution_role=execution_role.without_policy_updates(),
        logging=ecs.LogDriver.aws_logs(stream_prefix=compiler.engine, log_group=log_group),
    )
    acknowledge(
        container,
        {
            "Annotation::@aws-cdk/aws-ecs:ecrImageRequiresPolicy": "The execution role may pull"
            " this very repository; the CDK looks for rights that it gave itself."
        },
    )
    return batch.EcsJobDefinition(
        scope,
        construct_id,
        container=container,
        retry_attempts=attempts,
        retry_strategies=_retries(),
        timeout=Duration.minutes(compiler.timeout_minutes),
        propagate_tags=True,
    )


def _retries() -> list[batch.RetryStrategy]:
    """By cause, the first that fits; what fits none is tried again, at most five may be named.

    A host that Spot took back, or that broke, is no fault of the job. Wrong input (2), a compiler
    error (3) and a failed verification (4) would only repeat themselves, and so would a crash or a
    lack of memory (1, 126 to 139). Left for another attempt are exit code 5, which is how a job
    reports a busy service, and containers that never started: images that could not be pulled, a
    Docker that hung. https://docs.aws.amazon.com/batch/latest/userguide/job_retries.html
    """
    return [
        batch.RetryStrategy.of(
            batch.Action.RETRY, batch.Reason.custom(on_status_reason="Host EC2*")
        ),
        *(
            batch.RetryStrategy.of(batch.Action.EXIT, batch.Reason.custom(on_exit_code=code))
            for code in ("2", "3", "4", "1*")
        ),
    ]
