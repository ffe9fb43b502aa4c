"""Triton's schema loads without the gRPC client, and agrees with the client when that comes."""

from __future__ import annotations

import subprocess
import sys

_CHECK = """
import sys
import model_lint
model_lint.lint_repository(
    model_lint.Repository(
        files={"m/config.pbtxt": model_lint.RepositoryFile.of("m/config.pbtxt", b'name: "m"')},
        target="cpu",
        image=model_lint.ServingImage(tag="26.05-py3", kind="stock"),
    )
)
absent = {"grpc", "numpy", "onnx", "aws_cdk", "tritonclient.grpc", "boto3"} & set(sys.modules)
assert not absent, absent
from tritonclient.grpc import model_config_pb2
from model_lint.schema import new_model_config
assert type(new_model_config()) is model_config_pb2.ModelConfig
print("agreed")
"""


def test_lint_loads_neither_grpc_nor_numpy_and_the_client_still_imports() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CHECK], capture_output=True, text=True, check=False, timeout=60
    )

    assert (done.stdout, done.stderr) == ("agreed\n", "")
