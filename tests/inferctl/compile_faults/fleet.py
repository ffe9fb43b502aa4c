"""The fleet of one case: a stack with one ``Custom::ModelFleet``, and what must always hold."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from model_artifacts import Index, named_artifacts, parse_index

from .models import Release, Tiny, answer_of
from .wire import Act, Rule
from .world import ASSETS, HURRY_SECONDS, World, until

OLD = {"one": Tiny(factor=2), "also": Tiny(factor=5), "stays": Tiny(factor=7)}
ONE = Tiny(factor=3, compiled=True)
NEW = {**OLD, "one": ONE, "also": Tiny(factor=6)}
ENDED = ("SUCCEEDED", "FAILED")
JOB, FUNCTION = "AWS_ECS_EC2", "AWS_Lambda_"
_QUIET_SECONDS = 20


@dataclass
class Fleet:
    """One case's; ``answers`` is what was published last, which must answer whatever comes."""

    world: World
    name: str
    hurried: bool = False
    answers: dict[str, float] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    releases: list[Release] = field(default_factory=list)
    _known: dict[str, float] = field(default_factory=dict)

    @property
    def prefix(self) -> str:
        return f"{self.name}/"

    @property
    def kind(self) -> str:
        """Which Provider's outputs are meant."""
        return "Hurried" if self.hurried else "Usual"

    def function(self, handler: str) -> str:
        """The ARN of ``OnEvent``, ``IsComplete``, ``Package`` or ``Failure``."""
        outputs = self.world.outputs
        return outputs[handler] if handler in outputs else outputs[f"{self.kind}{handler}"]

    @cached_property
    def s3(self) -> Any:
        return self.world.client("s3")

    @cached_property
    def formation(self) -> Any:
        return self.world.client("cloudformation")

    @cached_property
    def states(self) -> Any:
        return self.world.client("stepfunctions")

    @cached_property
    def batch(self) -> Any:
        return self.world.client("batch")

    @cached_property
    def bucket(self) -> str:
        """The case's own: moto copies a whole bucket to list some of it."""
        name = f"faults-{self.name}"
        self.s3.create_bucket(Bucket=name)
        enabled = {"Status": "Enabled"}
        self.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=enabled)
        return name

    # what a case does

    def release(self, models: Mapping[str, Tiny], *, fleet: str = "") -> Release:
        """A manifest whose sources lie in S3."""
        release = Release(fleet or self.name, self.prefix, dict(models))
        for key in release.objects:
            self.mend(release, key)
        self.releases.append(release)
        return release

    def damage(self, key: str, body: bytes) -> None:
        """Put something else in the place of a source."""
        self.s3.put_object(Bucket=ASSETS, Key=key, Body=body)

    def lose(self, key: str) -> None:
        """Delete a source."""
        self.s3.delete_object(Bucket=ASSETS, Key=key)

    def mend(self, release: Release, key: str) -> None:
        """Make a source what it should be."""
        self.s3.put_object(Bucket=ASSETS, Key=key, Body=release.objects[key])

    def begin(self, release: Release, *, stack: str = "", **compiler: Any) -> None:
        """Create or update the stack; ``compiler`` changes what the platform says of it."""
        name = stack or self.name
        compilers = {"onnxruntime/cpu": {**self.world.compiler, **compiler}}
        properties = {
            "ServiceToken": self.world.outputs[f"{self.kind}Token"],
            "ArtifactBucket": self.bucket,
            "Prefix": self.prefix,
            "Fleet": release.fleet,
            "SourceBucket": ASSETS,
            "ManifestKey": release.manifest_key,
            "ManifestDigest": release.digest,
            "SourcePackKey": release.pack_key,
            "Retain": "false",
            "TimeLimitSeconds": str(HURRY_SECONDS if self.hurried else 3600),
            "StateMachineArn": self.world.outputs["Machine"],
            "Compilers": json.dumps(compilers),
        }
        resource = {"Type": "Custom::ModelFleet", "Properties": properties}
        body = json.dumps({"Resources": {"Fleet": resource}})
        exists = self.status(name) != ""
        call = self.formation.update_stack if exists else self.formation.create_stack
        call(StackName=name, TemplateBody=body)

    def end(self, stack: str = "") -> str:
        """How the stack's operation ends."""
        name = stack or self.name

        def look() -> str | None:
            status = self.status(name)
            return None if "PROGRESS" in status else status

        return until(look, 120)

    def deploy(self, release: Release, **settings: Any) -> str:
        """`begin` and `end`."""
        self.begin(release, **settings)
        return self.end(settings.get("stack", ""))

    def publish(self, release: Release, **settings: Any) -> None:
        """A deployment that must end well, after which the release's models answer."""
        status = self.deploy(release, **settings)
        assert status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"), self.said()
        self.answers = release.answers
        self.assert_answers()

    def fails(
        self,
        release: Release,
        said: str,
        *,
        during: Callable[[], object] = lambda: None,
        **settings: Any,
    ) -> None:
        """A deployment that must fail, say ``said``, and leave what was published before."""
        before = self._current()
        self.begin(release, **settings)
        during()
        status = self.end()
        assert [rule.error for rule in self.rules if rule.error] == []
        assert status in ("ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"), status
        message = self.said()
        assert re.search(said, message), message
        assert self._current() == before
        if before:
            self.assert_answers()

    def destroy(self) -> None:
        """Delete the stack; nothing may be left of the fleet."""
        self.formation.delete_stack(StackName=self.name)
        until(lambda: self.status(self.name) in ("", "DELETE_FAILED"))
        assert self.status(self.name) == "", self.said()
        until(lambda: not self.stored(), _QUIET_SECONDS)

    def rule(self, operation: str, *holding: str, act: Act, **more: Any) -> Rule:
        """A fault on the wire for this fleet's requests; it must have happened by the end."""
        rule = Rule(operation=operation, holding=holding or (self.prefix,), act=act, **more)
        self.rules.append(rule)
        return self.world.wire.add(rule)

    def on_start(self, act: Act, *, times: int = 1) -> Rule:
        """A fault when the handler starts the execution that makes this fleet's archives."""
        return self.rule("StartExecution", f"{self.prefix}work/", act=act, times=times)

    def stage(self, model: str = "one", **actions: str | Mapping[str, str]) -> None:
        """What becomes of a model's jobs, by stage: of the first attempt, or by attempt."""
        folder = self.world.hook / self.name
        folder.mkdir(exist_ok=True)
        all_of_them = {
            stage: {"1": action} if isinstance(action, str) else dict(action)
            for stage, action in actions.items()
        }
        (folder / f"{model}.json").write_text(json.dumps(all_of_them))

    def paused(self, stage: str, *, attempt: int = 1, model: str = "one") -> Path:
        """The mark of a job that has reached a stage; it goes on when the mark is gone."""
        mark = self.world.hook / self.name / f"{model}.{stage}.{attempt}"
        until(lambda: mark.exists() or None)
        return mark

    def kill(self, handler: str) -> None:
        """Let the function that works for this fleet die where it is."""
        wanted = f'"{self.prefix}"'.encode()
        assert self.world.aws.lambda_runtime.crash(
            self.function(handler), lambda payload: wanted in payload
        )

    def kill_job(self) -> None:
        """SIGKILL for the first process of the job that runs."""
        os.kill(self.running_job()[1], signal.SIGKILL)

    def running_job(self) -> tuple[str, int]:
        """Id and process of a job that runs."""

        def look() -> tuple[str, int] | None:
            for job in self.jobs():
                pid = self.world.aws.batch.pid(job["jobId"])
                if job["status"] == "RUNNING" and pid is not None:
                    return job["jobId"], pid
            return None

        return until(look)

    def give_up(self) -> None:
        """Answer this stack's open request with a failure, as CloudFormation does after an hour."""
        event = json.loads(self.waiters()[0]["input"])
        fields = ("StackId", "RequestId", "LogicalResourceId", "PhysicalResourceId")
        answer = {name: event[name] for name in fields} | {"Status": "FAILED", "Reason": "too late"}
        request = urllib.request.Request(
            event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT"
        )
        with urllib.request.urlopen(request, timeout=10):
            pass

    # what there is

    def status(self, stack: str) -> str:
        """Of a stack; empty when there is none."""
        with contextlib.suppress(self.formation.exceptions.ClientError):
            (found,) = self.formation.describe_stacks(StackName=stack)["Stacks"]
            status: str = found["StackStatus"]
            return status
        return ""

    def said(self, stack: str = "") -> str:
        """Why the custom resource failed last."""
        events = self.formation.describe_stack_events(StackName=stack or self.name)["StackEvents"]
        found = (
            event["ResourceStatusReason"]
            for event in events
            if event["ResourceType"] == "Custom::ModelFleet" and "FAILED" in event["ResourceStatus"]
        )
        return next(found, "nothing failed")

    def jobs(self) -> list[dict[str, Any]]:
        """Every job ever submitted for this fleet."""
        return self.world.jobs_of(self.prefix)

    def ends(self) -> list[str]:
        """The statuses of all jobs, in the order in which they were submitted."""
        return [job["status"] for job in sorted(self.jobs(), key=lambda job: job["createdAt"])]

    def attempts(self) -> list[int]:
        """How often each job was tried."""
        return [
            len(job["attempts"]) for job in sorted(self.jobs(), key=lambda job: job["createdAt"])
        ]

    def executions(self) -> list[dict[str, Any]]:
        """All of this fleet, which are named by its manifests."""
        listed = self.states.list_executions(stateMachineArn=self.world.outputs["Machine"])
        names = tuple(release.digest[:16] for release in self.releases)
        return [one for one in listed["executions"] if one["name"].startswith(names)]

    def waiters(self) -> list[dict[str, Any]]:
        """The executions of the Provider that poll for this fleet."""
        listed = self.states.list_executions(
            stateMachineArn=self.world.outputs[f"{self.kind}Waiter"], statusFilter="RUNNING"
        )
        found = [
            self.states.describe_execution(executionArn=one["executionArn"])
            for one in listed["executions"]
        ]
        return [one for one in found if f'"{self.prefix}"' in one["input"]]

    def stored(self) -> list[str]:
        """Everything below the prefix."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=self.prefix
        )
        return [one["Key"] for page in pages for one in page.get("Contents", ())]

    def index(self) -> Index | None:
        """What is published."""
        try:
            found = self.s3.get_object(Bucket=self.bucket, Key=f"{self.prefix}index.json")
        except self.s3.exceptions.NoSuchKey:
            return None
        return parse_index(found["Body"].read())

    # what must hold

    def assert_answers(self) -> None:
        """The index names what it should, all of that is there, and each model is right."""
        index = self.index()
        assert index is not None
        keys = set(self.stored())
        for artifact in named_artifacts(index):
            assert self.prefix + artifact["key"] in keys
            assert self.prefix + str(artifact["report"] or artifact["key"]) in keys
        current = self._current()
        assert {name: self._answer(key) for name, key in current.items()} == self.answers

    def assert_quiet(self) -> None:
        """Nothing runs or waits for this fleet, and no upload was left unfinished."""
        for rule in self.rules:
            met = rule.met == rule.times or (rule.met and not rule.all_of_them)
            assert rule.error is None, rule.error
            assert met, f"{rule.operation} {rule.holding}: {rule.met} times"
        until(lambda: not self._noise() or None, _QUIET_SECONDS)
        uploads = self.s3.list_multipart_uploads(Bucket=self.bucket, Prefix=self.prefix)
        assert not [one for one in uploads.get("Uploads", ()) if one["Key"].startswith(self.prefix)]

    def _current(self) -> dict[str, str]:
        index = self.index()
        models = {} if index is None else index["models"]
        return {name: model["current"]["key"] for name, model in models.items()}

    def _noise(self) -> list[dict[str, Any]]:
        return [
            *[one for one in self.executions() if one["status"] == "RUNNING"],
            *[one for one in self.jobs() if one["status"] not in ENDED],
            *[one for one in self.jobs() if self.world.aws.batch.pid(one["jobId"]) is not None],
            *self.waiters(),
        ]

    def _answer(self, key: str) -> float:
        if key not in self._known:
            found = self.s3.get_object(Bucket=self.bucket, Key=self.prefix + key)
            self._known[key] = answer_of(found["Body"].read())
        return self._known[key]
