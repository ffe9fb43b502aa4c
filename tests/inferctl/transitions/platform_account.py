"""Platforms deployed by plain CloudFormation on one embedded AWS, and what was called meanwhile."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from botocore.exceptions import ClientError

from inferctl.environment import ROOT
from inferctl.localaws.app import LocalAws
from inferctl.localaws.clients import ACCOUNT
from inferctl.localaws.http import HttpRequest, HttpResponse
from inferctl.transitions import TwoStepPlan, two_step_plans
from inferctl.transitions.templates import Template
from stacks.application import build_app
from stacks.config import load_platform

REGION = "us-east-1"
_BUCKET = f"cdk-hnb659fds-assets-{ACCOUNT}-{REGION}"


class DeploymentFailedError(Exception):
    """A stack came to rest elsewhere; the message holds the reasons of all its events."""


class Calls:
    """The API calls of the JSON protocols, oldest first, such as ``SageMaker.UpdateEndpoint``."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def around(self, handler: Callable[[HttpRequest], HttpResponse]) -> Any:
        """What notes each call and hands it on."""

        def handle(request: HttpRequest) -> HttpResponse:
            target = request.headers.get("x-amz-target")
            if target is not None:
                service, _, action = target.rpartition(".")
                self.names.append(f"{service.partition('V20')[0]}.{action}")
            return handler(request)

        return handle

    def writes(self) -> list[str]:
        """Calls that change something."""
        reading = ("Describe", "List", "Get", "Invoke")
        return [one for one in self.names if not one.partition(".")[2].startswith(reading)]


