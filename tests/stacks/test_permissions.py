"""Every API call that a fleet makes is allowed on that resource, and nothing else is.

The handlers run against S3 in memory and a double of Step Functions; what they call, with the very
bucket, key and prefix, is put to the policies of the synthesized template.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from model_fleet import contract
from model_fleet.errors import FleetError
from tests.support.compile_jobs import COMPILER_ERROR, OUT_OF_MEMORY
from tests.support.compile_world import CompileWorld, compile_world
from tests.support.fake_states import MACHINE
from tests.support.faulty_s3 import Fault, corrupted
from tests.support.fleet_world import PREFIX
from tests.support.policies import Policies, Request, flat, policies_of
from tests.support.recording_s3 import ARTIFACTS, KEY, SOURCES, recording

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACTOR_ROLES = {
    "handler": "FleetRole",
    "package": "FleetCompilePackageRole",
    "failure": "FleetCompileFailureRole",
}
# Lambda itself writes the log.
LOGGING = {"logs:CreateLogStream", "logs:PutLogEvents"}


class WatchedWorld(CompileWorld):
    """Notes who calls what."""

    actor = "handler"

    def client(self) -> S3Client:
        recorded = self.requests_of(self.actor)
        watched, self.s3 = self.s3, recording(self.s3, recorded)
        try:
            return super().client()
        finally:
            self.s3 = watched

    def requests_of(self, actor: str) -> list[Request]:
        known: dict[str, list[Request]] = self.__dict__.setdefault("requests", {})
        return known.setdefault(actor, [])

    def _package(self, batch: dict[str, Any]) -> None:
        self.actor = "package"
        try:
            super()._package(batch)
        finally:
            self.actor = "handler"

    def _caught(self, event: dict[str, Any]) -> None:
        before, self.actor = self.actor, "failure"
        try:
            super()._caught(event)
        finally:
            self.actor = before


@pytest.fixture(scope="module")
def requests() -> Iterator[dict[str, set[tuple[str, str, tuple[tuple[str, str], ...]]]]]:
    """What each actor asked of IAM over the lives of a few fleets."""
    patched = pytest.MonkeyPatch()
    with mock_aws(), patched.context() as patch:
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
        plain = compile_world(client, patch)
        world = WatchedWorld(plain.s3)
        _live(world)
        states = {
            ("states:" + "".join(part.capitalize() for part in operation.split("_")), arn, ())
            for operation, arguments in world.fake.calls
            for arn in (arguments.get("executionArn") or arguments["stateMachineArn"],)
        }
        yield {
            actor: {
                (each.action, each.resource, tuple(each.context.items()))
                for each in world.requests_of(actor)
            }
            | (states if actor == "handler" else set())
            for actor in ACTOR_ROLES
        }


def _live(world: WatchedWorld) -> None:
    """Create, updates, failures, garbage, a running execution that is stopped, and deletion."""
    many = {f"model-{number}": b"x" for number in range(contract.PACKAGE_IN_PLACE + 1)}
    large = {"large": {"1/w": Random(0).randbytes(17 << 20)}}
    for number, body in enumerate((b"one", b"two", b"three")):
        world.publish({"compiled": body, **many}, str(number))
    # an upload in parts that is given up, by the function and by the handler
    for index, (name, more) in enumerate((("function", many), ("handler", {}))):
        release = world.release(
            {
                **large,
                **{model: {"config.pbtxt": name.encode(), "1/x": b"x"} for model in more},
            },
            blobs=["1/w"],
        )
        fault = Fault(operation="get_object", key=".onnx", body=corrupted, nth=0)
        (world.package_faults if more else world.faults).append(fault)
        world.faults.append(fault)
        with pytest.raises(FleetError, match="large: package failed"):
            world.run(world.event("update", release, request=f"broken-{index}"))
        world.faults.clear()
        world.package_faults.clear()
    world.jobs["compiled"] = [COMPILER_ERROR]
    with pytest.raises(FleetError, match="Unsupported operator"):
        world.publish({"compiled": b"bad"}, "bad")
    world.jobs["compiled"] = [OUT_OF_MEMORY]
    with pytest.raises(FleetError, match="OutOfMemoryError"):
        world.publish({"compiled": b"worse"}, "worse")
    release = world.two({"compiled": b"last", "packaged": b"last"})
    event = world.event("update", release, request="last")
    world.on_event(event)
    world.is_complete(event)
    (stopped,) = world.fake.running()
    batch = world.batch_of(stopped)
    world.run(world.event("delete", release, request="delete"))
    # a call that began before the fleet was deleted looks for its index
    world._package(batch)


@pytest.fixture(scope="module")
def template(compiling: Any) -> dict[str, Any]:
    return dict(compiling.templates["models"])


@pytest.fixture(scope="module")
def known(template: dict[str, Any]) -> dict[str, str]:
    """The tokens of the template that stand for what the world has."""
    resources = template["Resources"]

    def logical_id(kind: str, start: str) -> str:
        (name,) = (n for n, r in resources.items() if r["Type"] == kind and n.startswith(start))
        return str(name)

    machine = logical_id("AWS::StepFunctions::StateMachine", "FleetCompileMachine")
    key = logical_id("AWS::KMS::Key", "StoreKey")
    bucket = logical_id("AWS::S3::Bucket", "StoreBucket")
    return {
        f"<{bucket}.Arn>": ARTIFACTS,
        f"<{key}.Arn>": KEY,
        f"<{machine}>": MACHINE,
        f"<{machine}.Name>": MACHINE.rpartition(":")[2],
        "<AWS::AccountId>": "123456789012",
        "cdk-hnb659fds-assets-${AWS::AccountId}-us-east-1": "sources",
    }


@pytest.mark.parametrize("actor", ACTOR_ROLES)
def test_every_call_is_allowed_and_nothing_unneeded_is(
    actor: str, requests: dict[str, Any], template: dict[str, Any], known: dict[str, str]
) -> None:
    policies = policies_of(template, ACTOR_ROLES[actor], known)
    made = requests[actor]

    denied = [
        each
        for each in sorted(made)
        if not policies.allows(Request(action=each[0], resource=each[1], context=dict(each[2])))
    ]
    assert made
    assert denied == []
    assert policies.used_by({action for action, _, _ in made} | LOGGING) == set()


@pytest.mark.parametrize(
    ("actor", "action", "resource", "conditions"),
    [
        ("handler", "s3:GetObject", f"{ARTIFACTS}/other/index.json", {}),
        ("handler", "s3:PutObject", f"{SOURCES}/x", {}),
        ("handler", "s3:DeleteObjectVersion", f"{ARTIFACTS}/other/x", {}),
        ("handler", "s3:ListBucketVersions", ARTIFACTS, {"s3:prefix": "other/"}),
        ("handler", "s3:ListBucketVersions", ARTIFACTS, {}),
        ("handler", "s3:ListBucket", ARTIFACTS, {"s3:prefix": "other/"}),
        ("handler", "states:StartExecution", f"{MACHINE}-other", {}),
        ("handler", "states:StopExecution", f"{MACHINE}:x".replace("Machine:l", "Machine:k"), {}),
        ("package", "s3:PutObject", f"{ARTIFACTS}/{PREFIX}index.json", {}),
        ("package", "s3:DeleteObjectVersion", f"{ARTIFACTS}/{PREFIX}x", {}),
        ("package", "s3:PutObject", f"{ARTIFACTS}/other/x", {}),
        ("failure", "s3:PutObject", f"{ARTIFACTS}/{PREFIX}index.json", {}),
        ("failure", "s3:PutObject", f"{ARTIFACTS}/{PREFIX}minilm/0123.tar.gz", {}),
        ("failure", "s3:GetObject", f"{SOURCES}/x", {}),
        ("job", "s3:PutObject", f"{ARTIFACTS}/{PREFIX}index.json", {}),
        ("job", "s3:PutObject", f"{ARTIFACTS}/other/x", {}),
        ("job", "s3:PutObject", f"{SOURCES}/x", {}),
        ("job", "s3:DeleteObjectVersion", f"{ARTIFACTS}/{PREFIX}x", {}),
    ],
)
def test_what_is_not_needed_is_denied(
    actor: str,
    action: str,
    resource: str,
    conditions: dict[str, str],
    template: dict[str, Any],
    known: dict[str, str],
) -> None:
    role = {**ACTOR_ROLES, "job": "FleetCompileJobRole"}[actor]
    policies = policies_of(template, role, known)

    assert not policies.allows(Request(action=action, resource=resource, context=conditions))


def test_job_may_do_what_its_contract_says_and_no_more(
    template: dict[str, Any], known: dict[str, str]
) -> None:
    policies = policies_of(template, "FleetCompileJobRole", known)
    artifact = f"{ARTIFACTS}/{PREFIX}minilm/0123456789abcdef.tar.gz"
    failure = f"{ARTIFACTS}/{PREFIX}work/0123456789abcdef/1/failures/minilm.json"
    needed = [
        Request(action="s3:GetObject", resource=f"{SOURCES}/manifest.json"),
        Request(action="s3:ListBucket", resource=ARTIFACTS),
        Request(action="kms:Decrypt", resource=KEY),
        Request(action="kms:GenerateDataKey", resource=KEY),
        *(
            Request(action=action, resource=resource)
            for action in contract.PACKAGE_OBJECT_ACTIONS
            for resource in (artifact, failure)
        ),
    ]

    assert [each for each in needed if not policies.allows(each)] == []
    assert policies.used_by({each.action for each in needed}) == set()


def _definition(template: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    (machine,) = (
        resource["Properties"]
        for name, resource in template["Resources"].items()
        if name.startswith("FleetCompileMachine")
        and resource["Type"] == "AWS::StepFunctions::StateMachine"
    )
    return dict(json.loads(flat(machine["DefinitionString"], known)))


def _states(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if "Type" in node and isinstance(node["Type"], str):
            yield node
        for value in node.values():
            yield from _states(value)
    elif isinstance(node, list):
        for value in node:
            yield from _states(value)


def _machine_requests(definition: dict[str, Any], template: dict[str, Any]) -> Iterator[Request]:
    """What Step Functions calls for each state; where it says so is beside each."""
    executions = MACHINE.replace("stateMachine", "execution")
    here = "us-east-1:123456789012"
    jobs = [
        f"<{name}>"
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::Batch::JobDefinition"
    ]
    for state in _states(definition):
        resource = state.get("Resource", "")
        if resource.startswith("<"):
            yield Request(action="lambda:InvokeFunction", resource=resource)
        elif resource.endswith("batch:submitJob.sync"):
            # docs.aws.amazon.com/step-functions/latest/dg/batch-iam.html
            yield Request(action="batch:SubmitJob", resource=state["Parameters"]["JobQueue"])
            for job in jobs:
                yield Request(action="batch:SubmitJob", resource=job)
            yield Request(action="batch:DescribeJobs", resource="*")
            yield Request(action="batch:TerminateJob", resource=f"arn:aws:batch:{here}:job/1")
            rule = f"arn:aws:events:{here}:rule/StepFunctionsGetEventsForBatchJobsRule"
            for action in ("PutTargets", "PutRule", "DescribeRule"):
                yield Request(action=f"events:{action}", resource=rule)
        if state["Type"] == "Map":
            # docs.aws.amazon.com/step-functions/latest/dg/iam-policies-eg-dist-map.html
            yield Request(
                action="s3:GetObject",
                resource=f"{ARTIFACTS}/{PREFIX}work/0123456789abcdef/packages.json",
            )
            yield Request(action="kms:Decrypt", resource=KEY)
            yield Request(action="states:StartExecution", resource=MACHINE)
            for action in ("DescribeExecution", "StopExecution"):
                yield Request(action=f"states:{action}", resource=f"{executions}:child")
            yield Request(
                action="states:RedriveExecution", resource=f"{executions}/{state['Label']}:child"
            )


def test_machine_may_do_what_its_definition_asks_for_and_no_more(
    template: dict[str, Any], known: dict[str, str]
) -> None:
    policies = policies_of(template, "FleetCompileMachineRole", known)
    needed = list(_machine_requests(_definition(template, known), template))
    # logs and traces, of Step Functions itself: neither takes a resource
    own = {action for action in policies.actions() if action.startswith(("logs:", "xray:"))}

    assert {each.action.partition(":")[0] for each in needed} == {
        *("batch", "events", "kms", "lambda", "s3", "states")
    }
    assert [each for each in needed if not policies.allows(each)] == []
    assert policies.used_by({each.action for each in needed} | own) == set()
    assert len(own) == 12


def test_machine_reaches_no_other_function_queue_or_object(
    template: dict[str, Any], known: dict[str, str]
) -> None:
    policies: Policies = policies_of(template, "FleetCompileMachineRole", known)

    for action, resource in (
        ("s3:GetObject", f"{ARTIFACTS}/{PREFIX}index.json"),
        ("s3:PutObject", f"{ARTIFACTS}/{PREFIX}work/x"),
        ("batch:SubmitJob", "arn:aws:batch:us-east-1:123456789012:job-queue/other"),
        ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:123456789012:function:other"),
        ("states:StartExecution", f"{MACHINE}-other"),
        ("kms:GenerateDataKey", KEY),
    ):
        assert not policies.allows(Request(action=action, resource=resource))
