"""The client's user data: two parts, a script that bash reads, arguments that the client takes."""

from __future__ import annotations

import email
import json
import re
import shlex
import subprocess
from email.message import Message

import pytest

from accelerator_catalog import GPU_EC2_INSTANCES
from inference_constructs.tf_serving import PLAIN_SERVER, SharedGpu, equal_shares
from inference_constructs.tf_serving.client_script import ClientScriptProps, client_script
from load_client.arguments import parse

T4 = GPU_EC2_INSTANCES["g4dn.xlarge"]
PROPS = ClientScriptProps(
    packages=["s3://assets/client.zip", "s3://assets/artifacts.zip"],
    region="us-east-1",
    log_group="comparison",
    report_uri="s3://bucket/reports/",
    address="10.0.1.2",
    model="ssdresnet",
    servers=[PLAIN_SERVER, *SharedGpu(T4, equal_shares(T4)).servers],
    inputs=["inputs=UINT8:1,640,640,3", "it's=FP32:1"],
    calls=20,
    timeout_seconds=60,
    ready_seconds=1800,
    occasion="task-definition/tfs:7",
)


@pytest.fixture(scope="module")
def script() -> str:
    _, second = _parts()
    return str(second.get_payload())


def _parts() -> list[Message]:
    parts = email.message_from_string(client_script(PROPS)).get_payload()
    assert isinstance(parts, list)
    return [part for part in parts if isinstance(part, Message)]


def _line(script: str, word: str) -> str:
    (line,) = (line for line in script.splitlines() if word in line)
    return line


def test_scripts_run_at_every_boot() -> None:
    first, second = _parts()

    assert first.get_content_type() == "text/cloud-config"
    assert "scripts-user, always" in str(first.get_payload())
    assert second.get_content_type() == "text/x-shellscript"
    assert str(second.get_payload()).startswith("#!/bin/bash\n")


def test_bash_reads_the_script(script: str) -> None:
    done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_user_data_fits(script: str) -> None:
    # docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html
    assert len(script.encode()) < 16 * 1024 / 2


def test_the_client_takes_its_arguments(script: str) -> None:
    words = shlex.split(_line(script, "-m load_client"))
    invocation = parse(words[words.index("load_client") + 1 :])

    servers = {server.name: server.target.address for server in invocation.plan.servers}
    assert {name: address.rpartition(":")[2] for name, address in servers.items()} == {
        "plain": "8500",
        "gpu-1": "9000",
        "gpu-2": "9002",
    }
    assert all("10.0.1.2" in address for address in servers.values())
    assert {server.target.model for server in invocation.plan.servers} == {"ssdresnet"}
    assert {name: array.shape for name, array in invocation.plan.inputs.items()} == {
        "inputs": (1, 640, 640, 3),
        "it's": (1,),
    }
    assert invocation.ship_to == ("bucket", "reports/")
    assert invocation.region == "us-east-1"


def test_twenty_calls_are_one_cold_and_nineteen_more(script: str) -> None:
    words = shlex.split(_line(script, "-m load_client"))
    (shape,) = parse(words[words.index("load_client") + 1 :]).plan.shapes

    assert (shape.calls, shape.warm_up_calls, shape.concurrency) == (19, 0, 1)
    assert shape.timeout_seconds == 60


def test_it_waits_for_every_server_before_it_measures(script: str) -> None:
    asked = re.findall(r"until curl .* (http://\S+) \| grep AVAILABLE; do", script)

    assert asked == [
        "http://10.0.1.2:8501/v1/models/ssdresnet",
        "http://10.0.1.2:9001/v1/models/ssdresnet",
        "http://10.0.1.2:9003/v1/models/ssdresnet",
    ]
    assert script.rindex("grep AVAILABLE") < script.index("-m load_client")


def test_the_log_is_shipped_before_anything_can_fail(script: str) -> None:
    settings = json.loads(script.partition("<<'SETTINGS'\n")[2].partition("\nSETTINGS")[0])
    (file,) = settings["logs"]["logs_collected"]["files"]["collect_list"]

    assert file["file_path"] == "/var/log/cloud-init-output.log"
    assert file["log_group_name"] == "comparison"
    assert script.index("amazon-cloudwatch-agent-ctl") < script.index("aws s3 cp")


def test_another_task_definition_is_another_script() -> None:
    assert "# Measures task-definition/tfs:7." in client_script(PROPS)
