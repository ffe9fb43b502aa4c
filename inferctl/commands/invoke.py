"""``inferctl invoke``: one request to one model, the answer on standard output."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from inferctl.commands._target import add_target, deployment_of, load, model_named
from inferctl.deployment import NotDeployedError
from inferctl.endpoint_client import InvocationError
from inferctl.output import errors
from inferctl.questions import golden_request
from stacks.config import Platform

# docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
BODY_LIMIT = 6_291_456


def add_parser(verbs: Any) -> None:
    """``inferctl invoke MODEL [--text TEXT | --request FILE]``."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        "invoke", help="send one request to a model", description=__doc__
    )
    parser.add_argument("model", help="a model's published name, such as minilm")
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--text", action="append", help="a string for INPUT0; repeat for a batch")
    source.add_argument("--request", type=Path, help="a KServe v2 JSON file, - for standard input")
    parser.add_argument("--raw", action="store_true", help="print the body as it came")
    add_target(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 answered, 1 refused by the endpoint, 2 unusable input."""
    try:
        platform = load(arguments.platform)
        body = _body(arguments, platform)
        deployment = deployment_of(platform)
    except (OSError, NotDeployedError, ValueError) as error:
        errors.print(str(error), markup=False)
        return 2
    try:
        client = deployment.client()
        target_model = client.target_model(arguments.model)
        answer = client.invoke(target_model, body)
        if arguments.raw:
            sys.stdout.buffer.write(answer.body)
        else:
            print(json.dumps(_shortened(answer.json()), indent=2))
    except (InvocationError, NotDeployedError) as error:
        errors.print(str(error), markup=False)
        return 1
    errors.print(f"{target_model}: {answer.seconds * 1000:.1f} ms", style="dim")
    return 0


def _body(arguments: argparse.Namespace, platform: Platform) -> bytes:
    if arguments.text:
        count = len(arguments.text)
        tensor = {"name": "INPUT0", "shape": [count, 1], "datatype": "BYTES"}
        body = json.dumps({"inputs": [{**tensor, "data": arguments.text}]}).encode()
    elif arguments.request is not None and str(arguments.request) == "-":
        body = sys.stdin.buffer.read(BODY_LIMIT + 1)
    elif arguments.request is not None:
        body = arguments.request.read_bytes()
    else:
        model = model_named(platform, arguments.model)
        body = golden_request(model.folder, model.build)
    if len(body) > BODY_LIMIT:
        text = f"the request has more than {BODY_LIMIT:,} bytes, the limit of InvokeEndpoint"
        raise ValueError(f"{text}; send a smaller batch or binary tensors")
    return body


def _shortened(answer: dict[str, Any], limit: int = 8) -> dict[str, Any]:
    """Long tensors cut for reading; ``--raw`` has them whole."""
    for output in answer.get("outputs", []):
        data = output.get("data", [])
        if len(data) > limit:
            output["data"] = [*data[:limit], f"... {len(data) - limit} more (--raw shows all)"]
    return answer
