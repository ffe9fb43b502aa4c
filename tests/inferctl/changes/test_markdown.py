"""The comment: short enough, nothing of a template is markup, and the same each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from rich.console import Console

from inferctl.changes.assembly import Assembly
from inferctl.changes.finding import Finding
from inferctl.changes.markdown import COMMENT_LIMIT, markdown_report
from inferctl.changes.pack import Pack
from inferctl.changes.platform_changes import platform_changes
from inferctl.changes.terminal import terminal_report
from tests.support.template_changes import both, changed, drop, put

_TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"
_CHANGE = both(put(_TARGET, "MaxCapacity", 8), drop("AWS::EC2::FlowLog"))


def pack_of(side: Assembly) -> Pack:
    """A pack of one changed platform and one that is not."""
    changes = platform_changes(side, changed(side, _CHANGE))
    same = replace(platform_changes(side, side), platform="other")
    return Pack(base="main (0123456789ab)", platforms=(changes, same), breaches=("cost: much",))


def test_summary_comes_first_and_details_are_folded(synthesized: Mapping[str, Assembly]) -> None:
    text = markdown_report(pack_of(synthesized["prod"]))

    summary, _, details = text.partition("<details>")
    assert summary.startswith("### What this deploys differently than `main (0123456789ab)`\n")
    assert "**cost: much**" in summary
    assert "- **protection** `prod-network/NetworkVpcFlowLog9B71FB8D` is deleted" in summary
    assert "Unchanged: other." in summary
    assert "Prices: on demand in us-east-1" in summary
    assert "for endpoint usage" in details and "for endpoint usage" not in summary


def test_comment_is_the_same_each_time(synthesized: Mapping[str, Assembly]) -> None:
    side = synthesized["prod"]

    assert markdown_report(pack_of(side)) == markdown_report(pack_of(side))


def test_comment_is_never_longer_than_github_takes(synthesized: Mapping[str, Assembly]) -> None:
    side = synthesized["dev"]
    changes = platform_changes(side, side)
    findings = tuple(
        Finding(kind="iam", stack=f"s{n}", resource="r" * 50, type="T", text="x" * 300)
        for n in range(1000)
    )
    large = replace(changes, findings=findings)

    text = markdown_report(Pack(base="b", platforms=(large, large)))

    assert len(text) <= COMMENT_LIMIT
    assert "and 988 more, in the details" in text
    assert "did not fit into a comment" in text


def test_text_of_a_template_is_no_markup(synthesized: Mapping[str, Assembly]) -> None:
    side = synthesized["prod"]
    wicked = Finding(
        kind="iam",
        stack="s",
        resource="a`b|c",
        type="T",
        text="<img src=x> @you [x](y) `z` a|b ${A}:${B}",
    )
    changes = replace(platform_changes(side, side), platform="<b>", findings=(wicked,))

    text = markdown_report(Pack(base="b", platforms=(changes,)))

    assert "<img" not in text and "@you" not in text and "[x](y)" not in text
    assert "<b>" not in text and "${" not in text
    assert "a'b/c" in text and "a\\|b" in text


def test_terminal_shows_the_same_dangers_and_cuts_no_id(
    synthesized: Mapping[str, Assembly],
) -> None:
    console = Console(width=100, record=True, soft_wrap=True, highlight=False)

    for part in terminal_report(pack_of(synthesized["prod"])):
        console.print(part)

    text = console.export_text()
    assert "…" not in text
    assert "is deleted: the network's traffic is not recorded any more" in " ".join(text.split())
    assert "gate cost: much" in text
