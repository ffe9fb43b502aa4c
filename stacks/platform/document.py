"""``docs/platform-file.md``, written from the types: ``python -m stacks.platform.document``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stacks.platform.endpoint.environment import (
    ENVIRONMENT_API,
    LARGEST_BYTES,
    LONGEST_BYTES,
    MOST_ENTRIES,
)
from stacks.platform.file import PlatformFile
from stacks.platform.messages import SOURCES

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "platform-file.md"
_SECTIONS = (
    ("PlatformFile", "Top level"),
    ("Network", "network"),
    ("FlowLogs", "network.flow_logs"),
    ("Endpoint", "endpoint"),
    ("Image", "endpoint.image"),
    ("EndpointDeployment", "endpoint.deployment"),
    ("EndpointVerification", "endpoint.verification"),
    ("Scaling", "endpoint.scaling"),
    ("Schedule", "endpoint.scaling.schedules[]"),
    ("ModelEntry", "models[]"),
    ("Compile", "compile"),
    ("Cluster", "cluster"),
    ("ProblemDetector", "cluster.problem_detector"),
    ("Pool", "cluster.pools[]"),
    ("Spot", "cluster.pools[].spot"),
    ("Service", "cluster.services[]"),
    ("ServiceScaling", "cluster.services[].scaling"),
    ("ServiceSchedule", "cluster.services[].scaling.schedules[]"),
    ("LoadBalancer", "cluster.services[].load_balancer"),
    ("Deployment", "cluster.services[].deployment"),
    ("ServiceVerification", "cluster.services[].verification"),
    ("OneOffTask", "cluster.tasks[]"),
    ("Workload", "cluster.services[].workload, cluster.tasks[].workload"),
    ("WorkloadPort", "cluster.services[].workload.ports[]"),
    ("HealthCheck", "cluster.services[].workload.health_check"),
    ("Model", "cluster.services[].model, cluster.tasks[].model"),
    ("Comparison", "comparison"),
    ("GpuShare", "comparison.shares[]"),
    ("ComparedModel", "comparison.model"),
    ("ServerImages", "comparison.images"),
    ("ComparingClient", "comparison.client"),
    ("Monitoring", "monitoring"),
)
# What the schema says of a key that takes a word beside its section or list.
_WORDS = {
    "accelerated": "build",
    "cluster.services.deployment": "auto",
    "cpu_instance_types": "auto",
    "endpoint.deployment": "all-at-once",
    "flow_logs": "off",
    "gpu_instance_types": "auto",
    "interface_endpoints": "auto",
    "latency_ms": "off",
    "load_balancer": "off",
    "monitoring": "off",
    "plain": "build",
    "problem_detector": "off",
    "scaling": "off",
    "spot": "off",
    "verification": "off",
}
_INTRODUCTION = """\
# The platform file

One YAML file describes one platform: `platforms/<name>.yaml`, or any path ending in `.yaml`.
This page is generated from the types that read it: `python -m stacks.platform.document`. Editors
complete and check the same keys through `platforms/schema.json`.

    tools/run python app.py                              # platforms/laptop.yaml
    tools/run cdk synth -q -c platform=prod              # platforms/prod.yaml
    tools/run cdk synth -q -c platform=/tmp/try.yaml     # any other file

A wrong file is refused with exit status 2 and every problem at once, each with file, place, value,
rule and fix. Only YAML's core words are special: `off` and `on` are text, dates too. Anchors, tags,
merge keys, repeated keys and a second document are refused; 1 MiB and 20 levels are the most.
"""
_RULES = f"""\
## Rules across keys

