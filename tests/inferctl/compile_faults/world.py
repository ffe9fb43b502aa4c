"""One embedded AWS with one compile fleet, which all cases use at once."""

from __future__ import annotations

import io
import json
import shutil
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, cast

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_lambda as lambda_

from accelerator_catalog import CPU_INSTANCES
from inferctl.environment import ROOT
from inferctl.localaws.app import LocalAws
from inferctl.localaws.batch.images import LocalImage, local_image
from inferctl.localaws.batch.service import Batch
from inferctl.localaws.clients import ACCOUNT
from inference_constructs import (
    CompileFleetProps,
    CompileQueueProps,
    CompilerImage,
    CompilerProps,
    ModelFleet,
    ModelFleetProps,
    ModelStore,
    ModelStoreProps,
)
from model_artifacts import sha256_hex
from model_folders import FleetSources

from .models import Release, Tiny
from .wire import Wire

T = TypeVar("T")
REGION = "us-east-1"
ASSETS = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"
BOOTSTRAP = {"Name": "/cdk-bootstrap/hnb659fds/version", "Type": "String", "Value": "30"}
HURRY_SECONDS = 12
# a minute, the shortest limit that Batch takes, lasts as long as this
MINUTE_SECONDS = 2.4
_SLOTS = 24
_HOOK = ROOT / "tests" / "fixtures" / "compile_faults"
_HANDLERS = ("OnEvent", "IsComplete")


class FaultStack(cdk.Stack):
    """A store, a compile fleet, and beside its Provider one whose total time is very short."""

    def __init__(self, app: cdk.App, sources: Callable[[str], FleetSources]) -> None:
        super().__init__(
            app,
            "faults",
            env=cdk.Environment(account=ACCOUNT, region=REGION),
        )
        vpc = ec2.Vpc(self, "Vpc", availability_zones=["us-east-1a"], nat_gateways=0)
        removal = cdk.RemovalPolicy.DESTROY
        store = ModelStore(
            self, "Store", ModelStoreProps(alias="alias/faults", removal_policy=removal)
        )
        compile_fleet = CompileFleetProps(
            vpc=vpc,
            subnet_type=ec2.SubnetType.PUBLIC,
            queues=[
                CompileQueueProps(
                    name="cpu", instances=[CPU_INSTANCES["m6i.4xlarge"]], max_jobs=100
                )
            ],
            compilers=[
                CompilerProps(
                    engine="onnxruntime",
                    targets=["cpu"],
                    queue="cpu",
                    image=CompilerImage.of("model_compiler:checkout"),
                )
            ],
        )
        fleets = {
            name: ModelFleet(
                self,
                name,
                ModelFleetProps(
                    fleet="faults",
                    prefix=f"{name.lower()}/",
                    sources=sources(f"{name.lower()}/"),
                    store=store,
                    removal_policy=removal,
                    query_interval_seconds=1,
                    total_timeout_seconds=seconds,
                    compile=settings,
                ),
            )
            for name, seconds, settings in (
                ("Usual", 3600, compile_fleet),
                ("Hurried", HURRY_SECONDS, None),
            )
        }
        usual = fleets["Usual"].compile_fleet
        assert usual is not None
        values = {
            "Machine": usual.machine.state_machine_arn,
            "Compilers": self.to_json_string({n: dict(c) for n, c in usual.compilers.items()}),
            "Package": _function_arn(usual, "Package"),
            "Failure": _function_arn(usual, "Failure"),
        }
        for name, fleet in fleets.items():
            framework = fleet.node.find_child("Framework")
            values[f"{name}Token"] = cast(Any, framework).service_token
            for handler in _HANDLERS:
                values[f"{name}{handler}"] = _function_arn(fleet, handler)
            provider = framework.node.find_child("Provider")
            waiter = provider.node.find_child("waiter-state-machine")
            values[f"{name}Waiter"] = cast(Any, waiter).state_machine_arn
        for name, value in values.items():
            cdk.CfnOutput(self, name, value=value)


