from __future__ import annotations

from typing import Any

import pytest

from inferctl.localaws.app import LocalAws
from inferctl.localaws.moto_patches import (
    ec2_elastic_inference,
    ec2_launch_template_data,
    ec2_launch_template_instances,
)
from inferctl.localaws.moto_patches.patch import reverted

NAME = [{"Key": "Name", "Value": "host"}]
DATA: dict[str, Any] = {
    "ImageId": "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id",
    "InstanceType": "inf2.xlarge",
    "UserData": "ZWNobyAx",
    "MetadataOptions": {"HttpTokens": "required"},
    "Monitoring": {"Enabled": True},
    "InstanceMarketOptions": {"MarketType": "spot"},
    "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 100}}],
    "TagSpecifications": [{"ResourceType": "volume", "Tags": NAME}],
}
OWN = [{"ResourceType": "launch-template", "Tags": [{"Key": "own", "Value": "1"}]}]


def make(aws: LocalAws, name: str, **more: Any) -> str:
    made = aws.client("ec2").create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData=DATA, TagSpecifications=OWN, **more
    )
    template: str = made["LaunchTemplate"]["LaunchTemplateId"]
    return template


def data(aws: LocalAws, template: str) -> dict[str, Any]:
    found: dict[str, Any] = aws.client("ec2").describe_launch_template_versions(
        LaunchTemplateId=template
    )["LaunchTemplateVersions"][0]["LaunchTemplateData"]
    return found


def launch(aws: LocalAws, template: str, version: str = "1") -> dict[str, Any]:
    instance: dict[str, Any] = aws.client("ec2").run_instances(
        LaunchTemplate={"LaunchTemplateId": template, "Version": version}, MinCount=1, MaxCount=1
    )["Instances"][0]
    return instance


def test_moto_still_mixes_the_tags_of_a_template_into_its_data(local_aws: LocalAws) -> None:
    with reverted(*ec2_launch_template_data.PATCHES):
        kinds = [
            item["ResourceType"]
            for item in data(local_aws, make(local_aws, "mixed"))["TagSpecifications"]
        ]

    assert kinds == ["volume", "launch-template"]


def test_patched_the_data_is_what_was_sent_and_tags_can_follow(local_aws: LocalAws) -> None:
    template, ec2 = make(local_aws, "kept"), local_aws.client("ec2")
    ec2.create_tags(Resources=[template], Tags=[{"Key": "later", "Value": "2"}])
    (found,) = ec2.describe_launch_templates(LaunchTemplateIds=[template])["LaunchTemplates"]

    assert data(local_aws, template) == DATA
    assert {tag["Key"] for tag in found["Tags"]} == {"own", "later"}


def test_moto_still_breaks_the_user_data_of_a_second_version(local_aws: LocalAws) -> None:
    from moto.ec2.models import ec2_backends

    template, ec2 = make(local_aws, "second"), local_aws.client("ec2")
    backend = ec2_backends["123456789012"]["us-east-1"].launch_templates[template]

    with reverted(*ec2_launch_template_data.PATCHES):
        ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=DATA)
        with pytest.raises(AssertionError):
            _ = backend.get_version(2).user_data
    ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=DATA)

    assert str(backend.get_version(3).user_data) == DATA["UserData"]


def test_moto_still_launches_without_most_of_the_template(local_aws: LocalAws) -> None:
    with reverted(*ec2_launch_template_instances.PATCHES):
        instance = launch(local_aws, make(local_aws, "ignored"))

    assert instance["ImageId"].startswith("resolve:ssm:")
    assert instance["MetadataOptions"]["HttpTokens"] == "optional"
    assert instance["Monitoring"]["State"] == "disabled"
    assert "InstanceLifecycle" not in instance


def test_patched_an_instance_is_what_the_template_says(local_aws: LocalAws) -> None:
    ec2 = local_aws.client("ec2")
    instance = launch(local_aws, make(local_aws, "obeyed"))
    by_instance = [{"Name": "attachment.instance-id", "Values": [instance["InstanceId"]]}]
    (volume,) = ec2.describe_volumes(Filters=by_instance)["Volumes"]

    assert len(ec2.describe_images(ImageIds=[instance["ImageId"]])["Images"]) == 1
    assert instance["MetadataOptions"]["HttpTokens"] == "required"
    assert instance["Monitoring"]["State"] == "enabled"
    assert instance["InstanceLifecycle"] == "spot"
    assert (volume["Size"], volume["Tags"]) == (100, NAME)
    ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
    assert ec2.describe_volumes(Filters=by_instance)["Volumes"] == []


def test_a_template_without_volumes_launches_with_the_root_volume_of_its_image(
    local_aws: LocalAws,
) -> None:
    ec2 = local_aws.client("ec2")
    made = ec2.create_launch_template(
        LaunchTemplateName="bare", LaunchTemplateData={"InstanceType": "inf2.xlarge"}
    )
    instance = launch(local_aws, made["LaunchTemplate"]["LaunchTemplateId"])

    assert [one["DeviceName"] for one in instance["BlockDeviceMappings"]] == ["/dev/sda1"]


def test_moto_still_drops_elastic_inference(local_aws: LocalAws) -> None:
    asked = {
        "ImageId": "ami-1",
        "MinCount": 1,
        "MaxCount": 1,
        "ElasticInferenceAccelerators": [{"Type": "eia2.medium"}],
    }
    ec2, shown = local_aws.client("ec2"), "ElasticInferenceAcceleratorAssociations"

    with reverted(*ec2_elastic_inference.PATCHES):
        assert not ec2.run_instances(**asked)["Instances"][0].get(shown)
    instance = ec2.run_instances(**asked)["Instances"][0]

    (association,) = instance[shown]
    assert association["ElasticInferenceAcceleratorAssociationState"] == "associated"
