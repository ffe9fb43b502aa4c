"""The comparison on Elastic Inference from bootstrap to destroy, in the embedded AWS.

The tests run in the order of the file: each continues where the one before it stopped.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inferctl.cdk_cli import CdkRun, cdk
from inferctl.environment import ROOT
from inferctl.localaws.app import LocalAws
from inferctl.localaws.clients import ACCOUNT

pytestmark = pytest.mark.server

REGION = "us-east-1"
STACK = "article-comparison"
PLATFORM = """
platform: article
deploy_to: embedded
region: us-east-1
removal: destroy
acknowledge_end_of_life: [elastic-inference]
network: {nat_gateways: 1, flow_logs: off}
comparison:
  accelerator: elastic-inference
  accelerator_type: ACCELERATOR
  model: {uri: s3://models/ssdresnet.tar.gz}
  images: {plain: tf-serving-plain:1, accelerated: tf-serving-ei:1}
  client: {calls: CALLS}
"""


@dataclass(frozen=True)
class Article:
    """One embedded AWS with the platform on it."""

    aws: LocalAws
    folder: Path

    def cdk(self, *arguments: str, cwd: Path = ROOT) -> CdkRun:
        """The stock CLI."""
        return cdk(
            arguments, url=self.aws.url, region=REGION, on_progress=lambda _text: None, cwd=cwd
        )

    def deploy(self, accelerator: str, calls: int) -> CdkRun:
        """``cdk deploy --all`` of the platform with these two values."""
        file = self.folder / "article.yaml"
        file.write_text(PLATFORM.replace("ACCELERATOR", accelerator).replace("CALLS", str(calls)))
        output = ("--output", str(self.folder / "cdk.out"))
        context = ("--context", f"platform={file}")
        return self.cdk("deploy", "--all", *context, *output, "--require-approval", "never")

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self.aws.client(service)

    @property
    def outputs(self) -> dict[str, str]:
        """Of the comparison's stack."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def instance(self, output: str) -> dict[str, Any]:
        """The instance that an output names."""
        found = self.client("ec2").describe_instances(InstanceIds=[self.outputs[output]])
        instance: dict[str, Any] = found["Reservations"][0]["Instances"][0]
        return instance

    def user_data(self) -> str:
        """What the client does at boot."""
        found = self.client("ec2").describe_instance_attribute(
            InstanceId=self.outputs["ClientInstance"], Attribute="userData"
        )
        return base64.b64decode(found["UserData"]["Value"]).decode()

    def task(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The only task, and the container instance that it is on."""
        ecs, cluster = self.client("ecs"), self.outputs["ClusterName"]
        arns = ecs.list_tasks(cluster=cluster)["taskArns"]
        (task,) = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]
        (host,) = ecs.describe_container_instances(
            cluster=cluster, containerInstances=[task["containerInstanceArn"]]
        )["containerInstances"]
        return task, host


@pytest.fixture(scope="module")
def article(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Article]:
    folder = tmp_path_factory.mktemp("article")
    with LocalAws(folder / "aws") as aws:
        yield Article(aws, folder)


def test_every_stack_is_deployed(article: Article) -> None:
    article.cdk("bootstrap", f"aws://{ACCOUNT}/{REGION}", cwd=article.folder)

    run = article.deploy("eia2.medium", calls=20)

    assert set(run.stacks) == {"article-network", STACK}


def test_the_accelerator_is_attached_to_the_container_instance(article: Article) -> None:
    host = article.instance("HostInstance")

    (attached,) = host["ElasticInferenceAcceleratorAssociations"]
    assert attached["ElasticInferenceAcceleratorAssociationState"] == "associated"
    assert host["InstanceType"] == "c5.large"
    assert host["MetadataOptions"]["HttpTokens"] == "required"
    assert host["MetadataOptions"]["HttpPutResponseHopLimit"] == 2
    assert "PublicIpAddress" not in host


def test_both_servers_run_on_it_with_their_ports(article: Article) -> None:
    task, host = article.task()

    assert task["lastStatus"] == "RUNNING"
    assert host["ec2InstanceId"] == article.outputs["HostInstance"]
    ports = {
        container["name"]: [binding["hostPort"] for binding in container["networkBindings"]]
        for container in task["containers"]
    }
    assert ports == {"ubuntu-tfs": [8500, 8501], "ubuntu-tfs-ei": [9000, 9001]}


def test_the_network_has_the_endpoint_of_elastic_inference(article: Article) -> None:
    endpoints = article.client("ec2").describe_vpc_endpoints()["VpcEndpoints"]

    names = {endpoint["ServiceName"] for endpoint in endpoints}
    assert f"com.amazonaws.{REGION}.elastic-inference.runtime" in names


def test_the_client_knows_the_servers_and_where_its_report_goes(article: Article) -> None:
    text = article.user_data()
    address = article.instance("HostInstance")["PrivateIpAddress"]

    assert f"plain=tf-serving-grpc://{address}:8500" in text
    assert f"elastic-inference=tf-serving-grpc://{address}:9000" in text
    assert f"--ship {article.outputs['Reports']}" in text
    for line in text.splitlines():
        if line.startswith("aws s3 cp"):
            bucket, _, key = line.split()[-2].removeprefix("s3://").partition("/")
            assert article.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"]


def test_an_update_of_the_client_leaves_the_servers_alone(article: Article) -> None:
    before, _ = article.task()
    client = article.outputs["ClientInstance"]

    article.deploy("eia2.medium", calls=100)

    after, _ = article.task()
    assert after["taskArn"] == before["taskArn"]
    assert article.outputs["ClientInstance"] == client
    assert "--calls 99" in article.user_data()


def test_another_accelerator_is_another_host_and_the_servers_follow(article: Article) -> None:
    before = article.outputs["HostInstance"]

    article.deploy("eia2.xlarge", calls=100)

    task, host = article.task()
    assert task["lastStatus"] == "RUNNING"
    assert host["ec2InstanceId"] == article.outputs["HostInstance"] != before
    assert article.instance("HostInstance")["PrivateIpAddress"] in article.user_data()


def test_nothing_is_left_after_destroy(article: Article) -> None:
    app = ("--app", str(article.folder / "cdk.out"))
    article.cdk("destroy", "--all", *app, "--force")

    stacks = article.client("cloudformation").describe_stacks()["Stacks"]
    assert [one["StackName"] for one in stacks if one["StackName"] != "CDKToolkit"] == []
    running = article.client("ec2").describe_instances(
        Filters=[{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    )
    assert running["Reservations"] == []
    # AWS's own key for volumes, which the first encrypted one makes and nobody deletes.
    key = article.client("kms").describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]["KeyId"]
    assert set(article.aws.leftovers()["leftovers"]) <= {f"kms {key}"}