@dataclass(frozen=True)
class World:
    """The embedded AWS, the wire to it, and what the stack made; safe to use from many threads."""

    aws: LocalAws
    wire: Wire
    hook: Path
    outputs: dict[str, str]
    _jobs: dict[str, str] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        return self.aws.client(service, REGION)

    @cached_property
    def compiler(self) -> dict[str, Any]:
        """The one entry of the property ``Compilers``."""
        found: dict[str, Any] = json.loads(self.outputs["Compilers"])["onnxruntime/cpu"]
        return found

    def job_definition(
        self, *, image: str = "", memory_mib: int = 0, log_group: str = "", **variables: str
    ) -> str:
        """A copy of the fleet's own with something changed; its ARN."""
        batch = self.client("batch")
        arn = self.compiler["job_definition"]
        (own,) = batch.describe_job_definitions(jobDefinitions=[arn])["jobDefinitions"]
        container = own["containerProperties"]
        if image:
            container["image"] = image
        if log_group:
            container["logConfiguration"]["options"]["awslogs-group"] = log_group
        for one in container["resourceRequirements"]:
            if one["type"] == "MEMORY" and memory_mib:
                one["value"] = str(memory_mib)
        kept = [one for one in container["environment"] if one["name"] not in variables]
        given = [{"name": name, "value": value} for name, value in variables.items()]
        container["environment"] = [*kept, *given]
        same = ("type", "retryStrategy", "timeout", "platformCapabilities")
        made = batch.register_job_definition(
            jobDefinitionName="changed",
            containerProperties=container,
            **{name: own[name] for name in same},
        )
        changed: str = made["jobDefinitionArn"]
        return changed

    def jobs_of(self, prefix: str) -> list[dict[str, Any]]:
        """Every job that was ever submitted for the fleet at ``prefix``."""
        batch = self.client("batch")
        (queue,) = batch.describe_job_queues()["jobQueues"]
        listed = batch.get_paginator("list_jobs").paginate(
            jobQueue=queue["jobQueueArn"], filters=[{"name": "JOB_NAME", "values": ["*"]}]
        )
        known = [one["jobId"] for page in listed for one in page["jobSummaryList"]]
        unknown = [one for one in known if one not in self._jobs]
        for job in _described(batch, unknown):
            variables = {one["name"]: one["value"] for one in job["container"]["environment"]}
            self._jobs[job["jobId"]] = variables["MODEL_COMPILER_PREFIX"]
        return _described(batch, [one for one in known if self._jobs[one] == prefix])


def until(look: Callable[[], T | None], seconds: float = 60) -> T:
    """What ``look`` finds at last."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := look():
            return found
        time.sleep(0.15)
    raise AssertionError("never happened")


@contextmanager
def started(folder: Path) -> Iterator[World]:
    """A world of its own, with the stack deployed."""
    wire = Wire()
    hook = folder / "hook"
    shutil.copytree(_HOOK, hook)

    def image(uri: str) -> LocalImage:
        found = local_image(uri)
        return replace(found, python_path=(hook, *found.python_path))

    batch = Batch(
        folder / "batch",
        images=image,
        slots=_SLOTS,
        second=MINUTE_SECONDS / 60,
    )
    with LocalAws(folder / "aws", batch=batch, around=wire.around) as aws:
        yield World(aws, wire, hook, _deploy(aws, folder))


def _deploy(aws: LocalAws, folder: Path) -> dict[str, str]:
    app = cdk.App(
        context=json.loads((ROOT / "cdk.json").read_text())["context"],
        outdir=str(folder / "out"),
        auto_synth=False,
        builtin_cloud_formation_validation=False,
    )
    FaultStack(app, lambda prefix: _sources(prefix, folder))
    assembly = app.synth()
    s3 = aws.client("s3", REGION)
    s3.create_bucket(Bucket=ASSETS)
    aws.client("ssm", REGION).put_parameter(**BOOTSTRAP)
    _upload(s3, Path(assembly.directory))
    template = Path(assembly.directory, "faults.template.json").read_bytes()
    s3.put_object(Bucket=ASSETS, Key="template", Body=template)
    formation = aws.client("cloudformation", REGION)
    formation.create_stack(StackName="faults", TemplateURL=f"{aws.url}/{ASSETS}/template")
    formation.get_waiter("stack_create_complete").wait(
        StackName="faults", WaiterConfig={"Delay": 0.2, "MaxAttempts": 600}
    )
    (stack,) = formation.describe_stacks(StackName="faults")["Stacks"]
    return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}


def _sources(prefix: str, folder: Path) -> FleetSources:
    """What synthesis writes for one model."""
    release = Release("faults", prefix, {"first": Tiny(factor=1)})
    sources = folder / "sources" / prefix
    sources.mkdir(parents=True)
    manifest, pack = sources / "manifest.json", sources / "sources.pack"
    manifest.write_bytes(release.objects[release.manifest_key])
    pack.write_bytes(release.objects[release.pack_key])
    return FleetSources(
        manifest_path=manifest,
        manifest_digest=release.digest,
        pack_path=pack,
        pack_digest=sha256_hex(pack.read_bytes()),
        blobs=(),
    )


def _upload(s3: Any, assembly: Path) -> None:
    """What the CLI does with the assets of a stack."""
    files = json.loads((assembly / "faults.assets.json").read_text())["files"]
    for asset in files.values():
        path = assembly / asset["source"]["path"]
        data = _zipped(path) if asset["source"]["packaging"] == "zip" else path.read_bytes()
        for place in asset["destinations"].values():
            s3.put_object(Bucket=ASSETS, Key=place["objectKey"], Body=data)


def _zipped(path: Path) -> bytes:
    if path.is_file():
        return path.read_bytes()
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in sorted(path.rglob("*")):
            archive.write(file, file.relative_to(path))
    return buffer.getvalue()


def _function_arn(scope: Any, name: str) -> str:
    return cast(lambda_.Function, scope.node.find_child(name)).function_arn


def _described(batch: Any, jobs: list[str]) -> list[dict[str, Any]]:
    return [
        job
        for start in range(0, len(jobs), 100)
        for job in batch.describe_jobs(jobs=jobs[start : start + 100])["jobs"]
    ]
