"""A SageMaker multi-model endpoint: one Triton container, any number of models behind it."""

from __future__ import annotations

from aws_cdk import RemovalPolicy, Stack
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from model_artifacts import canonical_json, sha256_hex

from .endpoint_deployment import EndpointDeployment
from .endpoint_deployment_props import EndpointDeploymentProps
from .endpoint_props import MultiModelEndpointProps
from .endpoint_role import ENDPOINT_LOGS, EndpointRole
from .endpoint_scaling import EndpointScaling, EndpointScalingProps
from .invocable_endpoint import VARIANT_NAME, ImportedEndpoint, InvocableEndpoint


class MultiModelEndpoint(InvocableEndpoint):
    """Creates model, endpoint configuration, endpoint, log group, security group and role.

    Model and configuration carry no names: every change replaces them, and a name would collide
    with itself. Models are added and removed by writing archives below the prefix; the endpoint is
    not touched. Updates keep the instance count that auto scaling has set, so that a later edit of
    ``initial_instance_count`` has no effect; without auto scaling each update applies it.
    """

    def __init__(self, scope: Construct, construct_id: str, props: MultiModelEndpointProps) -> None:
        super().__init__(scope, construct_id)
        self.security_group = ec2.SecurityGroup(
            self,
            "SecurityGroup",
            vpc=props.vpc,
            description="Model containers: HTTPS out, nothing in",
            allow_all_outbound=False,
        )
        self.security_group.add_egress_rule(
            # Archives come through the S3 gateway endpoint, whose addresses are S3's public ones.
            ec2.Peer.any_ipv4(),
            ec2.Port.tcp(443),
            "HTTPS to S3 and the interface endpoints",
        )
        image = props.image.bind(self)
        subnets = props.vpc.select_subnets(subnet_type=props.subnet_type)
        role = EndpointRole(
            self,
            "Role",
            endpoint_name=props.endpoint_name,
            model_data=props.model_data,
            image=image,
            subnets=subnets.subnets,
            security_group=self.security_group,
        ).role
        self.role: iam.IRole = role
        model = sagemaker.CfnModel(
            self,
            "Model",
            execution_role_arn=self.role.role_arn,
            enable_network_isolation=props.container.network_isolation,
            primary_container=sagemaker.CfnModel.ContainerDefinitionProperty(
                image=image.uri,
                mode="MultiModel",
                model_data_url=props.model_data.url,
                multi_model_config=sagemaker.CfnModel.MultiModelConfigProperty(
                    model_cache_setting=props.container.model_cache_setting.value
                ),
                environment=props.container.all_environment,
            ),
            vpc_config=sagemaker.CfnModel.VpcConfigProperty(
                subnets=subnets.subnet_ids,
                security_group_ids=[self.security_group.security_group_id],
            ),
        )
        # SageMaker checks the role's permissions when the model is made.
        model.node.add_dependency(role.node.find_child("DefaultPolicy"))
        config = sagemaker.CfnEndpointConfig(
            self,
            "Config",
            production_variants=[self._variant(props, model)],
            # Instances with NVMe storage encrypt it in hardware; only an EBS volume takes a key.
            kms_key_id=None if props.has_local_nvme else props.model_data.key.key_arn,
        )
        self.serving_digest = self._serving_digest(props, image.uri)
        self._plain_name = props.endpoint_name
        self.config_name = config.attr_endpoint_config_name
        self._endpoint = sagemaker.CfnEndpoint(
            self,
            "Resource",
            endpoint_name=props.endpoint_name,
            endpoint_config_name=self.config_name,
            retain_all_variant_properties=True,
            # Without scaling nobody else sets the count, and an edit of it would be lost silently.
            exclude_retained_variant_properties=[
                sagemaker.CfnEndpoint.VariantPropertyProperty(
                    variant_property_type="DesiredInstanceCount"
                )
            ],
        )
        self._endpoint.node.add_dependency(self._log_group(props))

    @property
    def endpoint_name(self) -> str:
        """The endpoint's name, as an attribute: what uses it is created after the endpoint."""
        return self._endpoint.attr_endpoint_name

    @property
    def endpoint_arn(self) -> str:
        """The endpoint's ARN."""
        return self._endpoint.ref

    @staticmethod
    def from_endpoint_name(
        scope: Construct, construct_id: str, endpoint_name: str
    ) -> InvocableEndpoint:
        """An endpoint of this account and region that another stack made, to call or watch."""
        return ImportedEndpoint(
            scope,
            construct_id,
            endpoint_name=endpoint_name,
            endpoint_arn=Stack.of(scope).format_arn(
                service="sagemaker", resource="endpoint", resource_name=endpoint_name
            ),
        )

    def auto_scale(self, props: EndpointScalingProps) -> EndpointScaling:
        """Let Application Auto Scaling set the instance count, once for an endpoint.

        While a variant is registered, SageMaker refuses to change its instance type: deploy without
        scaling first. https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-delete.html
        """
        self._endpoint.exclude_retained_variant_properties = None
        return EndpointScaling(self, "Scaling", props, metrics=self)

    def deploy_gradually(self, props: EndpointDeploymentProps) -> EndpointDeployment:
        """Let updates shift traffic in parts and roll back on alarms, once for an endpoint.

        Without it, all traffic goes to the new fleet at once. A new fleet has loaded no model.
        """
        deployment = EndpointDeployment(
            self,
            "Deployment",
            props,
            endpoint_name=self._plain_name,
            variant_name=self.variant_name,
            config_name=self.config_name,
        )
        self._endpoint.deployment_config = deployment.config
        return deployment

    def _serving_digest(self, props: MultiModelEndpointProps, image: str) -> str:
        """What a model's answer depends on beside its archive, 64 hexadecimal digits."""
        container = props.container
        parts = {
            "image": image,
            "environment": dict(container.all_environment),
            "model_cache": container.model_cache_setting.value,
            "network_isolation": container.network_isolation,
            "instance_type": props.instance_type,
            "inference_ami": props.resolved_inference_ami_version,
        }
        return sha256_hex(canonical_json(Stack.of(self).resolve(parts)))

    def _log_group(self, props: MultiModelEndpointProps) -> logs.LogGroup:
        """The containers' log: SageMaker would make it too, to be kept for ever and left behind."""
        kept = props.removal_policy is RemovalPolicy.RETAIN
        return logs.LogGroup(
            self,
            "Log",
            log_group_name=f"{ENDPOINT_LOGS}{props.endpoint_name}",
            retention=props.log_retention,
            # A failed first deployment must not leave the name taken for the next one.
            removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
            if kept
            else props.removal_policy,
        )

    def _variant(
        self, props: MultiModelEndpointProps, model: sagemaker.CfnModel
    ) -> sagemaker.CfnEndpointConfig.ProductionVariantProperty:
        container = props.container
        download = container.model_data_download_timeout
        startup = container.startup_health_check_timeout
        return sagemaker.CfnEndpointConfig.ProductionVariantProperty(
            variant_name=VARIANT_NAME,
            model_name=model.attr_model_name,
            instance_type=props.instance_type,
            initial_instance_count=props.initial_instance_count,
            initial_variant_weight=1,
            inference_ami_version=props.resolved_inference_ami_version,
            volume_size_in_gb=props.volume_size_gb,
            model_data_download_timeout_in_seconds=None
            if download is None
            else download.to_seconds(),
            container_startup_health_check_timeout_in_seconds=(
                None if startup is None else startup.to_seconds()
            ),
        )
