"""The command line and the variables a sandbox starts with.

Source of the variables: docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from .function import FunctionSpec

_HERE = Path(__file__).resolve().parent
# what Lambda's Python image carries besides the standard library
_PYTHON_PACKAGES = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")


class UnsupportedRuntimeError(ValueError):
    """No interpreter for this runtime, or nothing to run it with."""


@dataclass(frozen=True, kw_only=True)
class Interpreters:
    """What handlers run on; ``node`` is None where there is none."""

    node: Path | None
    node_modules: Path
    python: Path = Path(sys.executable)


def link_python_packages(directory: Path) -> Path:
    """A folder that holds only `_PYTHON_PACKAGES`, as links.

    The virtual environment as a whole would also lend handlers this project's own packages, and a
    handler that forgot to ship one would work here and fail on AWS.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for name in _PYTHON_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            continue
        origin = Path(spec.origin)
        source = origin.parent if origin.name == "__init__.py" else origin
        link = directory / source.name
        if not (link.is_symlink() and link.resolve() == source.resolve()):
            link.unlink(missing_ok=True)
            link.symlink_to(source)
    return directory


def command(
    function: FunctionSpec, *, interpreters: Interpreters, channel: int, packages: Path
) -> list[str]:
    """What to execute; raises `UnsupportedRuntimeError`."""
    if function.runtime.startswith("python"):
        python = [str(interpreters.python), "-I", "-S", "-u"]
        return [*python, str(_HERE / "bootstrap_python.py"), str(channel), str(packages)]
    if function.runtime.startswith("nodejs"):
        if interpreters.node is None:
            raise UnsupportedRuntimeError("nodejs functions need node, which is not installed")
        node = [str(interpreters.node), "--no-warnings"]
        return [*node, str(_HERE / "bootstrap_node.js"), str(channel)]
    known = "python3.x and nodejsN.x"
    raise UnsupportedRuntimeError(f"runtime {function.runtime!r} is not emulated; {known} are")


def variables(
    function: FunctionSpec,
    *,
    root: Path,
    endpoint_url: str,
    log_stream: str,
    interpreters: Interpreters,
) -> dict[str, str]:
    """The sandbox's whole environment; the function's own variables win, as on AWS."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(root),
        "TMPDIR": os.environ.get("TMPDIR", "/tmp"),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "_HANDLER": function.handler,
        "LAMBDA_TASK_ROOT": str(root),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": function.version,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "AWS_REGION": function.region,
        "AWS_DEFAULT_REGION": function.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL": endpoint_url,
        "NO_PROXY": "localhost,127.0.0.1",
        "NODE_PATH": str(interpreters.node_modules),
        "LOCALAWS_FUNCTION_ARN": function.arn,
        **function.environment,
    }
