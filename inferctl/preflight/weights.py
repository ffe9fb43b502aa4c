"""The models' weights are locked and made, and their licences are known ones."""

from __future__ import annotations

from inferctl.preflight.account import Asks
from inferctl.preflight.finding import Finding, Outcome
from inferctl.preflight.subject import Subject
from model_folders import SeedSource, is_cached
from stacks.platform.models import PlatformModel

NAME = "weights"
# SPDX names of licences that let anyone serve a model; of all others a person must read the text.
# https://spdx.org/licenses/
_PERMISSIVE = frozenset(
    (
        *("Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MIT-0"),
        *("CC-BY-4.0", "CC0-1.0", "Unlicense", "BSL-1.0", "Zlib"),
    )
)


def check(subject: Subject, account: Asks) -> tuple[Finding, ...]:
    """For each model its licence, and each file of its weights; asks no account."""
    del account
    findings: list[Finding] = []
    for model in subject.platform.models:
        findings += [_licence(model), *_weights(model)]
    return tuple(findings)


def _licence(model: PlatformModel) -> Finding:
    licence = model.folder.file.licence
    known = licence in _PERMISSIVE
    return Finding(
        check=NAME,
        outcome=Outcome.PASSED if known else Outcome.TO_DO,
        place=f"{model.name}: licence",
        value=licence,
        rule="must allow what the model is served for",
        fix="" if known else f"read the licence and what {model.folder.model_file} says of it",
    )


def _weights(model: PlatformModel) -> list[Finding]:
    findings = []
    for weights in model.build.weights:
        outcome, value, fix = Outcome.PASSED, f"locked, {weights.size or 0:,} bytes, made", ""
        if weights.sha256 is None:
            outcome, value = Outcome.FAILED, "not locked"
            fix = f"inferctl models lock {model.folder.path.name}"
        elif isinstance(weights.source, SeedSource):
            outcome, value = Outcome.TO_DO, f"random, from seed {weights.source.seed}"
            fix = "put trained weights in their place, unless only speed is measured"
        elif not is_cached(weights):
            outcome, value = Outcome.TO_DO, "locked, not made on this machine"
            fix = f"inferctl models prepare {model.folder.path.name} --build {model.build.name}"
        findings.append(
            Finding(
                check=NAME,
                outcome=outcome,
                place=f"{model.name}: {weights.path}",
                value=value,
                rule="must be locked by digest, trained, and made before they are published",
                fix=fix,
            )
        )
    return findings
