"""Rules of the top-level keys: region, account and acknowledgements."""

from __future__ import annotations

from collections.abc import Set
from difflib import get_close_matches

from accelerator_catalog import END_OF_LIFE, REGIONS
from stacks.platform.file import PlatformFile
from stacks.platform.findings import Findings
from stacks.platform.messages import did_you_mean

EMBEDDED_ACCOUNT = "123456789012"
_REGIONS = "https://docs.aws.amazon.com/general/latest/gr/sagemaker.html"


def check_identity(file: PlatformFile, broken: Set[str], findings: Findings) -> None:
    """Adds what is wrong with the top-level keys that are not in ``broken``."""
    if "region" not in broken and file.region not in REGIONS:
        regions = " or ".join(get_close_matches(file.region.lower(), REGIONS, n=2, cutoff=0.7))
        findings.refuse(
            "region",
            file.region,
            rule="is not a region of SageMaker",
            fix=f"did you mean {regions}?" if regions else "write one such as us-east-1",
            source=_REGIONS,
        )
    if (
        not broken & {"account", "deploy_to"}
        and file.deploy_to == "embedded"
        and file.account not in (None, EMBEDDED_ACCOUNT)
    ):
        findings.refuse(
            "account",
            file.account,
            rule=f"is not the embedded AWS's account, {EMBEDDED_ACCOUNT}",
            fix="remove it, or write deploy_to: aws",
        )
    for position, entry in enumerate(file.acknowledge_end_of_life):
        if entry not in END_OF_LIFE:
            near = did_you_mean(entry, END_OF_LIFE)
            findings.refuse(
                f"acknowledge_end_of_life[{position}]",
                entry,
                rule="is not an end-of-life entry of the catalogue",
                fix=f"did you mean {near}?" if near else f"the ids are {', '.join(END_OF_LIFE)}",
            )
