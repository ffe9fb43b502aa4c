"""What the client instance does at every boot: fetch, wait for both servers, measure, ship."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from .server import ModelServer

BOOT_LOG = "/var/log/cloud-init-output.log"
"""What cloud-init writes of a boot: the article's place of the client's report."""
_FOLDER = "/opt/load_client"
_AGENT_SETTINGS = "/opt/load_client/log-agent.json"
_AGENT = "/opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl"
_PYTHON = "python3.12"
_POLL_SECONDS = 5
_BOUNDARY = "==comparison=="


@dataclass(frozen=True, kw_only=True)
class ClientScriptProps:
    """``packages``: ``s3://`` addresses of the archives that the client is made of.

    ``calls``: to each server, of which the first one, cold, is reported apart.
    ``inputs``: the model's, made up by the client, such as ``inputs=UINT8:1,640,640,3``.
    ``occasion``: whatever it says, another one makes the client measure again.
    """

    packages: Sequence[str]
    region: str
    log_group: str
    report_uri: str
    address: str
    model: str
    servers: Sequence[ModelServer]
    inputs: Sequence[str]
    calls: int
    timeout_seconds: int
    ready_seconds: int
    occasion: str


def client_script(props: ClientScriptProps) -> str:
    """User data in two parts. Scripts of user data run once in an instance's life; the first part
    has them run at every boot, so that a reboot measures again.
    repost.aws/knowledge-center/execute-user-data-ec2
    """
    settings = "#cloud-config\ncloud_final_modules:\n- [scripts-user, always]\n"
    script = "\n".join(_lines(props)) + "\n"
    return (
        f'Content-Type: multipart/mixed; boundary="{_BOUNDARY}"\nMIME-Version: 1.0\n\n'
        f"--{_BOUNDARY}\n"
        f'Content-Type: text/cloud-config; charset="us-ascii"\n\n{settings}\n'
        f"--{_BOUNDARY}\n"
        f'Content-Type: text/x-shellscript; charset="us-ascii"\n\n{script}\n'
        f"--{_BOUNDARY}--\n"
    )


def _lines(props: ClientScriptProps) -> list[str]:
    return [
        "#!/bin/bash",
        f"# Measures {props.occasion}.",
        "set -euo pipefail",
        *_ship_log(props),
        *_install(props),
        *_wait(props),
        *_measure(props),
    ]


def _ship_log(props: ClientScriptProps) -> list[str]:
    """First of all, so that what goes wrong after it is found without a shell on the instance."""
    stream = {
        "file_path": BOOT_LOG,
        "log_group_name": props.log_group,
        "log_stream_name": "{instance_id}",
    }
    settings = {"logs": {"logs_collected": {"files": {"collect_list": [stream]}}}}
    return [
        f"dnf install --assumeyes amazon-cloudwatch-agent {_PYTHON} {_PYTHON}-pip unzip",
        f"mkdir --parents {_FOLDER}",
        f"cat > {_AGENT_SETTINGS} <<'SETTINGS'",
        json.dumps(settings),
        "SETTINGS",
        f"{_AGENT} -a fetch-config -m ec2 -s -c file:{_AGENT_SETTINGS}",
    ]


def _install(props: ClientScriptProps) -> list[str]:
    lines = []
    for package in props.packages:
        lines += [
            f"aws s3 cp --only-show-errors --region {props.region} {package} /tmp/package.zip",
            f"unzip -q -o /tmp/package.zip -d {_FOLDER}",
        ]
    return [
        *lines,
        f"{_PYTHON} -m pip install --quiet --no-deps --only-binary :all:"
        f" --upgrade --target {_FOLDER} --requirement {_FOLDER}/requirements.txt",
    ]


def _wait(props: ClientScriptProps) -> list[str]:
    """As in the article: until both servers say by REST that the model's version is AVAILABLE."""
    lines = [f"deadline=$((SECONDS + {props.ready_seconds}))"]
    for server in props.servers:
        url = f"http://{props.address}:{server.rest_port}/v1/models/{props.model}"
        lines += [
            f"until curl --silent --max-time {_POLL_SECONDS} {url} | grep AVAILABLE; do",
            f"  if (( SECONDS > deadline )); then echo '{server.label} is not ready'; exit 1; fi",
            f"  sleep {_POLL_SECONDS}",
            "done",
        ]
    return lines


def _measure(props: ClientScriptProps) -> list[str]:
    servers = [
        f"{server.label}=tf-serving-grpc://{props.address}:{server.grpc_port}"
        for server in props.servers
    ]
    inputs = [word for one in props.inputs for word in ("--input", shlex.quote(one))]
    return [
        f"cd {_FOLDER}",
        " ".join(
            [
                # One core is enough for the client; numpy's threads would only compete with it.
                f"OPENBLAS_NUM_THREADS=1 PYTHONUNBUFFERED=1 {_PYTHON} -m load_client",
                *servers,
                f"--model {props.model}",
                *inputs,
                # The first call is counted apart.
                f"--calls {props.calls - 1}",
                "--warm-up 0",
                f"--timeout {props.timeout_seconds}",
                f"--wait {props.ready_seconds}",
                f"--region {props.region}",
                f"--ship {props.report_uri}",
            ]
        ),
    ]
