"""The CDK's custom resource Provider, set up so that a slow resource may take up to an hour."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import custom_resources as cr
from constructs import Construct, IConstruct

from .nag import acknowledge, wildcard_resource
from .role_dependency import depend_on_permissions

# CloudFormation gives a custom resource one hour in all:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cloudformation-customresource.html
LONGEST_TOTAL_TIMEOUT_SECONDS = 3600


class ProviderFramework(Construct):
    """``cr.Provider`` with one log group that expires, and roles that may write only there."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        on_event: lambda_.Function,
        is_complete: lambda_.Function,
        query_interval_seconds: int,
        total_timeout_seconds: int,
        log_retention: logs.RetentionDays,
        removal_policy: RemovalPolicy,
    ) -> None:
        super().__init__(scope, construct_id)
        problems: list[str] = []
        if not 1 <= total_timeout_seconds <= LONGEST_TOTAL_TIMEOUT_SECONDS:
            problems.append(
                f"total_timeout_seconds must be 1 to {LONGEST_TOTAL_TIMEOUT_SECONDS}, the time that"
                f" CloudFormation waits for a custom resource, got {total_timeout_seconds}"
            )
        if not 1 <= query_interval_seconds <= total_timeout_seconds:
            problems.append(
                "query_interval_seconds must be at least 1 and at most total_timeout_seconds,"
                f" got {query_interval_seconds}"
            )
        if problems:
            raise ValueError("invalid ProviderFramework: " + "; ".join(problems))
        log_group = logs.LogGroup(
            self, "Log", retention=log_retention, removal_policy=removal_policy
        )
        caller, waiter = (
            self._role(name, log_group, description=description)
            for name, description in (
                ("OnEventRole", "Lets the custom resource framework start the work"),
                ("IsCompleteRole", "Lets the custom resource framework ask whether work is done"),
            )
        )
        provider = cr.Provider(
            self,
            "Provider",
            on_event_handler=on_event,
            is_complete_handler=is_complete,
            query_interval=Duration.seconds(query_interval_seconds),
            total_timeout=Duration.seconds(total_timeout_seconds),
            log_group=log_group,
            # Two roles, or the state machine would need the role that may start it.
            framework_on_event_role=caller,
            framework_complete_and_timeout_role=waiter,
        )
        self.service_token = provider.service_token
        handlers = (on_event, is_complete)
        for name, role in (("onEvent", caller), ("isComplete", waiter), ("onTimeout", waiter)):
            depend_on_permissions(_function(provider, name), role)
            _acknowledge_versions(role, handlers)
        _settle_waiter(provider)

    def _role(self, construct_id: str, log_group: logs.LogGroup, *, description: str) -> iam.Role:
        role = iam.Role(
            self,
            construct_id,
            assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
            description=description,
        )
        log_group.grant_write(role)
        return role


def _function(provider: cr.Provider, name: str) -> lambda_.Function:
    return cast(lambda_.Function, provider.node.find_child(f"framework-{name}"))


def _acknowledge_versions(role: IConstruct, functions: Iterable[lambda_.Function]) -> None:
    reason = (
        "The CDK's grant_invoke covers the versions of this one function; the framework calls it"
        " unqualified."
    )
    acknowledge(
        role,
        {wildcard_resource(role, f"{function.function_arn}:*"): reason for function in functions},
    )


def _settle_waiter(provider: cr.Provider) -> None:
    machine = cast(Construct, provider.node.find_child("waiter-state-machine"))
    role = cast(iam.Role, machine.node.find_child("Role"))
    depend_on_permissions(machine, role)
    _acknowledge_versions(role, (_function(provider, name) for name in ("isComplete", "onTimeout")))
    acknowledge(
        machine,
        {
            "AwsSolutions-SF1": "The machine only polls one framework function, whose log group"
            " holds every attempt. Its own logging would need log delivery permissions on"
            " resource *.",
            "AwsSolutions-SF2": "One state that polls: a trace would show the same call again and"
            " again.",
        },
    )
