from __future__ import annotations

import json
import os
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from inferctl.localaws.lambda_runtime import FunctionSpec, LambdaRuntime

pytestmark = pytest.mark.server
Function = Callable[..., FunctionSpec]


def call(runtime: LambdaRuntime, function: FunctionSpec, event: Any = None) -> Any:
    outcome = runtime.invoke(function, json.dumps(event).encode())
    assert outcome.error is None, outcome.payload
    return json.loads(outcome.payload)


def failure(runtime: LambdaRuntime, function: FunctionSpec, event: Any = None) -> dict[str, Any]:
    outcome = runtime.invoke(function, json.dumps(event).encode())
    assert outcome.error == "Unhandled"
    return outcome.error_fields


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.01)


def test_a_python_handler_gets_the_event_and_lambdas_context(
    runtime: LambdaRuntime, function: Function
) -> None:
    source = """
import os
def handler(event, context):
    left = context.get_remaining_time_in_millis()
    return {"event": event, "arn": context.invoked_function_arn, "left": 25_000 < left <= 30_000,
            "group": [context.log_group_name, os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]],
            "stream": context.log_stream_name == os.environ["AWS_LAMBDA_LOG_STREAM_NAME"],
            "handler": os.environ["_HANDLER"], "mine": os.environ["MINE"],
            "root": os.getcwd() == os.environ["LAMBDA_TASK_ROOT"]}
"""
    spec = function(source, environment={"MINE": "yes"})

    answer = call(runtime, spec, {"ünï": [1, 2.5, None]})

    assert answer == {
        "event": {"ünï": [1, 2.5, None]},
        "arn": spec.arn,
        "left": True,
        "group": [spec.log_group, spec.log_group],
        "stream": True,
        "handler": "index.handler",
        "mine": "yes",
        "root": True,
    }


def test_a_python_handler_sees_boto3_and_nothing_of_this_project(
    runtime: LambdaRuntime, function: Function
) -> None:
    source = """
import importlib.util
def handler(event, context):
    return [name for name in event if importlib.util.find_spec(name)]
"""

    found = call(
        runtime,
        function(source),
        ["boto3", "botocore", "moto", "pydantic", "aws_cdk", "inferctl", "model_artifacts"],
    )

    assert found == ["boto3", "botocore"]


def test_a_sandbox_stays_warm_between_calls(runtime: LambdaRuntime, function: Function) -> None:
    spec = function("import os\nn = []\ndef handler(e, c):\n n.append(e)\n return [os.getpid(), n]")

    first, second = call(runtime, spec, 1), call(runtime, spec, 2)

    assert first[0] == second[0]
    assert second[1] == [1, 2]


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("def handler(e, c): raise KeyError('k')", "KeyError", "'k'"),
        ("import nowhere", "Runtime.ImportModuleError", "Unable to import module 'index'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'index.handler' missing on module 'index'"),
        ("def handler(e, c): return {1, 2}", "Runtime.MarshalError", "Unable to marshal response"),
        ("import os\ndef handler(e, c): os._exit(7)", "Runtime.ExitError", "exit status 7"),
        ("import os\ndef handler(e, c): os.kill(os.getpid(), 9)", "Runtime.ExitError", "signal 9"),
    ],
)
def test_errors_have_the_type_and_message_of_lambda(
    runtime: LambdaRuntime, function: Function, source: str, kind: str, message: str
) -> None:
    fields = failure(runtime, function(source))

    assert fields["errorType"] == kind
    assert message in fields["errorMessage"]


def test_after_a_crash_the_next_call_works(runtime: LambdaRuntime, function: Function) -> None:
    spec = function("import os\ndef handler(e, c):\n if e: os._exit(1)\n return 'fine'")

    assert failure(runtime, spec, event=True)["errorType"] == "Runtime.ExitError"
    assert call(runtime, spec, event=False) == "fine"


def test_a_handler_that_takes_too_long_is_killed_with_its_children(
    runtime: LambdaRuntime, function: Function, shared_file: Path
) -> None:
    source = """
import subprocess, time
def handler(event, context):
    child = subprocess.Popen(["sleep", "600"])
    with open(event, "w") as file:
        file.write(str(child.pid))
    time.sleep(600)
"""

    fields = failure(runtime, function(source, timeout_seconds=1), str(shared_file))

    assert fields["errorType"] == "Sandbox.Timedout"
    assert fields["errorMessage"].endswith("Task timed out after 1.00 seconds")
    wait_until_gone(int(shared_file.read_text()))


def test_events_at_once_get_a_sandbox_each(
    runtime: LambdaRuntime, function: Function, tmp_path: Path
) -> None:
    source = """
import os, time
def handler(event, context):
    open(os.path.join(event, str(os.getpid())), "w").close()
    deadline = time.time() + 20
    while len(os.listdir(event)) < 3 and time.time() < deadline:
        time.sleep(0.01)
    return os.getpid()
"""
    spec = function(source)

    with ThreadPoolExecutor(3) as threads:
        pids = set(threads.map(lambda _: call(runtime, spec, str(tmp_path)), range(3)))

    assert len(pids) == 3


def test_new_code_ends_the_old_sandbox(runtime: LambdaRuntime, function: Function) -> None:
    old = call(runtime, function("import os\ndef handler(e, c): return os.getpid()"))

    new = call(runtime, function("import os\ndef handler(e, c): return -os.getpid()"))

    assert new < 0
    wait_until_gone(old)


