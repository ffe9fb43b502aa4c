"""A Distributed Map of the embedded AWS over 100, 1,000 and 10,000 items, in batches of 50.

Each batch goes to a real Python function in its sandboxes, which reads the batch and answers with
the number of items, as the packaging step of a fleet does. Nothing but the interpreter, the
function's sandboxes and the S3 object with the items is measured.

Exit status 1 when 10,000 items take --limit-seconds (120) or more, when they take more than 100
times as long as 100 items, or when memory grows by --limit-mb (200) or more from the second run on.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Any, Final

from inferctl.localaws.app import LocalAws

SIZES: Final = (100, 100, 1000, 10_000)
BATCH: Final = 50
HANDLER: Final = """
import json
def handler(event, context):
    names = [item["model"] for item in event["Items"]]
    return {"packed": len(names), "fleet": event["BatchInput"]["fleet"]}
"""
ROLE: Final = "arn:aws:iam::123456789012:role/machine"
POLICY: Final = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "lambda.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def items(count: int) -> bytes:
    """A work list of the size that a fleet writes for each model."""
    listed = [
        {
            "model": f"model-{number:05}",
            "digest": f"{number:064x}",
            "key": f"models/model-{number:05}/{number:016x}.tar.gz",
            "source_bytes": 100_000_000 + number,
        }
        for number in range(count)
    ]
    return json.dumps(listed).encode()


def definition(children: int) -> str:
    """A map over the object that the input names."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "pack", "Payload.$": "$"},
        "OutputPath": "$.Payload",
        "Retry": [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 3}],
        "End": True,
    }
    packages = {
        "Type": "Map",
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Parameters": {"Bucket": "work", "Key.$": "$.key"},
        },
        "ItemBatcher": {"MaxItemsPerBatch": BATCH, "BatchInput": {"fleet.$": "$.fleet"}},
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "Pack",
            "States": {"Pack": task},
        },
        "MaxConcurrency": children,
        "ToleratedFailurePercentage": 100,
        "End": True,
    }
    return json.dumps({"StartAt": "Packages", "States": {"Packages": packages}})


def make(aws: LocalAws, children: int) -> str:
    """The ARN of the state machine."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("index.py", HANDLER)
    role = aws.client("iam").create_role(
        RoleName="pack", AssumeRolePolicyDocument=json.dumps(POLICY)
    )
    aws.client("lambda").create_function(
        FunctionName="pack",
        Runtime="python3.12",
        Handler="index.handler",
        Role=role["Role"]["Arn"],
        Timeout=60,
        Code={"ZipFile": buffer.getvalue()},
    )
    aws.client("s3").create_bucket(Bucket="work")
    made = aws.client("stepfunctions").create_state_machine(
        name="packages", definition=definition(children), roleArn=ROLE
    )
    arn: str = made["stateMachineArn"]
    return arn


def run(aws: LocalAws, machine: str, count: int) -> float:
    """Seconds of one execution; raises RuntimeError when it does not do all of its work."""
    aws.client("s3").put_object(Bucket="work", Key=f"{count}.json", Body=items(count))
    states = aws.client("stepfunctions")
    begun = time.monotonic()
    execution = states.start_execution(
        stateMachineArn=machine, input=json.dumps({"key": f"{count}.json", "fleet": "f"})
    )["executionArn"]
    while (seen := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        time.sleep(0.05)
    seconds = time.monotonic() - begun
    outputs: list[dict[str, Any]] = json.loads(seen.get("output", "[]"))
    packed = sum(output["packed"] for output in outputs)
    if seen["status"] != "SUCCEEDED" or packed != count:
        raise RuntimeError(f"{seen['status']} after {packed} items: {seen.get('cause')}")
    return seconds


def memory_mb() -> float:
    """Resident memory of this process, which is the embedded AWS."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def main() -> int:
    """Print a line for each size and the verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=8, help="MaxConcurrency")
    parser.add_argument("--limit-seconds", type=float, default=120)
    parser.add_argument("--limit-mb", type=float, default=200)
    arguments = parser.parse_args()
    seconds: dict[int, float] = {}
    memory: list[float] = []
    print("items     seconds   items/s   memory MB")
    with tempfile.TemporaryDirectory() as folder, LocalAws(Path(folder)) as aws:
        machine = make(aws, arguments.children)
        for count in SIZES:
            # the first run starts the sandboxes and is measured again
            seconds[count] = run(aws, machine, count)
            memory.append(memory_mb())
            rate = count / seconds[count]
            print(f"{count:6,} {seconds[count]:10.2f} {rate:9.0f} {memory[-1]:11.0f}", flush=True)
    growth = seconds[SIZES[-1]] / seconds[SIZES[0]]
    grown = max(memory[1:]) - memory[1]
    ratio = SIZES[-1] // SIZES[0]
    print(f"{ratio} times the items take {growth:.1f} times as long; memory grew by {grown:.0f} MB")
    late = seconds[SIZES[-1]] >= arguments.limit_seconds
    return int(late or growth > ratio or grown >= arguments.limit_mb)


if __name__ == "__main__":
    sys.exit(main())
