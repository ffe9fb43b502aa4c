"""One embedded AWS for all tests here, with Lambda functions that are Python callables."""

from __future__ import annotations

import io
import json
import threading
import urllib.request
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inferctl.localaws.app import LocalAws
from inferctl.localaws.cloudformation import CloudFormation

Answer = dict[str, Any]
Behaviour = Callable[[Answer], Answer]


class FakeFunctions:
    """Takes the place of the Lambda runtime for asynchronous events."""

    def __init__(self) -> None:
        self.events: list[Answer] = []
        self.behaviour: Behaviour = lambda _event: {}

    def invoke_async(self, _spec: Any, payload: bytes) -> None:
        event = json.loads(payload)
        self.events.append(event)
        threading.Thread(target=self._answer, args=(event,), daemon=True).start()

    def _answer(self, event: Answer) -> None:
        answer = {
            "Status": "SUCCESS",
            "PhysicalResourceId": event.get("PhysicalResourceId", "thing"),
            **self.behaviour(event),
        }
        put = urllib.request.Request(
            event["ResponseURL"], data=json.dumps(answer).encode(), method="PUT"
        )
        urllib.request.urlopen(put, timeout=10).close()

    def story(self) -> list[tuple[str, str | None, str | None]]:
        """Every event as (request type, physical id, property Value)."""
        return [
            (
                event["RequestType"],
                event.get("PhysicalResourceId"),
                event["ResourceProperties"].get("Value"),
            )
            for event in self.events
        ]


class Stacks:
    """Short words for what the tests do to stacks."""

    def __init__(self, aws: LocalAws, service: CloudFormation, functions: FakeFunctions) -> None:
        self.aws = aws
        self.service = service
        self.functions = functions
        self.client = aws.client("cloudformation")
        self.used: list[str] = []

    def create(self, name: str, template: Answer, **options: Any) -> Answer:
        self.used.append(name)
        stack_id = self.client.create_stack(
            StackName=name, TemplateBody=json.dumps(template), **options
        )["StackId"]
        return self.describe(stack_id)

    def update(self, name: str, template: Answer, **options: Any) -> Answer:
        self.client.update_stack(StackName=name, TemplateBody=json.dumps(template), **options)
        return self.describe(name)

    def delete(self, name: str, **options: Any) -> Answer:
        stack_id = self.describe(name)["StackId"]
        self.client.delete_stack(StackName=name, **options)
        return self.describe(stack_id)

    def describe(self, name: str) -> Answer:
        """The stack at rest: the service holds the answer until the operation ends."""
        found: Answer = self.client.describe_stacks(StackName=name)["Stacks"][0]
        return found

    def outputs(self, name: str) -> dict[str, str]:
        return {item["OutputKey"]: item["OutputValue"] for item in self.describe(name)["Outputs"]}

    def events(self, name: str) -> list[tuple[str, str]]:
        """(logical id, status) oldest first."""
        found = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [(item["LogicalResourceId"], item["ResourceStatus"]) for item in reversed(found)]

    def reasons(self, name: str) -> str:
        found = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return "\n".join(item.get("ResourceStatusReason", "") for item in reversed(found))

    def physical_id(self, name: str, logical_id: str) -> str:
        found: str = self.client.describe_stack_resource(
            StackName=name, LogicalResourceId=logical_id
        )["StackResourceDetail"]["PhysicalResourceId"]
        return found


@pytest.fixture(scope="module")
def service() -> CloudFormation:
    return CloudFormation()


@pytest.fixture(scope="module")
def aws(service: CloudFormation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAws]:
    with LocalAws(tmp_path_factory.mktemp("aws"), cloudformation=service) as running:
        yield running


@pytest.fixture(scope="module")
def token(aws: LocalAws) -> str:
    """The ARN of a function that stands behind custom resources."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("index.py", "")
    role = aws.client("iam").create_role(RoleName="fake", AssumeRolePolicyDocument="{}")["Role"]
    arn: str = aws.client("lambda").create_function(
        FunctionName="fake",
        Runtime="python3.12",
        Role=role["Arn"],
        Handler="index.handler",
        Code={"ZipFile": archive.getvalue()},
    )["FunctionArn"]
    return arn


@pytest.fixture
def functions(aws: LocalAws, monkeypatch: pytest.MonkeyPatch) -> FakeFunctions:
    fake = FakeFunctions()
    monkeypatch.setattr(aws.lambda_runtime, "invoke_async", fake.invoke_async)
    return fake


@pytest.fixture
def stacks(aws: LocalAws, service: CloudFormation, functions: FakeFunctions) -> Iterator[Stacks]:
    used = Stacks(aws, service, functions)
    yield used
    functions.behaviour = lambda _event: {}
    for name in reversed(used.used):
        if name in service.status():
            used.delete(name)


@pytest.fixture(scope="session")
def repository() -> Path:
    return Path(__file__).parents[4]
