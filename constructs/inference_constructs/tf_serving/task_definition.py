"""One task definition with every server of the comparison, as the article has it."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import Stack
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from inference_constructs.ecs import ContainerHealth
from inference_constructs.ecs.workload_image import BoundImage
from inference_constructs.nag import acknowledge
from tf_serving_images.contract import (
    DEFAULT_MODEL_BASE_PATH,
    HEALTH_COMMAND,
    HEALTH_TIMEOUT_SECONDS,
    MODEL_BASE_PATH_VARIABLE,
    REGION_VARIABLE,
)

from .accelerator import PLAIN_SERVER, Accelerator
from .served_model import ServedModel
from .server import ModelServer
from .task_roles import TaskRoles


def task_definition(
    scope: Construct,
    construct_id: str,
    *,
    accelerator: Accelerator,
    model: ServedModel,
    images: Mapping[str, BoundImage],
    roles: TaskRoles,
    log_group: logs.ILogGroup,
    memory_mib: int,
    load_seconds: int,
) -> ecs.CfnTaskDefinition:
    """For EC2 in bridge mode, where each server has its port on the host as its own.

    ``images``: by the name of the server. All containers are essential: one without the other
    compares nothing.
    """
    health = ContainerHealth(
        command=" ".join(HEALTH_COMMAND),
        load_seconds=load_seconds,
        timeout_seconds=HEALTH_TIMEOUT_SECONDS,
    )
    servers = [PLAIN_SERVER, *accelerator.servers]
    definition = ecs.CfnTaskDefinition(
        scope,
        construct_id,
        family=accelerator.family,
        requires_compatibilities=["EC2"],
        network_mode="bridge",
        memory=str(memory_mib),
        execution_role_arn=roles.execution_role.role_arn,
        task_role_arn=roles.task_role.role_arn,
        container_definitions=[
            _container(
                scope, server, model, image=images[server.name], health=health, log_group=log_group
            )
            for server in servers
        ],
    )
    for position, server in enumerate(servers):
        if server.requirement is not None:
            # The CDK's own class knows no sharing strategy.
            definition.add_property_override(
                f"ContainerDefinitions.{position}.ResourceRequirements", [dict(server.requirement)]
            )
            if "SharingStrategy" in server.requirement:
                acknowledge(definition, _YOUNGER_THAN_THE_CDK)
    acknowledge(
        definition,
        {
            "AwsSolutions-ECS2": "The variables are the article's: ports, threads, and which model"
            " is served from where; they hold no secrets."
        },
    )
    return definition


# CloudFormation's schema has it (cfn-lint 1.58.0 holds the template to that); the copy in
# aws-cdk-lib 2.275.0 is older.
_YOUNGER_THAN_THE_CDK = {
    f"CloudFormation-Validate::{rule}": "A shared GPU has a SharingStrategy instead of a Value;"
    " the CDK's copy of the schema is older than that."
    for rule in ("F3002", "F3003")
}


def _container(
    scope: Construct,
    server: ModelServer,
    model: ServedModel,
    *,
    image: BoundImage,
    health: ContainerHealth,
    log_group: logs.ILogGroup,
) -> ecs.CfnTaskDefinition.ContainerDefinitionProperty:
    region = Stack.of(scope).region
    variables = {
        **model.environment,
        **server.variables,
        MODEL_BASE_PATH_VARIABLE: DEFAULT_MODEL_BASE_PATH,
        # Unlike Fargate, ECS on EC2 does not tell a task its region.
        REGION_VARIABLE: region,
    }
    return ecs.CfnTaskDefinition.ContainerDefinitionProperty(
        name=server.name,
        image=image.uri,
        essential=True,
        cpu=0,
        entry_point=[*server.entry_point],
        environment=[
            ecs.CfnTaskDefinition.KeyValuePairProperty(name=name, value=variables[name])
            for name in sorted(variables)
        ],
        port_mappings=[
            ecs.CfnTaskDefinition.PortMappingProperty(
                container_port=port, host_port=port, protocol="tcp"
            )
            for port in (server.grpc_port, server.rest_port)
        ],
        linux_parameters=ecs.CfnTaskDefinition.LinuxParametersProperty(
            # As process 1 the server would ignore SIGTERM.
            init_process_enabled=True
        ),
        health_check=ecs.CfnTaskDefinition.HealthCheckProperty(
            command=[*health.shell_command],
            interval=health.interval_seconds,
            timeout=health.timeout_seconds,
            retries=health.retries,
            start_period=health.start_period_seconds,
        ),
        log_configuration=ecs.CfnTaskDefinition.LogConfigurationProperty(
            log_driver="awslogs",
            options={
                "awslogs-group": log_group.log_group_name,
                "awslogs-region": region,
                "awslogs-stream-prefix": "servers",
                # A log that cannot be delivered must not hold up a server that is measured.
                "mode": "non-blocking",
                "max-buffer-size": "25m",
            },
        ),
    )
