"""Two servers of one model on one instance, plain and accelerated, and who measures them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_logs as logs
from constructs import Construct

from inference_constructs.ecs import EcsCluster, EcsClusterProps
from inference_constructs.ecs.region_check import region_problem
from inference_constructs.log_retention import retention

from .accelerator import PLAIN_SERVER, Accelerator
from .client_host import REPORTS, ClientHost, ClientHostProps
from .client_script import ClientScriptProps
from .container_host import ContainerHost
from .report_bucket import report_bucket
from .served_model import ServedModel
from .server_image import ServerImage
from .task_definition import task_definition
from .task_roles import TaskRoles


@dataclass(frozen=True, kw_only=True)
class ClientSettings:
    """See `ClientScriptProps`; ``image``: the Deep Learning AMI without it."""

    instance_type: str = "c5.large"
    root_volume_gib: int = 150
    image: str | None = None
    inputs: Sequence[str]
    calls: int = 20
    timeout_seconds: int = 60
    ready_seconds: int = 1800


@dataclass(frozen=True, kw_only=True)
class ServerComparisonProps:
    """``subnet``: of both instances; it needs a way out and gives no public addresses.

    ``plain_image``, ``accelerated_image``: of the servers without and with the accelerator.
    ``memory_mib``: of the task, which is 2048 in the article.
    ``host_image``: of the container instance; the ECS-optimized one without it.
    ``troubleshooting``: whether servers of Elastic Inference may read all of EC2 and IAM.
    ``repository``: its root, where the load client's packages are.
    """

    accelerator: Accelerator
    model: ServedModel
    plain_image: ServerImage
    accelerated_image: ServerImage
    client: ClientSettings
    vpc: ec2.IVpc
    subnet: ec2.ISubnet
    repository: Path
    memory_mib: int
    host_image: str | None = None
    root_volume_gib: int = 100
    load_seconds: int = 600
    troubleshooting: bool = False
    log_retention_days: int = 30
    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN


class ServerComparison(Construct):
    """A cluster of one container instance, one service of one task on it, and the client."""

    def __init__(self, scope: Construct, construct_id: str, props: ServerComparisonProps) -> None:
        super().__init__(scope, construct_id)
        accelerator = props.accelerator
        problem = region_problem(self, accelerator.instance)
        if problem is not None:
            raise ValueError(f"invalid ServerComparison: {problem}")
        self.servers = [PLAIN_SERVER, *accelerator.servers]
        self.cluster = EcsCluster(
            self,
            "Cluster",
            EcsClusterProps(
                vpc=props.vpc,
                removal_policy=props.removal_policy,
                log_retention_days=props.log_retention_days,
            ),
        ).cluster
        self.log_group = logs.LogGroup(
            self,
            "Log",
            retention=retention(props.log_retention_days),
            removal_policy=props.removal_policy,
        )
        self.bucket = report_bucket(self, "Reports", props.removal_policy)
        self.host = ContainerHost(
            self,
            "Host",
            accelerator=accelerator,
            cluster=self.cluster,
            subnet=props.subnet,
            image=props.host_image,
            root_volume_gib=props.root_volume_gib,
        )
        self.task_definition, roles = self._task(props)
        self.service = self._service(roles)
        self.client = self._client(props)
        for server in self.servers:
            # The only way in, and the client's only way beside HTTPS.
            self.client.security_group.connections.allow_to(
                self.host.security_group,
                ec2.Port.tcp_range(server.grpc_port, server.rest_port),
                f"gRPC and REST of {server.label}",
            )

    def _task(self, props: ServerComparisonProps) -> tuple[ecs.CfnTaskDefinition, TaskRoles]:
        accelerator = props.accelerator
        plain = props.plain_image.bind(Construct(self, "PlainImage"))
        accelerated = props.accelerated_image.bind(Construct(self, "AcceleratedImage"))
        roles = TaskRoles(
            self,
            "Roles",
            accelerator=accelerator,
            model=props.model,
            images=[plain, accelerated],
            log_group=self.log_group,
            troubleshooting=props.troubleshooting,
        )
        definition = task_definition(
            self,
            "Task",
            accelerator=accelerator,
            model=props.model,
            images={
                PLAIN_SERVER.name: plain,
                **{server.name: accelerated for server in accelerator.servers},
            },
            roles=roles,
            log_group=self.log_group,
            memory_mib=props.memory_mib,
            load_seconds=props.load_seconds,
        )
        return definition, roles

    def _service(self, roles: TaskRoles) -> ecs.CfnService:
        service = ecs.CfnService(
            self,
            "Service",
            cluster=self.cluster.cluster_arn,
            task_definition=self.task_definition.ref,
            launch_type="EC2",
            desired_count=1,
            # The ports of the one instance are taken until the old task has gone.
            deployment_configuration=ecs.CfnService.DeploymentConfigurationProperty(
                minimum_healthy_percent=0,
                maximum_percent=100,
                deployment_circuit_breaker=ecs.CfnService.DeploymentCircuitBreakerProperty(
                    enable=True, rollback=True
                ),
            ),
            availability_zone_rebalancing="DISABLED",
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            enable_execute_command=False,
        )
        # On the way down the task stops before its host goes.
        service.node.add_dependency(
            self.host.instance, roles.execution_role, roles.task_role, *roles.policies
        )
        return service

    def _client(self, props: ServerComparisonProps) -> ClientHost:
        client = props.client
        stack = Stack.of(self)

        def script(packages: Sequence[str]) -> ClientScriptProps:
            return ClientScriptProps(
                packages=packages,
                region=stack.region,
                log_group=self.log_group.log_group_name,
                report_uri=self.report_uri,
                address=self.host.address,
                model=props.model.name,
                servers=self.servers,
                inputs=client.inputs,
                calls=client.calls,
                timeout_seconds=client.timeout_seconds,
                ready_seconds=client.ready_seconds,
                occasion=self.task_definition.ref,
            )

        host = ClientHost(
            self,
            "Client",
            ClientHostProps(
                instance_type=client.instance_type,
                root_volume_gib=client.root_volume_gib,
                image=client.image,
                vpc=props.vpc,
                subnet=props.subnet,
                bucket=self.bucket,
                log_group=self.log_group,
                repository=props.repository,
                script=script,
            ),
        )
        host.instance.node.add_dependency(self.service)
        return host

    @property
    def report_uri(self) -> str:
        """The folder that the client's reports are in."""
        return f"s3://{self.bucket.bucket_name}/{REPORTS}"
