"""Rules of compiled models: where they are, and whose NeuronCores load them."""

from __future__ import annotations

import re

from accelerator_catalog import NEURON_CORES, NeuronInstance, core_version_of_target
from stacks.platform.cluster.hosts import ECS_NEURON
from stacks.platform.cluster.workload_file import Model
from stacks.platform.findings import Findings
from stacks.platform.messages import did_you_mean

_BUCKETS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"


def check_cluster_model(
    place: str, model: Model, instance: NeuronInstance | None, findings: Findings
) -> None:
    """Adds what is wrong with a model on ``instance``, None for a host without chips."""
    problem = _uri_problem(model.uri)
    if problem is not None:
        findings.refuse(
            f"{place}.uri",
            model.uri,
            rule=problem,
            fix="write s3://BUCKET/PREFIX, the folder of the model",
            source=_BUCKETS,
        )
    if model.key_arn is not None and not re.fullmatch(
        r"arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+", model.key_arn
    ):
        findings.refuse(
            f"{place}.key_arn",
            model.key_arn,
            rule="is not the ARN of a KMS key",
            fix="write arn:aws:kms:REGION:ACCOUNT:key/ID; an alias does not do in a policy",
        )
    version = core_version_of_target(model.compiled_for)
    if version is None:
        targets = [target for core in NEURON_CORES.values() for target in core.compile_targets]
        near = did_you_mean(model.compiled_for.lower(), targets)
        findings.refuse(
            f"{place}.compiled_for",
            model.compiled_for,
            rule="is not a target of the Neuron compilers",
            fix=f"did you mean {near}?" if near else f"write one of {', '.join(targets)}",
            source=ECS_NEURON,
        )
    elif instance is not None and version != instance.core_version:
        targets = list(NEURON_CORES[instance.core_version].compile_targets)
        findings.refuse(
            f"{place}.compiled_for",
            model.compiled_for,
            rule=f"is NeuronCore-v{version} and does not load on {instance.name}, which has"
            f" NeuronCore-v{instance.core_version}",
            fix=f"compile it for {' or '.join(targets)}, or name another pool",
            source=NEURON_CORES[instance.core_version].source,
        )


def _uri_problem(uri: str) -> str | None:
    if not uri.startswith("s3://"):
        return "does not start with s3://"
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", bucket):
        return f"has {bucket!r} for a bucket, which takes 3 to 63 lower-case letters and digits"
    if not prefix.strip("/"):
        return "names a whole bucket, all of which the tasks could read"
    # They mean something in a policy, or to the shell that starts a server.
    if re.search(r"[*?$'\"\\\s]|//", prefix):
        return "has a wildcard, a dollar, a quote, a backslash, a space or an empty folder in it"
    return None
