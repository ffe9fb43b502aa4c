"""What makes the archives that a model fleet lacks: a state machine, functions, Batch queues."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IDependable

from model_fleet import contract

from .compile_functions import failure_function, package_function
from .compile_job import compile_job_definition
from .compile_machine import (
    COMPILES_LABEL,
    PACKAGES_LABEL,
    JobQueueState,
    MachineParts,
    definition,
)
from .compile_machine_role import children_policy, executions_of, machine_role
from .compile_props import CompileFleetProps, CompilerProps
from .compile_queue import CompileQueue
from .compile_roles import compile_execution_role, compile_host_role, compile_job_role
from .model_store import ModelStore
from .role_dependency import depend_on_permissions


class CompileFleet(Construct):
    """Nothing of it costs anything while no archive is missing.

    ``ModelFleet`` starts executions of ``machine``, and hands it ``compilers``: by engine and
    target, the queue, the job definition and the time limit. Whoever starts the first execution
    has to depend on ``ready``.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        props: CompileFleetProps,
        *,
        store: ModelStore,
        prefix: str,
        source_bucket: str,
        log_retention: logs.RetentionDays,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        self._props = props
        self._store = store
        self._prefix = prefix
        self._source_bucket = source_bucket
        self._log_retention = log_retention
        self._removal_policy = removal_policy
        self._queues = self._add_queues()
        jobs: dict[str, batch.EcsJobDefinition] = {}
        job_log: logs.LogGroup | None = None
        if props.compilers:
            job_log = self._log("JobLog")
            jobs = self._add_jobs(job_log)
        package_log = self._log("PackageLog")
        package = package_function(
            self, store=store, prefix=prefix, source_bucket=source_bucket, log=package_log
        )
        failure = failure_function(
            self,
            store=store,
            prefix=prefix,
            log=self._log("FailureLog"),
            package_log=package_log,
            job_log=job_log,
        )
        self.functions = {"package": package, "note failure": failure}
        self.compilers: Mapping[str, contract.Compiler] = {
            f"{compiler.engine}/{target}": contract.Compiler(
                queue=compiler.queue,
                job_definition=jobs[compiler.engine].job_definition_arn,
                timeout_seconds=compiler.timeout_minutes * 60,
            )
            for compiler in props.compilers
            for target in compiler.targets
        }
        role = machine_role(
            self,
            store=store,
            prefix=prefix,
            functions=(package, failure),
            queue_arns=[queue.arn for queue in self._queues.values()],
            job_arns=[job.job_definition_arn for job in jobs.values()],
        )
        self.machine = self._add_machine(role, package, failure)
        labels = [PACKAGES_LABEL, *([COMPILES_LABEL] if self._queues else [])]
        self.ready: IDependable = children_policy(self, role, self.machine, labels)

    @property
    def executions_arn(self) -> str:
        """Pattern of the ARNs of the machine's executions."""
        return executions_of(self.machine)

    def _add_queues(self) -> dict[str, CompileQueue]:
        props = self._props
        if not props.queues or props.vpc is None:
            return {}
        hosts = compile_host_role(self, "HostRole")
        return {
            queue.name: CompileQueue(
                self,
                f"Queue-{queue.name}",
                queue,
                vpc=props.vpc,
                subnet_type=props.subnet_type,
                instance_role=hosts,
            )
            for queue in props.queues
        }

    def _add_jobs(self, log_group: logs.LogGroup) -> dict[str, batch.EcsJobDefinition]:
        """One definition per engine, all with the rights of one job."""
        engines: dict[str, CompilerProps] = {one.engine: one for one in self._props.compilers}
        images = {
            engine: compiler.image.bind(Construct(self, f"Image-{engine}"))
            for engine, compiler in engines.items()
        }
        execution_role = compile_execution_role(
            self,
            "ExecutionRole",
            log_group=log_group,
            repository_arns=[
                image.repository_arn
                for image in images.values()
                if image.repository_arn is not None
            ],
        )
        job_role = compile_job_role(
            self,
            "JobRole",
            store=self._store,
            prefix=self._prefix,
            source_bucket=self._source_bucket,
            actions=contract.PACKAGE_OBJECT_ACTIONS,
        )
        return {
            engine: compile_job_definition(
                self,
                f"Job-{engine}",
                compiler,
                self._queues[compiler.queue].props,
                image=images[engine].uri,
                job_role=job_role,
                execution_role=execution_role,
                log_group=log_group,
                attempts=self._props.attempts,
            )
            for engine, compiler in engines.items()
        }

    def _log(self, construct_id: str) -> logs.LogGroup:
        return logs.LogGroup(
            self,
            construct_id,
            retention=self._log_retention,
            removal_policy=self._removal_policy,
        )

    def _add_machine(
        self, role: iam.Role, package: lambda_.Function, failure: lambda_.Function
    ) -> sfn.StateMachine:
        stack = Stack.of(self)
        longest = {
            name: max(one.timeout_minutes for one in self._props.compilers if one.queue == name)
            for name in self._queues
        }
        parts = MachineParts(
            partition=stack.partition,
            package_function_arn=package.function_arn,
            failure_function_arn=failure.function_arn,
            queues=tuple(
                JobQueueState(
                    name=name,
                    arn=queue.arn,
                    max_jobs=queue.props.max_jobs,
                    timeout_minutes=longest[name],
                )
                for name, queue in self._queues.items()
            ),
            packaging_calls=self._props.packaging_calls,
            attempts=self._props.attempts,
        )
        machine = sfn.StateMachine(
            self,
            "Machine",
            definition_body=sfn.DefinitionBody.from_string(stack.to_json_string(definition(parts))),
            state_machine_type=sfn.StateMachineType.STANDARD,
            # the CDK would add rights on every job definition and every object
            role=role.without_policy_updates(),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=self._log("MachineLog"),
                level=sfn.LogLevel.ALL,
                # an item's input is in S3, and its log would be larger than all the rest
                include_execution_data=False,
            ),
        )
        depend_on_permissions(machine, role)
        return machine
