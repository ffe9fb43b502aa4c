"""What a compile fleet's state machine may do: run its functions, jobs and children."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from model_fleet import contract

from .model_store import ModelStore
from .nag import acknowledge, wildcard_resource


def machine_role(
    scope: Construct,
    *,
    store: ModelStore,
    prefix: str,
    functions: Sequence[lambda_.Function],
    queue_arns: Sequence[str],
    job_arns: Sequence[str],
) -> iam.Role:
    """Every call of the definition and of Step Functions itself, and no other."""
    stack = Stack.of(scope)
    role = iam.Role(
        scope,
        "MachineRole",
        assumed_by=iam.ServicePrincipal(
            "states.amazonaws.com",
            conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
        ),
        description="Lets the compile fleet's state machine package, compile and note failures",
    )
    work = store.bucket.arn_for_objects(f"{prefix}{contract.WORK_FOLDER}*")
    reasons = {
        "AwsSolutions-IAM5[Resource::*]": "Log delivery, X-Ray and batch:DescribeJobs accept"
        " no resource.",
        wildcard_resource(role, work): "Lists of work lie under the digest of what they hold.",
    }
    statements = [
        iam.PolicyStatement(
            sid="CallFunctions",
            actions=["lambda:InvokeFunction"],
            resources=[function.function_arn for function in functions],
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
    if job_arns:
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
                    *queue_arns,
                    *job_arns,
                ],
            ),
            iam.PolicyStatement(
                sid="TerminateJobs", actions=["batch:TerminateJob"], resources=[running]
            ),
            iam.PolicyStatement(sid="WatchJobs", actions=["batch:DescribeJobs"], resources=["*"]),
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
    store.key.grant(role, "kms:Decrypt")
    acknowledge(role, reasons)
    return role


def children_policy(
    scope: Construct, role: iam.Role, machine: sfn.StateMachine, labels: Sequence[str]
) -> iam.Policy:
    """A distributed map runs its children as executions of the machine itself.

    These rights name the machine, which needs the role's other rights to exist: so they are a
    policy of their own, and the first execution has to wait for it.
    https://docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
    """
    executions = executions_of(machine)
    redriven = [executions_of(machine, label) for label in labels]
    policy = iam.Policy(
        scope,
        "Children",
        statements=[
            iam.PolicyStatement(
                sid="StartChildren",
                actions=["states:StartExecution"],
                resources=[machine.state_machine_arn],
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
    acknowledge(policy, {wildcard_resource(policy, arn): reason for arn in (executions, *redriven)})
    return policy


def executions_of(machine: sfn.StateMachine, label: str | None = None) -> str:
    """Pattern of the ARNs of the machine's executions, or of the children of one of its maps."""
    name = machine.state_machine_name
    return Stack.of(machine).format_arn(
        service="states",
        resource="execution",
        resource_name=f"{name}:*" if label is None else f"{name}/{label}:*",
        arn_format=ArnFormat.COLON_RESOURCE_NAME,
    )
