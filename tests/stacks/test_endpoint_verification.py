"""What the verification of an endpoint's stack promises, and may do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from endpoint_verification import contract
from endpoint_verification.errors import VerificationError
from endpoint_verification.examine import WARM_SECONDS
from endpoint_verification.handler import LONGEST_CALL_SECONDS
from endpoint_verification.round import Pace
from golden_answers import parse_goldens
from model_artifacts import sha256_hex
from stacks.config import Platform
from stacks.verification_props import without_verification
from tests.support.policies import Policies, Request, policies_of
from tests.support.recording_s3 import ARTIFACTS, KEY, SOURCES, recording
from tests.support.verification_world import VerificationWorld

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PREFIX = "laptop-models/"
STACK = "arn:aws:cloudformation:us-east-1:123456789012:stack/laptop-endpoint/1"
ENDPOINT = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/laptop-models"
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}


def test_verification_has_exactly_the_properties_of_its_contract(any_platform: Any) -> None:
    if "endpoint" not in any_platform.templates:
        return
    found = any_platform.resources("endpoint", contract.RESOURCE_TYPE)

    models = any_platform.platform.models
    asked = [model for model in models if model.folder.golden(model.build) is not None]
    assert len(found) == bool(asked)
    for resource in found:
        assert set(resource["Properties"]) == set(contract.VerificationProperties.__annotations__)


def test_goldens_of_the_models_travel_as_files_under_the_keys_that_the_handler_reads(
    laptop: Any,
) -> None:
    properties = laptop.properties("endpoint", contract.RESOURCE_TYPE)
    folder = laptop.directory / "sources.laptop-models"
    assets = json.loads((laptop.directory / "laptop-endpoint.assets.json").read_text())["files"]
    manifest = json.loads((folder / "manifest.json").read_text())

    body = (folder / "goldens.json").read_bytes()
    assert properties["GoldensDigest"] == sha256_hex(body)
    assert {properties["GoldensKey"], properties["GoldenPackKey"]} <= {
        destination["objectKey"]
        for file in assets.values()
        for destination in file["destinations"].values()
    }
    goldens = parse_goldens(body)
    assert {golden["name"]: golden["digest"] for golden in goldens} == {
        model["name"]: model["digest"] for model in manifest["models"]
    }
    pack = (folder / "goldens.pack").read_bytes()
    for golden in goldens:
        for file in (golden["request"], golden["answer"]):
            start = file.get("offset", -1)
            assert sha256_hex(pack[start : start + file["size"]]) == file["sha256"]


def test_it_is_asked_after_the_endpoint_and_again_for_another_image(laptop: Any, prod: Any) -> None:
    properties = laptop.properties("endpoint", contract.RESOURCE_TYPE)

    assert properties["EndpointName"]["Fn::GetAtt"][1] == "EndpointName"
    assert properties["Serving"] != prod.properties("endpoint", contract.RESOURCE_TYPE)["Serving"]


def test_off_leaves_nothing_of_it(
    load: Callable[[str], Platform], synthesize: Callable[[Platform], Any]
) -> None:
    text = "platform: silent\nregion: us-east-1\n"
    text += "endpoint: {verification: off, image: {kind: extended}}\n"
    text += "models: [{name: minilm, build: gpu-onnx}]\n"

    template = synthesize(load(text)).templates["endpoint"]

    assert not [name for name in template["Resources"] if "Verification" in name]
    assert "VerifiedModels" not in template["Outputs"]


def test_a_host_that_serves_nothing_can_leave_it_out(rollouts: Any, network_only: Any) -> None:
    plan = without_verification(rollouts.platform).endpoint

    assert plan is not None and plan.section.verification is None and not plan.section.warm_up
    assert without_verification(network_only.platform) == network_only.platform


def test_a_function_outlives_its_longest_round(laptop: Any) -> None:
    # the framework reports a function that timed out as a failure of the deployment
    (function,) = (
        function["Properties"]
        for function in laptop.resources("endpoint", "AWS::Lambda::Function")
        if function["Properties"]["Handler"] == contract.IS_COMPLETE
    )
    call = LONGEST_CALL_SECONDS
    # the last question begins at the end of the round: a cold call, and warm ones
    longest = Pace().round + call + WARM_SECONDS + call

    assert longest + 30 <= function["Timeout"]


def test_handlers_ship_exactly_the_packages_of_the_contract(laptop: Any) -> None:
    functions = [
        function["Properties"]
        for function in laptop.resources("endpoint", "AWS::Lambda::Function")
        if function["Properties"]["Handler"].startswith("endpoint_verification.")
    ]
    staged = laptop.directory / f"asset.{functions[0]['Code']['S3Key'].removesuffix('.zip')}"

    assert [f["Handler"] for f in functions] == [contract.ON_EVENT, contract.IS_COMPLETE]
    assert {f["Timeout"] for f in functions} == {480}
    assert {entry.name for entry in staged.iterdir()} == set(contract.PACKAGES)


@pytest.fixture(scope="module")
def made() -> Iterator[set[tuple[str, str]]]:
    """What the handlers ask of IAM over deployments that pass, fail, and are repeated."""
    with mock_aws():
        client: S3Client = boto3.client(
            "s3",
            region_name="us-east-1",
            endpoint_url="https://s3.us-east-1.amazonaws.com",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        for bucket in ("artifacts", "sources"):
            client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(
            Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"}
        )
        requests: list[Request] = []

        class Watched(VerificationWorld):
            @property
            def client(self) -> S3Client:
                return recording(self.s3, requests)

        world = Watched(client)
        world.publish(a=1)
        world.deploy("one", [world.golden("a", 1)])
        old = world.key("a")
        world.publish(a=5)
        with pytest.raises(VerificationError, match="serve again"):
            world.deploy("two", [world.golden("a", 2)])
        world.publish(a=6)
        client.delete_object(Bucket="artifacts", Key=f"{PREFIX}{old}")
        with pytest.raises(VerificationError, match="differ"):
            world.deploy("three", [world.golden("a", 2)])
        requests += [
            Request(action="sagemaker:InvokeEndpoint", resource=ENDPOINT),
            Request(action="cloudformation:DescribeStacks", resource=STACK),
        ]
        yield {(each.action, each.resource) for each in requests}


@pytest.fixture(scope="module")
def policies(laptop: Any) -> Policies:
    template = laptop.templates["endpoint"]
    (endpoint,) = (
        name
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::SageMaker::Endpoint"
    )
    (role,) = (
        resource
        for name, resource in template["Resources"].items()
        if name.startswith("VerificationRoleDefaultPolicy")
    )
    imports = {
        f"<{value}>": (KEY if "Key" in value else ARTIFACTS)
        for value in _imports(role["Properties"])
    }
    known = {
        **imports,
        f"<{endpoint}>": ENDPOINT,
        "<AWS::StackId>": STACK,
        "cdk-hnb659fds-assets-${AWS::AccountId}-us-east-1": "sources",
    }
    return policies_of(template, "VerificationRole", known)


def _imports(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if set(node) == {"Fn::ImportValue"}:
            yield node["Fn::ImportValue"]
        for value in node.values():
            yield from _imports(value)
    elif isinstance(node, list):
        for value in node:
            yield from _imports(value)


def test_every_call_is_allowed_and_nothing_unneeded_is(
    made: set[tuple[str, str]], policies: Policies
) -> None:
    denied = [
        (action, resource)
        for action, resource in sorted(made)
        if not policies.allows(Request(action=action, resource=resource))
    ]

    assert denied == []
    assert policies.used_by({action for action, _ in made} | LOGGING) == set()


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("sagemaker:InvokeEndpoint", f"{ENDPOINT}-other"),
        ("s3:GetObject", f"{ARTIFACTS}/other/index.json"),
        ("s3:PutObject", f"{ARTIFACTS}/{PREFIX}a/0123456789abcdef.tar.gz"),
        ("s3:PutObject", f"{SOURCES}/x"),
        ("s3:DeleteObjectVersion", f"{ARTIFACTS}/{PREFIX}index.json"),
        ("cloudformation:DescribeStacks", STACK.replace("laptop", "prod")),
    ],
)
def test_what_is_not_needed_is_denied(action: str, resource: str, policies: Policies) -> None:
    assert not policies.allows(Request(action=action, resource=resource))