def test_retiring_a_function_ends_its_sandbox(runtime: LambdaRuntime, function: Function) -> None:
    spec = function("import os\ndef handler(e, c): return os.getpid()")
    pid = call(runtime, spec)

    runtime.retire(spec.arn)

    wait_until_gone(pid)


def test_a_failed_event_is_reported_and_a_good_one_is_not(
    runtime: LambdaRuntime, function: Function
) -> None:
    spec = function("def handler(e, c):\n if e['fail']: raise RuntimeError('no')")
    reports: queue.Queue[tuple[str, Any, dict[str, Any]]] = queue.Queue()
    runtime.async_failure_listener = lambda *report: reports.put(report)

    runtime.invoke_async(spec, b'{"fail": false}')
    runtime.invoke_async(spec, b'{"fail": true}')

    arn, event, error = reports.get(timeout=60)
    assert (arn, event) == (spec.arn, {"fail": True})
    assert (error["errorType"], error["errorMessage"]) == ("RuntimeError", "no")
    assert reports.empty()


def test_log_lines_belong_to_their_call(runtime: LambdaRuntime, function: Function) -> None:
    written: list[tuple[str, list[str]]] = []
    spec = function(
        "import sys\nprint('loading')\n"
        "def handler(e, c):\n print('out', e)\n print('err', e, file=sys.stderr)",
        write_logs=lambda stream, lines: written.append((stream, lines)),
    )

    call(runtime, spec, 1)
    call(runtime, spec, 2)

    streams, lines = zip(*written, strict=True)
    assert len(set(streams)) == 1
    assert lines[0][1:-2] == ["loading", "out 1", "err 1"]
    assert lines[1][1:-2] == ["out 2", "err 2"]
    assert lines[0][0].startswith("START RequestId: ")
    assert "Duration: " in lines[0][-1]


def test_a_runtime_that_is_not_emulated_says_which_are(
    runtime: LambdaRuntime, function: Function
) -> None:
    fields = failure(runtime, function("", runtime="java21"))

    assert fields["errorMessage"] == (
        "runtime 'java21' is not emulated; python3.x and nodejsN.x are"
    )


def test_code_that_is_no_archive_is_an_error_of_the_call(
    runtime: LambdaRuntime, function: Function
) -> None:
    fields = failure(runtime, function("", code=b"text"))

    assert fields["errorMessage"].endswith("is not a zip archive")


@pytest.mark.parametrize(
    "source",
    [
        "exports.handler = async (event, context) => ({...event, id: context.awsRequestId.length})",
        "exports.handler = (event, c, done) => setTimeout(() => done(null, {...event, id: 36}))",
        "exports.handler = (event) => Promise.resolve({...event, id: 36})",
    ],
    ids=["async", "callback", "promise"],
)
def test_nodejs_handlers_of_each_style(
    runtime: LambdaRuntime, function: Function, source: str
) -> None:
    spec = function(files={"index.js": source}, runtime="nodejs22.x")

    assert call(runtime, spec, {"a": 1}) == {"a": 1, "id": 36}
    assert call(runtime, spec, {"a": 2}) == {"a": 2, "id": 36}


def test_a_nodejs_module_handler_is_imported(runtime: LambdaRuntime, function: Function) -> None:
    source = "import https from 'https'; export const handler = async () => typeof https.request"
    spec = function(files={"index.mjs": source}, runtime="nodejs22.x")

    assert call(runtime, spec) == "function"


@pytest.mark.parametrize(
    ("source", "kind", "message"),
    [
        ("exports.handler = async () => { throw new RangeError('far') }", "RangeError", "far"),
        ("exports.handler = (e, c, done) => done(new Error('called'))", "Error", "called"),
        ("exports.other = 1", "Runtime.HandlerNotFound", "undefined or not exported"),
        ("exports.handler = async () => process.exit(3)", "Runtime.ExitError", "exit status 3"),
        ("require('nowhere')", "Error", "Cannot find module 'nowhere'"),
    ],
)
def test_nodejs_errors_have_type_and_message(
    runtime: LambdaRuntime, function: Function, source: str, kind: str, message: str
) -> None:
    fields = failure(runtime, function(files={"index.js": source}, runtime="nodejs22.x"))

    assert fields["errorType"] == kind
    assert message in fields["errorMessage"]


def test_nodejs_finds_the_aws_sdk(runtime: LambdaRuntime, function: Function) -> None:
    source = "exports.handler = async () => typeof require('@aws-sdk/client-lambda').LambdaClient"
    spec = function(files={"index.js": source}, runtime="nodejs22.x")

    assert call(runtime, spec) == "function"


def test_closing_ends_sandboxes_that_are_busy(
    tmp_path: Path, runtime: LambdaRuntime, function: Function, shared_file: Path
) -> None:
    own = LambdaRuntime(
        tmp_path, endpoint_url="http://localhost:1", interpreters=runtime._interpreters
    )
    source = """
import os, time
def handler(event, context):
    with open(event + ".part", "w") as file:
        file.write(str(os.getpid()))
    os.rename(event + ".part", event)
    time.sleep(600)
"""
    outcome: list[dict[str, Any]] = []
    spec = function(source)
    thread = threading.Thread(
        target=lambda: outcome.append(failure(own, spec, str(shared_file))), daemon=True
    )
    thread.start()
    deadline = time.monotonic() + 60
    while not shared_file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)

    own.close()

    thread.join(timeout=20)
    assert outcome[0]["errorType"] == "Runtime.ExitError"
    wait_until_gone(int(shared_file.read_text()))
