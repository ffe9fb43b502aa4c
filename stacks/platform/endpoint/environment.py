"""Rules of the container's extra variables: SageMaker's limits and the names that are taken."""

from __future__ import annotations

from collections.abc import Mapping

from stacks.platform.file import Endpoint
from stacks.platform.findings import Findings
from stacks.platform.problems import ABSENT

ENVIRONMENT_API = (
    "https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ContainerDefinition.html"
)
# SageMaker takes 100 with 32 KiB in all, and the endpoint sets two of 63 bytes itself.
MOST_ENTRIES = 98
LONGEST_BYTES = 1024
LARGEST_BYTES = 32 * 1024 - 63
_SERVE = "https://github.com/triton-inference-server/server, docker/sagemaker/serve"
_PLACE = "endpoint.environment"

_SET_BY_US = "is set by the endpoint itself"
RESERVED: Mapping[str, str] = {
    "SAGEMAKER_MULTI_MODEL": "is set by SageMaker on every multi-model endpoint",
    "SAGEMAKER_BIND_TO_PORT": "is fixed, because SageMaker calls port 8080",
    "SAGEMAKER_TRITON_PING_MODE": f"{_SET_BY_US} to live, or pings fail while a model loads",
    "SAGEMAKER_TRITON_OVERRIDE_PING_MODE": f"{_SET_BY_US}, or pings fail while a model loads",
    "SAGEMAKER_TRITON_DEFAULT_MODEL_NAME": "is ignored on a multi-model endpoint",
    "SAGEMAKER_TRITON_INFERENCE_TYPE": "is ignored on a multi-model endpoint",
    "SAGEMAKER_TRITON_TENSORFLOW_VERSION": "is obsolete",
    "SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT": (
        "makes a full GPU answer 400 instead of 507, so that SageMaker evicts no model"
    ),
    "SAGEMAKER_TRITON_DISABLE_MODEL_NAMESPACING": (
        "passes its value to --model-namespacing, the opposite of its name, and archives need"
        " namespacing"
    ),
}
CREDENTIALS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})
_NEED_A_NETWORK = frozenset(
    [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "http_proxy",
        "https_proxy",
        "HF_TOKEN",
        "HF_ENDPOINT",
        "HUGGING_FACE_HUB_TOKEN",
        "PIP_INDEX_URL",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_S3",
    ]
)


def check_environment(endpoint: Endpoint, findings: Findings) -> None:
    """Adds what is wrong with ``endpoint.environment``."""
    environment = endpoint.environment
    if len(environment) > MOST_ENTRIES:
        findings.refuse(
            _PLACE,
            ABSENT,
            rule=f"has {len(environment)} entries; SageMaker takes {MOST_ENTRIES} and our two",
            fix="remove some",
            source=ENVIRONMENT_API,
        )
    total = 0
    for name, value in environment.items():
        sizes = [("name", len(name.encode())), ("value", len(value.encode(errors="replace")))]
        total += sum(size for _, size in sizes)
        for what, size in sizes:
            if size > LONGEST_BYTES:
                findings.refuse(
                    f"{_PLACE}.{name}",
                    value,
                    rule=f"has a {what} of {size:,} bytes; SageMaker takes {LONGEST_BYTES:,}",
                    fix="shorten it",
                    source=ENVIRONMENT_API,
                )
        if name in RESERVED:
            findings.refuse(
                f"{_PLACE}.{name}", value, rule=RESERVED[name], fix="remove it", source=_SERVE
            )
        elif name in CREDENTIALS:
            findings.refuse(
                f"{_PLACE}.{name}",
                ABSENT,
                rule="is a credential, which a template would show to all its readers",
                fix="remove it; the container has the endpoint's role",
            )
        elif endpoint.network_isolation and name in _NEED_A_NETWORK:
            findings.refuse(
                f"{_PLACE}.{name}",
                value,
                rule="is of no use to a container that network_isolation cuts off",
                fix="remove it, or write endpoint.network_isolation: false",
            )
    if total > LARGEST_BYTES:
        findings.refuse(
            _PLACE,
            ABSENT,
            rule=f"has {total:,} bytes in all; SageMaker takes {LARGEST_BYTES:,} and our two",
            fix="shorten it",
            source=ENVIRONMENT_API,
        )
