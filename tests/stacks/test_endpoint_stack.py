"""What the endpoint stack promises."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Match, Template

ROOT = Path(__file__).resolve().parents[2]


def test_container_is_a_multi_model_triton_below_the_prefix(laptop: Any) -> None:
    model = laptop.properties("endpoint", "AWS::SageMaker::Model")

    container = model["PrimaryContainer"]
    assert container["Mode"] == "MultiModel"
    assert container["MultiModelConfig"] == {"ModelCacheSetting": "Enabled"}
    assert container["ModelDataUrl"]["Fn::Join"][1][-1] == "/laptop-models/"
    assert container["Environment"] == {
        "SAGEMAKER_TRITON_PING_MODE": "live",
        "SAGEMAKER_TRITON_LOG_VERBOSE": "false",
    }


@pytest.mark.parametrize(
    ("platform", "image"),
    [
        (
            "laptop",
            "763104351884.dkr.ecr.us-east-1.amazonaws.com/sagemaker-tritonserver:26.05-py3",
        ),
        (
            "china",
            "472730292857.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-tritonserver:23.03-py3",
        ),
    ],
)
def test_image_is_resolved_by_region_and_tag(
    platform: str, image: str, request: pytest.FixtureRequest
) -> None:
    synthesized: Any = request.getfixturevalue(platform)

    model = synthesized.properties("endpoint", "AWS::SageMaker::Model")

    assert model["PrimaryContainer"]["Image"] == image


def test_extended_image_is_built_on_the_catalogues_without_docker_at_synthesis(
    govcloud: Any,
) -> None:
    image = govcloud.properties("endpoint", "AWS::SageMaker::Model")["PrimaryContainer"]["Image"]
    assets = (govcloud.directory / "gov-endpoint.assets.json").read_text()

    assert "cdk-hnb659fds-container-assets-" in str(image)
    assert (
        '"BASE_IMAGE": "442386744353.dkr.ecr.us-gov-west-1.amazonaws.com/'
        'sagemaker-tritonserver:26.05-py3"' in assets
    )


def test_model_and_configuration_are_unnamed_and_the_endpoint_is_named(any_platform: Any) -> None:
    if "endpoint" not in any_platform.templates:
        return

    model = any_platform.properties("endpoint", "AWS::SageMaker::Model")
    config = any_platform.properties("endpoint", "AWS::SageMaker::EndpointConfig")
    endpoint = any_platform.properties("endpoint", "AWS::SageMaker::Endpoint")

    assert "ModelName" not in model
    assert "EndpointConfigName" not in config
    assert endpoint["EndpointName"] == any_platform.platform.fleet


def test_updates_keep_the_instance_count(laptop: Any) -> None:
    endpoint = laptop.properties("endpoint", "AWS::SageMaker::Endpoint")

    assert endpoint["RetainAllVariantProperties"] is True
    assert "ExcludeRetainedVariantProperties" not in endpoint


def test_without_scaling_an_update_applies_the_instance_count_of_the_file(govcloud: Any) -> None:
    endpoint = govcloud.properties("endpoint", "AWS::SageMaker::Endpoint")

    assert endpoint["RetainAllVariantProperties"] is True
    assert endpoint["ExcludeRetainedVariantProperties"] == [
        {"VariantPropertyType": "DesiredInstanceCount"}
    ]


def test_containers_log_for_30_days_and_the_log_goes_with_the_platform(
    laptop: Any, prod: Any
) -> None:
    for synthesized, policy in ((laptop, "Delete"), (prod, "RetainExceptOnCreate")):
        (group,) = (
            group
            for group in synthesized.resources("endpoint", "AWS::Logs::LogGroup")
            if "LogGroupName" in group["Properties"]
        )
        (endpoint,) = synthesized.resources("endpoint", "AWS::SageMaker::Endpoint")
        (dependency,) = endpoint["DependsOn"]

        assert group["DeletionPolicy"] == policy
        assert group["Properties"] == {
            "LogGroupName": f"/aws/sagemaker/Endpoints/{synthesized.platform.fleet}",
            "RetentionInDays": 30,
        }
        assert synthesized.templates["endpoint"]["Resources"][dependency] == group


def test_variant_is_two_g4dn_on_the_host_that_fits_the_image(laptop: Any) -> None:
    config = laptop.properties("endpoint", "AWS::SageMaker::EndpointConfig")

    (variant,) = config["ProductionVariants"]
    assert {key: value for key, value in variant.items() if key != "ModelName"} == {
        "VariantName": "AllTraffic",
        "InstanceType": "ml.g4dn.4xlarge",
        "InitialInstanceCount": 2,
        "InitialVariantWeight": 1,
        "InferenceAmiVersion": "al2023-ami-sagemaker-inference-gpu-4-1",
    }
    assert "KmsKeyId" not in config


def test_host_is_left_to_sagemaker_on_request(china: Any) -> None:
    (variant,) = china.properties("endpoint", "AWS::SageMaker::EndpointConfig")[
        "ProductionVariants"
    ]

    assert "InferenceAmiVersion" not in variant


def test_container_sits_in_private_subnets_and_reaches_nothing(laptop: Any) -> None:
    model = laptop.properties("endpoint", "AWS::SageMaker::Model")

    subnets = [subnet["Fn::ImportValue"] for subnet in model["VpcConfig"]["Subnets"]]
    assert len(subnets) == 2
    assert all("PrivateSubnet" in name for name in subnets)
    assert model["EnableNetworkIsolation"] is True


def test_container_can_sit_in_isolated_subnets_without_isolation(govcloud: Any) -> None:
    model = govcloud.properties("endpoint", "AWS::SageMaker::Model")

    subnets = [subnet["Fn::ImportValue"] for subnet in model["VpcConfig"]["Subnets"]]
    assert len(subnets) == 3
    assert all("IsolatedSubnet" in name for name in subnets)
    assert model["EnableNetworkIsolation"] is False


def test_security_group_lets_https_out_and_nothing_in(laptop: Any) -> None:
    group = laptop.properties("endpoint", "AWS::EC2::SecurityGroup")

    assert "SecurityGroupIngress" not in group
    (rule,) = group["SecurityGroupEgress"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)


def test_gpu_utilization_is_held_at_60_percent_with_1_to_5_instances(laptop: Any) -> None:
    template = Template.from_json(laptop.templates["endpoint"])

    template.has_resource_properties(
        "AWS::ApplicationAutoScaling::ScalableTarget",
        {
            "MinCapacity": 1,
            "MaxCapacity": 5,
            "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
            "ServiceNamespace": "sagemaker",
        },
    )
    template.has_resource_properties(
        "AWS::ApplicationAutoScaling::ScalingPolicy",
        {
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": {
                "CustomizedMetricSpecification": {
                    "MetricName": "GPUUtilization",
                    "Namespace": "/aws/sagemaker/Endpoints",
                    "Statistic": "Average",
                    "Unit": "Percent",
                    "Dimensions": [
                        {"Name": "EndpointName", "Value": Match.any_value()},
                        {"Name": "VariantName", "Value": "AllTraffic"},
                    ],
                },
                "ScaleInCooldown": 600,
                "ScaleOutCooldown": 200,
                "TargetValue": 60,
            },
        },
    )


def test_scalable_target_is_made_after_and_removed_before_the_endpoint(laptop: Any) -> None:
    target = laptop.properties("endpoint", "AWS::ApplicationAutoScaling::ScalableTarget")

    prefix, endpoint, suffix = target["ResourceId"]["Fn::Join"][1]
    assert (prefix, suffix) == ("endpoint/", "/variant/AllTraffic")
    assert endpoint["Fn::GetAtt"][1] == "EndpointName"


def test_scaling_acts_through_the_service_linked_role(laptop: Any) -> None:
    target = laptop.properties("endpoint", "AWS::ApplicationAutoScaling::ScalableTarget")

    assert target["RoleARN"]["Fn::Join"][1][-1] == (
        ":role/aws-service-role/sagemaker.application-autoscaling.amazonaws.com/"
        "AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint"
    )
    roles = json.dumps(laptop.resources("endpoint", "AWS::IAM::Role"))
    assert "application-autoscaling" not in roles


def test_prod_changes_its_range_on_a_schedule(prod: Any) -> None:
    target = prod.properties("endpoint", "AWS::ApplicationAutoScaling::ScalableTarget")

    assert [
        (action["ScheduledActionName"], action["Schedule"], action["ScalableTargetAction"])
        for action in target["ScheduledActions"]
    ] == [
        (
            "office-hours",
            "cron(0 6 ? * MON-FRI *)",
            {"MinCapacity": 3, "MaxCapacity": 5},
        ),
        ("nights", "cron(0 20 ? * MON-FRI *)", {"MinCapacity": 2, "MaxCapacity": 5}),
    ]


def test_scaling_can_be_switched_off(govcloud: Any) -> None:
    assert govcloud.resources("endpoint", "AWS::ApplicationAutoScaling::ScalableTarget") == []


def test_updates_shift_all_traffic_at_once_unless_the_file_says_otherwise(
    laptop: Any, prod: Any
) -> None:
    for platform in (laptop, prod):
        endpoint = platform.properties("endpoint", "AWS::SageMaker::Endpoint")

        assert "DeploymentConfig" not in endpoint
        assert platform.resources("endpoint", "AWS::CloudWatch::Alarm") == []
        assert platform.resources("endpoint", "AWS::Events::Rule") == []


def test_guarded_updates_are_those_of_the_file(rollouts: Any) -> None:
    deployment = rollouts.properties("endpoint", "AWS::SageMaker::Endpoint")["DeploymentConfig"]

    assert deployment["BlueGreenUpdatePolicy"] == {
        "TrafficRoutingConfiguration": {
            "Type": "CANARY",
            "CanarySize": {"Type": "CAPACITY_PERCENT", "Value": 20},
            "WaitIntervalInSeconds": 600,
        },
        "TerminationWaitInSeconds": 300,
    }
    assert len(deployment["AutoRollbackConfiguration"]["Alarms"]) == 3


def test_hot_models_are_called_after_the_endpoint_and_again_for_each_new_fleet_and_archive(
    rollouts: Any,
) -> None:
    (properties,) = (
        resource["Properties"] for resource in rollouts.resources("endpoint", "Custom::ModelWarmUp")
    )
    manifest = rollouts.resources("models", "Custom::ModelFleet")[0]["Properties"]

    assert [properties[key]["Fn::GetAtt"][1] for key in ("EndpointName", "EndpointConfigName")] == [
        "EndpointName",
        "EndpointConfigName",
    ]
    assert properties["Manifest"] == manifest["ManifestDigest"]
    requests = rollouts.directory / "sources.rollouts-models" / "hot-requests.json"
    assert sha256(requests.read_bytes()).hexdigest() == properties["RequestsKey"].partition(".")[0]
    (request,) = json.loads(requests.read_text())["models"]
    golden = ROOT / "models" / "minilm" / "golden"
    assert request["name"] == "minilm"
    assert request["body"] in [path.read_text() for path in golden.glob("*.json")]


def test_models_are_warmed_when_they_have_been_verified(rollouts: Any) -> None:
    (warm_up,) = rollouts.resources("endpoint", "Custom::ModelWarmUp")
    resources = rollouts.templates["endpoint"]["Resources"]

    waited_for = {resources[name]["Type"] for name in warm_up["DependsOn"]}
    assert waited_for == {"Custom::EndpointVerification"}


def test_events_of_this_endpoint_alone_warm_it(rollouts: Any) -> None:
    rules = [rule["Properties"] for rule in rollouts.resources("endpoint", "AWS::Events::Rule")]

    assert {rule["EventPattern"]["detail-type"][0] for rule in rules} == {
        "SageMaker Endpoint State Change",
        "SageMaker Endpoint Deployment State Change",
    }
    for rule in rules:
        assert rule["EventPattern"]["source"] == ["aws.sagemaker"]
        assert rule["EventPattern"]["detail"]["EndpointName"] == ["rollouts-models"]


def test_a_warm_up_may_read_two_objects_and_call_one_endpoint(rollouts: Any) -> None:
    (statements,) = (
        policy["Properties"]["PolicyDocument"]["Statement"]
        for policy in rollouts.resources("endpoint", "AWS::IAM::Policy")
        if "WarmUpRole" in policy["Properties"]["PolicyName"]
    )
    allowed = {one["Sid"]: one for one in statements if "Sid" in one}

    assert allowed["CallEndpoint"]["Action"] == [
        "sagemaker:DescribeEndpoint",
        "sagemaker:InvokeEndpoint",
    ]
    (endpoint,) = rollouts.templates["endpoint"]["Outputs"]["EndpointArn"]["Value"].values()
    assert allowed["CallEndpoint"]["Resource"] == {"Ref": endpoint}
    assert allowed["ReadIndexAndRequests"]["Action"] == "s3:GetObject"
    read = str(allowed["ReadIndexAndRequests"]["Resource"])
    assert "/rollouts-models/index.json" in read and "*" not in read


def test_outputs_are_those_that_inferctl_reads(laptop: Any) -> None:
    assert set(laptop.templates["endpoint"]["Outputs"]) == {
        "EndpointArn",
        "EndpointName",
        "VariantName",
        "VerifiedModels",
    }