- Image, host and GPU fit together: `inference_ami: auto` takes the first host whose driver runs the
  image on that GPU. `default` leaves the host to SageMaker, which on g4dn and g5 means driver 470.
  [Host images](https://docs.aws.amazon.com/sagemaker/latest/dg/inference-gpu-drivers.html)
- The instance type has one GPU and is offered in the region.
  [Multi-model endpoints](https://docs.aws.amazon.com/sagemaker/latest/dg/multi-model-support.html)
- `volume_size_gb` is for instance types without NVMe disks of their own.
- `initial_instance_count` lies within the limits of `scaling`. With scaling, an update keeps the
  count that scaling has set; with `scaling: off`, each update applies the number in the file.
- `deployment` shifts at most half, so that an endpoint it updates never has fewer than two
  instances; each part is watched for longer than an alarm needs to fire. [Rollouts](rollouts.md)
- `verification.latency_ms` is for loaded models, so not with `model_cache: disabled`.
  [Verification](verification.md)
- Models of `warm_up` are models of the platform, and have a golden request.
- While scaling is on, SageMaker refuses another `instance_type`: deploy `scaling: off`, then the
  new type, then scaling again.
  [Why](https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-delete.html)
- Private subnets need a NAT gateway and public subnets; every subnet is a /28 or larger.
- Isolated containers reach their models through the S3 gateway endpoint only.
- `environment` takes {MOST_ENTRIES} variables beside our two, {LONGEST_BYTES:,} bytes for a name or
  a value and {LARGEST_BYTES:,} in all ([source]({ENVIRONMENT_API})).
  Credentials are refused, and so are variables that would break the endpoint, such as
  `SAGEMAKER_TRITON_MODEL_LOAD_GPU_LIMIT`.
- A model's build serves its target and has locked weights. One with a compile recipe is compiled
  while the models are deployed: TensorRT on the endpoint's own GPU family and in its own release,
  Neuron on plain hosts, for a target that a pool of the cluster loads. Spot capacity that is taken
  back is tried again, a compiler's error is not.
- A pool holds one instance type that the region offers, on a host image with its drivers that is
  still maintained; no two pools hold the same type. `managed-instances` takes Inferentia2 and
  Trainium.
  [Neuron on ECS](https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-inference.html)
- A verified service runs, behind a load balancer inside the VPC that publishes a port for HTTP.
- No chip of a pool has two owners: ECS does not schedule chips, so services and tasks say which
  they own, with `first_chip`, `chips` and `chips_per_task`.
- An image's Neuron SDK, the host's driver and the chips fit together, and a model is compiled for
  the NeuronCores of its pool: `inf1` for v1, `inf2` or `trn1` for v2, `trn2` for v3.
- A service runs on no more hosts than its pool has, and its deployments can finish: with one task
  of a slot to a host, `minimum_healthy_percent: 100` needs a spare host.
- `metric: requests` needs an alb, `neuroncore_utilization` needs `core_metrics` on the pool, and
  both need a task to measure: `min_instances: 0` goes with schedules or no scaling.
- An alb speaks gRPC over TLS only; what is public has a certificate.
- Isolated subnets reach ECR of their own region and no other registry, and China no public one:
  copy images to your own ECR there.
- Variables that say which cores a task owns, such as `NEURON_RT_VISIBLE_CORES`, are refused.
- Parts of a GPU are no more than its memory and its compute together; a shared GPU is the only one
  of its host, and both instances of a comparison are in private subnets.
- With `accelerator: elastic-inference` the network gets the service's endpoint, which only regions
  that had the service take.
- `monitoring` has something to watch, and tells a topic of its own region. Without a cache there
  are no alarms about it. [Monitoring](monitoring.md)
- A cluster makes at most 500 resources, which is what a CloudFormation stack takes.
- Services past their end need their id in `acknowledge_end_of_life`; legacy ones warn without it.

Whether the models will serve is the business of [the lint rules](lint-rules.md), which run after
these; the models themselves are described in [models](models.md).
"""


def document() -> str:
    """The whole page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    schema = PlatformFile.model_json_schema()
    definitions = {**schema["$defs"], "PlatformFile": schema}
    yield _INTRODUCTION
    for name, title in _SECTIONS:
        section = definitions[name]
        yield f"## {title}\n"
        yield f"{_marked(section['description'].splitlines()[0])}\n"
        yield "| key | takes | default | meaning |"
        yield "|---|---|---|---|"
        for key, described in section["properties"].items():
            required = key in section.get("required", ())
            yield _row(title, key, described, required)
        yield ""
    yield _RULES.rstrip()
    yield ""


def _row(section: str, key: str, described: Mapping[str, Any], required: bool) -> str:
    place = f"{section}.{key}".replace("[]", "")
    source = next((SOURCES[name] for name in SOURCES if place.endswith(name)), None)
    takes = _takes(described)
    if source is not None:
        takes += f" ([source]({source}))"
    meaning = _marked(" ".join(described["description"].split()))
    word = _WORDS.get(place, _WORDS.get(key))
    default = "required" if required else _default(word, described.get("default"))
    return f"| `{key}` | {takes} | {default} | {meaning} |".replace("<", "&lt;")


def _marked(text: str) -> str:
    return re.sub(r"``(.+?)``", r"`\1`", text)


def _default(word: str | None, value: object) -> str:
    if value is None:
        return "none" if word is None else f"`{word}`"
    if isinstance(value, dict):
        return "as below" if value else "none"
    if isinstance(value, (list, tuple)):
        return f"`[{', '.join(map(str, value))}]`" if value else "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _takes(described: Mapping[str, Any]) -> str:
    """The values a key takes, in words."""
    if "anyOf" in described:
        kinds = [_takes(kind) for kind in described["anyOf"] if kind.get("type") != "null"]
        return ", or ".join(dict.fromkeys(kinds))
    if "$ref" in described or "allOf" in described:
        return "a mapping"
    if "const" in described:
        return f"`{described['const']}`"
    if "enum" in described:
        return ", ".join(f"`{word}`" for word in described["enum"])
    kind = described.get("type")
    if kind == "array":
        item = _takes(described["items"])
        return "a list of mappings" if item == "a mapping" else f"a list of {item}"
    if kind == "object":
        return "a mapping of text"
    if kind == "boolean":
        return "`true`, `false`"
    if kind in ("integer", "number"):
        return _range(described)
    longest = f", {described['maxLength']} characters at most" if "maxLength" in described else ""
    pattern = (
        f" like `{described['pattern']}`".replace("|", "\\|") if "pattern" in described else ""
    )
    return f"text{pattern}{longest}"


def _range(described: Mapping[str, Any]) -> str:
    low, high = described.get("minimum"), described.get("maximum")
    if "exclusiveMinimum" in described:
        return f"a number above {described['exclusiveMinimum']:g}"
    if high is None:
        return f"a whole number from {low:,}"
    return f"{low:,} to {high:,}"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