@dataclass
class PlatformAccount:
    """``templates``: what is deployed. ``models``: the root of the model folders."""

    aws: LocalAws
    folder: Path
    calls: Calls
    templates: dict[str, Template] = field(default_factory=dict)
    _outputs: int = 0
    _refused: tuple[str, Mapping[str, Template]] = ("", MappingProxyType({}))

    @property
    def models(self) -> Path:
        return self.folder / "models"

    @property
    def assembly(self) -> Path:
        """Of the newest synthesis."""
        return self.folder / f"out{self._outputs}"

    def synthesize(self, text: str) -> dict[str, Template]:
        """The templates of a platform file; its assets are published."""
        self._outputs += 1
        file = self.folder / "platform.yaml"
        file.write_text(text)
        out = self.assembly
        context = json.loads((ROOT / "cdk.json").read_text())["context"]
        build_app(load_platform(file, models_root=self.models), context=context, outdir=out).synth()
        for manifest in out.glob("*.assets.json"):
            for asset in json.loads(manifest.read_text())["files"].values():
                self._publish(out / asset["source"]["path"], asset)
        order = json.loads((out / "manifest.json").read_text())["artifacts"]
        return {
            name: json.loads((out / f"{name}.template.json").read_text()) for name in _sorted(order)
        }

    def deploy(self, text: str) -> list[str]:
        """Deploy a platform file that takes one deployment; the stacks that changed."""
        after = self.synthesize(text)
        assert two_step_plans(self.templates, after) == ()
        return self.apply(after)

    def apply(self, after: Mapping[str, Template]) -> list[str]:
        """Create and update stacks in order; raises `DeploymentFailedError` at a failure."""
        self.calls.names.clear()
        changed = []
        for name, template in after.items():
            if self.templates.get(name) != template:
                self._deploy(name, template)
                changed.append(name)
                self.templates[name] = template
        return changed

    def refused(self, text: str) -> tuple[TwoStepPlan, ...]:
        """The plans for a platform file that AWS does not take at once."""
        self._refused = (text, self.synthesize(text))
        return two_step_plans(self.templates, self._refused[1])

    def fails(self, text: str) -> str:
        """Why a deployment fails that was just `refused`; everything is as it was afterwards."""
        assert text == self._refused[0]
        try:
            self.apply(self._refused[1])
        except DeploymentFailedError as error:
            return str(error)
        raise AssertionError("the deployment did not fail")

    def destroy(self) -> None:
        """Delete all stacks, the last first."""
        client = self.aws.client("cloudformation")
        self.calls.names.clear()
        for name in reversed(list(self.templates)):
            client.delete_stack(StackName=name)
            client.get_waiter("stack_delete_complete").wait(
                StackName=name, WaiterConfig={"Delay": 0.2, "MaxAttempts": 600}
            )
            del self.templates[name]

    def events(self, stack: str) -> list[tuple[str, str]]:
        """Resource type and status of the newest operation, oldest first."""
        found = self._events(stack)
        return [(one["ResourceType"], one["ResourceStatus"]) for one in reversed(found)]

    def physical_ids(self, stack: str, kind: str) -> list[str]:
        """The resources of one type."""
        pages = self.aws.client("cloudformation").get_paginator("list_stack_resources")
        return [
            one["PhysicalResourceId"]
            for page in pages.paginate(StackName=stack)
            for one in page["StackResourceSummaries"]
            if one["ResourceType"] == kind
        ]

    def outputs(self) -> dict[str, str]:
        """Of all stacks."""
        stacks = self.aws.client("cloudformation").describe_stacks()["Stacks"]
        return {
            one["OutputKey"]: one["OutputValue"]
            for stack in stacks
            for one in stack.get("Outputs", [])
        }

    def _events(self, stack: str) -> list[dict[str, Any]]:
        pages = self.aws.client("cloudformation").get_paginator("describe_stack_events")
        found: list[dict[str, Any]] = []
        for page in pages.paginate(StackName=stack):
            for event in page["StackEvents"]:
                found.append(event)
                if event.get("ResourceStatusReason") == "User Initiated":
                    return found
        return found

    def _deploy(self, name: str, template: Template) -> None:
        client = self.aws.client("cloudformation")
        key = f"templates/{self._outputs}/{name}.json"
        self.aws.client("s3").put_object(Bucket=_BUCKET, Key=key, Body=json.dumps(template))
        arguments = {
            "StackName": name,
            "TemplateURL": f"{self.aws.url}/{_BUCKET}/{key}",
            "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
        }
        new = name not in self.templates
        (client.create_stack if new else client.update_stack)(**arguments)
        status = ""
        # the answer is held back until the operation ends or a minute is over
        while not status or status.endswith("_IN_PROGRESS"):
            status = client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        if status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
            reasons = [one.get("ResourceStatusReason", "") for one in self._events(name)]
            raise DeploymentFailedError(f"{name}: {status}: " + "\n".join(reasons))

    def _publish(self, path: Path, asset: Mapping[str, Any]) -> None:
        key = next(iter(asset["destinations"].values()))["objectKey"]
        s3 = self.aws.client("s3")
        try:
            s3.head_object(Bucket=_BUCKET, Key=key)
        except ClientError:
            body = _zipped(path) if asset["source"]["packaging"] == "zip" else path.read_bytes()
            s3.put_object(Bucket=_BUCKET, Key=key, Body=body)


@contextmanager
def platform_account(folder: Path) -> Iterator[PlatformAccount]:
    """An embedded AWS with what ``cdk bootstrap`` leaves for assets."""
    calls = Calls()
    with LocalAws(folder / "aws", around=calls.around) as aws:
        aws.client("s3").create_bucket(Bucket=_BUCKET)
        aws.client("ssm").put_parameter(
            Name="/cdk-bootstrap/hnb659fds/version", Value="30", Type="String"
        )
        yield PlatformAccount(aws, folder, calls)


def _sorted(artifacts: Mapping[str, Any]) -> list[str]:
    """The stacks, each after those that it depends on."""
    stacks = {
        name: [other for other in one.get("dependencies", []) if other in artifacts]
        for name, one in artifacts.items()
        if one["type"] == "aws:cloudformation:stack"
    }
    done: list[str] = []
    while len(done) < len(stacks):
        done += [
            name
            for name, needs in stacks.items()
            if name not in done and all(need in done for need in needs if need in stacks)
        ]
    return done


def _zipped(folder: Path) -> bytes:
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder))
    return body.getvalue()
