"""Rules of ``endpoint.warm_up``: names of this platform's models, each with a request to send."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from stacks.platform.file import Endpoint, ModelEntry
from stacks.platform.findings import Findings
from stacks.platform.models import PlatformModel

# A Lambda function reads them all before it begins.
MOST_HOT_MODELS = 100
_PLACE = "endpoint.warm_up"


def check_warm_up(
    endpoint: Endpoint,
    entries: Sequence[ModelEntry],
    models: Sequence[PlatformModel],
    findings: Findings,
) -> None:
    """Adds hot models that the platform lacks or has no request for.

    ``entries`` are what the file lists, ``models`` those of them that could be read.
    """
    if len(endpoint.warm_up) > MOST_HOT_MODELS:
        findings.refuse(
            _PLACE,
            endpoint.warm_up,
            rule=f"names {len(endpoint.warm_up)} models; one function warms {MOST_HOT_MODELS}",
            fix="name those whose first callers cannot wait",
        )
    listed = [entry.published_name for entry in entries]
    read = {model.name: model for model in models}
    seen: set[str] = set()
    for position, name in enumerate(endpoint.warm_up):
        place = f"{_PLACE}[{position}]"
        if name not in listed:
            near = get_close_matches(name, listed, n=1)
            findings.refuse(
                place,
                name,
                rule="is not a model of this platform",
                fix=f"did you mean {near[0]}?" if near else "add it to models, or remove it here",
            )
        elif name in seen:
            findings.refuse(place, name, rule="is named before", fix="name each model once")
        elif name in read and read[name].folder.golden(read[name].build) is None:
            findings.refuse(
                place,
                name,
                rule="has no golden request to call it with",
                fix=f"add golden: {{request: ..., answer: ...}} to {read[name].folder.model_file}",
            )
        seen.add(name)
