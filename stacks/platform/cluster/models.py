"""Rules of compiled models: where they are, and whose NeuronCores load them."""

from __future__ import annotations

import re

from accelerator_catalog import NEURON_CORES, NeuronInstance, core_version_of_target
from stacks.platform.cluster.hosts import ECS_NEURON
from stacks.platform.cluster.plans import PoolPlan
from stacks.platform.cluster.published import PublishedModels, check_published_model
from stacks.platform.cluster.service_file import OneOffTask, Service
from stacks.platform.cluster.workload_file import Model
from stacks.platform.findings import Findings
from stacks.platform.messages import did_you_mean
from stacks.platform.models import PlatformModel
from stacks.platform.problems import ABSENT

_BUCKETS = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"


def check_model(
    place: str,
    entry: Service | OneOffTask,
    pool: PoolPlan | None,
    published: PublishedModels,
    findings: Findings,
) -> PlatformModel | None:
    """The published model that the workload serves, if it is one; adds what is wrong with it."""
    workload, model = entry.workload, entry.model
    if model is None:
        if workload.kind != "container":
            findings.refuse(
                f"{place}.model",
                ABSENT,
                rule=f"is missing; {workload.kind} serves a model",
                fix="add model: {uri: s3://BUCKET/PREFIX, compiled_for: TARGET}, or {name: NAME},"
                " one of models",
            )
        return None
    instance = None if pool is None else pool.neuron
    if model.name is None:
        _check_stored(f"{place}.model", model, instance, findings)
        return None
    return check_published_model(
        f"{place}.model", workload.kind, model, instance, published, findings
    )


def _check_stored(
    place: str, model: Model, instance: NeuronInstance | None, findings: Findings
) -> None:
    if model.uri is None and model.compiled_for is None:
        findings.refuse(
            place,
            ABSENT,
            rule="says no model",
            fix="write name: NAME, one of models, or uri: s3://BUCKET/PREFIX and compiled_for",
        )
        return
    for key in ("uri", "compiled_for"):
        if getattr(model, key) is None:
            findings.refuse(f"{place}.{key}", ABSENT, rule="is missing", fix=f"add {key}: VALUE")
    if model.uri is not None:
        _check_uri(f"{place}.uri", model.uri, findings)
    if model.key_arn is not None and not re.fullmatch(
        r"arn:aws(-[a-z]+)*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+", model.key_arn
    ):
        findings.refuse(
            f"{place}.key_arn",
            model.key_arn,
            rule="is not the ARN of a KMS key",
            fix="write arn:aws:kms:REGION:ACCOUNT:key/ID; an alias does not do in a policy",
        )
    if model.compiled_for is not None:
        _check_target(f"{place}.compiled_for", model.compiled_for, instance, findings)


def _check_uri(place: str, uri: str, findings: Findings) -> None:
    problem = _uri_problem(uri)
    if problem is not None:
        findings.refuse(
            place,
            uri,
            rule=problem,
            fix="write s3://BUCKET/PREFIX, the folder of the model",
            source=_BUCKETS,
        )


def _check_target(
    place: str, compiled_for: str, instance: NeuronInstance | None, findings: Findings
) -> None:
    version = core_version_of_target(compiled_for)
    if version is None:
        targets = [target for core in NEURON_CORES.values() for target in core.compile_targets]
        near = did_you_mean(compiled_for.lower(), targets)
        findings.refuse(
            place,
            compiled_for,
            rule="is not a target of the Neuron compilers",
            fix=f"did you mean {near}?" if near else f"write one of {', '.join(targets)}",
            source=ECS_NEURON,
        )
    elif instance is not None and version != instance.core_version:
        targets = list(NEURON_CORES[instance.core_version].compile_targets)
        findings.refuse(
            place,
            compiled_for,
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
