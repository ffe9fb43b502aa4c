"""The gate before publication: is the compiled file close enough to the uncompiled one?"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from model_compiler.contract import VerificationReport
from model_compiler.engine import Outcome
from model_compiler.errors import VerificationError
from model_compiler.tensors import compare_outputs


def verify(outcome: Outcome, tolerance: Mapping[str, Any]) -> VerificationReport:
    """What the comparison found; raises `VerificationError` naming each output that is too far."""
    if outcome.expected is None or outcome.got is None:
        return VerificationReport(
            method=outcome.method, max_absolute_error=None, cosine=None, outputs=[]
        )
    found, problems = compare_outputs(outcome.expected, outcome.got)
    if not outcome.expected:
        problems.append("there is no output to compare")
    largest, least = float(tolerance["max_absolute_error"]), float(tolerance["minimum_cosine"])
    for output in found:
        error, cosine = output["max_absolute_error"], output["cosine"]
        if not error <= largest or not math.isfinite(error):
            problems.append(
                f"output {output['name']} differs by {error:.3g} from the uncompiled model,"
                f" allowed is {largest:.3g}"
            )
        if not cosine >= least:
            problems.append(
                f"output {output['name']} has cosine {cosine:.6f} to the uncompiled model,"
                f" at least {least:g} is required"
            )
    if problems:
        raise VerificationError("; ".join(problems))
    return VerificationReport(
        method=outcome.method,
        max_absolute_error=max(output["max_absolute_error"] for output in found),
        cosine=min(output["cosine"] for output in found),
        outputs=found,
    )
