"""What makes the archives that a model fleet lacks: a state machine, functions, Batch queues."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import ArnFormat, Duration, RemovalPolicy, Stack
from aws_cdk import aws_batch as batch
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct, IDependable

from model_fleet import contract

from .compile_job import compile_job_definition
from .compile_machine import (
    COMPILES_LABEL,
    PACKAGES_LABEL,
    JobQueueState,
    MachineParts,
    definition,
)
from .compile_props import CompileFleetProps, CompilerProps
from .compile_queue import CompileQueue
from .compile_roles import (
    add_artifact_statements,
    add_source_statement,
    compile_execution_role,
    compile_host_role,
    compile_job_role,
    never_the_index,
)
from .handler_code import handler_code
from .model_store import ModelStore
from .nag import acknowledge, wildcard_resource
from .role_dependency import depend_on_permissions

_PACKAGE_MEMORY_MIB = 1769
_PACKAGE_TIMEOUT_MINUTES = 14
_FAILURE_MEMORY_MIB = 256
_FAILURE_TIMEOUT_MINUTES = 2
_OWN_PREFIX = (
    "Archives are named by their content, so the fleet's own prefix is as narrow as it gets."
)


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
        package = self._package_function(package_log)
        failure = self._failure_function(package_log, job_log)
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
        role = self._machine_role(package, failure, [*jobs.values()])
        self.machine = self._add_machine(role, package, failure)
        self.ready: IDependable = self._allow_children(role)

    @property
    def executions_arn(self) -> str:
        """Pattern of the ARNs of the machine's executions."""
        return self._execution_arn("*")

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

    def _package_function(self, log_group: logs.LogGroup) -> lambda_.Function:
        role = self._function_role("PackageRole", "Lets the package function write archives")
        add_artifact_statements(
            role,
            store=self._store,
            folder=self._prefix,
            actions=contract.PACKAGE_OBJECT_ACTIONS,
            reason=_OWN_PREFIX,
        )
        never_the_index(role, store=self._store, prefix=self._prefix)
        add_source_statement(role, self._source_bucket)
        return self._function(
            "Package",
            contract.PACKAGE_HANDLER,
            role,
            log_group,
            memory_mib=_PACKAGE_MEMORY_MIB,
            timeout_minutes=_PACKAGE_TIMEOUT_MINUTES,
        )

    def _failure_function(
        self, package_log: logs.LogGroup, job_log: logs.LogGroup | None
    ) -> lambda_.Function:
        role = self._function_role("FailureRole", "Lets the failure function note what failed")
        add_artifact_statements(
            role,
            store=self._store,
            folder=f"{self._prefix}{contract.WORK_FOLDER}",
            actions=contract.FAILURE_OBJECT_ACTIONS,
            reason="Failures lie below the digest of the work that failed, and are named by the"
            " model.",
        )
        environment = {contract.PACKAGE_LOG_GROUP: package_log.log_group_name}
        if job_log is not None:
            environment[contract.JOB_LOG_GROUP] = job_log.log_group_name
        return self._function(
            "Failure",
            contract.FAILURE_HANDLER,
            role,
            self._log("FailureLog"),
            memory_mib=_FAILURE_MEMORY_MIB,
            timeout_minutes=_FAILURE_TIMEOUT_MINUTES,
            environment=environment,
        )

    def _function_role(self, construct_id: str, description: str) -> iam.Role:
        return iam.Role(
            self,
            construct_id,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=description,
        )

    def _function(
        self,
        construct_id: str,
        handler: str,
        role: iam.Role,
        log_group: logs.LogGroup,
        *,
        memory_mib: int,
        timeout_minutes: int,
        environment: Mapping[str, str] | None = None,
    ) -> lambda_.Function:
        log_group.grant_write(role)
        function = lambda_.Function(
            self,
            construct_id,
            description=f"{contract.RESOURCE_TYPE}: {handler}",
            runtime=lambda_.Runtime.PYTHON_3_14,
            code=handler_code(contract.PACKAGES),
            handler=handler,
            memory_size=memory_mib,
            timeout=Duration.minutes(timeout_minutes),
            environment=environment,
            role=role,
            log_group=log_group,
        )
        depend_on_permissions(function, role)
        return function

    def _machine_role(
        self,
        package: lambda_.Function,
        failure: lambda_.Function,
        jobs: list[batch.EcsJobDefinition],
    ) -> iam.Role:
        """Every call of the definition and of Step Functions itself, and no other."""
        stack = Stack.of(self)
        role = iam.Role(
            self,
            "MachineRole",
            assumed_by=iam.ServicePrincipal(
                "states.amazonaws.com",
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            ),
            description="Lets the compile fleet's state machine package, compile and note failures",
        )
        work = self._store.bucket.arn_for_objects(f"{self._prefix}{contract.WORK_FOLDER}*")
        reasons = {
            "AwsSolutions-IAM5[Resource::*]": "Log delivery, X-Ray and batch:DescribeJobs accept"
            " no resource.",
            wildcard_resource(role, work): "Lists of work lie under the digest of what they hold.",
        }
        statements = [
            iam.PolicyStatement(
                sid="CallFunctions",
                actions=["lambda:InvokeFunction"],
                resources=[package.function_arn, failure.function_arn],
            ),
            iam.PolicyStatement(sid="ReadWork", actions=["s3:GetObject"], resources=[work]),
            iam.PolicyStatement(
                sid="DeliverLogs",
                actions=[
                    "logs:CreateLogDelivery",
                    "logs:DeleteLogDelivery",
                    "logs:DescribeLogGroups",
                    "logs:DescribeResourcePolicies",
                    "logs:GetLogDelivery",
                    "logs:ListLogDeliveries",
                    "logs:PutResourcePolicy",
                    "logs:UpdateLogDelivery",
                ],
                resources=["*"],
            ),
            iam.PolicyStatement(
                sid="Trace",
                actions=[
                    "xray:GetSamplingRules",
                    "xray:GetSamplingTargets",
                    "xray:PutTelemetryRecords",
                    "xray:PutTraceSegments",
                ],
                resources=["*"],
            ),
        ]
        if jobs:
            running = stack.format_arn(service="batch", resource="job", resource_name="*")
            reasons[wildcard_resource(role, running)] = (
                "Batch names a job when it is submitted; an execution that is stopped has to"
                " terminate its own."
            )
            statements += [
                iam.PolicyStatement(
                    sid="SubmitJobs",
                    actions=["batch:SubmitJob"],
                    resources=[
                        *(queue.arn for queue in self._queues.values()),
                        *(job.job_definition_arn for job in jobs),
                    ],
                ),
                iam.PolicyStatement(
                    sid="TerminateJobs", actions=["batch:TerminateJob"], resources=[running]
                ),
                iam.PolicyStatement(
                    sid="WatchJobs", actions=["batch:DescribeJobs"], resources=["*"]
                ),
                iam.PolicyStatement(
                    sid="HearOfJobs",
                    actions=["events:DescribeRule", "events:PutRule", "events:PutTargets"],
                    resources=[
                        # https://docs.aws.amazon.com/step-functions/latest/dg/batch-iam.html
                        stack.format_arn(
                            service="events",
                            resource="rule",
                            resource_name="StepFunctionsGetEventsForBatchJobsRule",
                        )
                    ],
                ),
            ]
        for statement in statements:
            role.add_to_policy(statement)
        self._store.key.grant(role, "kms:Decrypt")
        acknowledge(role, reasons)
        return role

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

    def _allow_children(self, role: iam.Role) -> iam.Policy:
        """A distributed map runs its children as executions of the machine itself.

        These rights name the machine, which needs the role's other rights to exist: so they are a
        policy of their own, and the first execution has to wait for it.
        https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
        """
        executions = self._execution_arn("*")
        labels = [PACKAGES_LABEL, *([COMPILES_LABEL] if self._queues else [])]
        redriven = [self._execution_arn("*", label) for label in labels]
        policy = iam.Policy(
            self,
            "Children",
            statements=[
                iam.PolicyStatement(
                    sid="StartChildren",
                    actions=["states:StartExecution"],
                    resources=[self.machine.state_machine_arn],
                ),
                iam.PolicyStatement(
                    sid="WatchChildren",
                    actions=["states:DescribeExecution", "states:StopExecution"],
                    resources=[executions],
                ),
                iam.PolicyStatement(
                    sid="RedriveChildren",
                    actions=["states:RedriveExecution"],
                    resources=redriven,
                ),
            ],
            roles=[role],
        )
        reason = "Step Functions names the children of a map; they are this machine's alone."
        acknowledge(
            policy, {wildcard_resource(policy, arn): reason for arn in (executions, *redriven)}
        )
        return policy

    def _execution_arn(self, name: str, label: str | None = None) -> str:
        machine = self.machine.state_machine_name
        return Stack.of(self).format_arn(
            service="states",
            resource="execution",
            resource_name=f"{machine}:{name}" if label is None else f"{machine}/{label}:{name}",
            arn_format=ArnFormat.COLON_RESOURCE_NAME,
        )
