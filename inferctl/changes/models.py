"""Models added, changed and removed, from the manifests that synthesis wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from inferctl.changes.assembly import Assembly
from inferctl.changes.finding import Finding
from inferctl.digest_difference import differences
from model_artifacts import Manifest, ManifestModel


@dataclass(frozen=True, kw_only=True)
class ModelChange:
    """One model of one fleet; ``texts`` say which inputs of its digest differ."""

    fleet: str
    name: str
    action: Literal["added", "changed", "removed"]
    before: ManifestModel | None
    after: ManifestModel | None
    texts: tuple[str, ...]

    @property
    def compiles(self) -> bool:
        """Whether its publication has to compile something."""
        return self.after is not None and self.after["recipe"] is not None


def model_changes(before: Assembly, after: Assembly) -> tuple[ModelChange, ...]:
    """By fleet and name."""
    changes: list[ModelChange] = []
    for fleet in sorted({*before.manifests, *after.manifests}):
        old, new = _models(before.manifests.get(fleet)), _models(after.manifests.get(fleet))
        for name in sorted({*old, *new}):
            was, now = old.get(name), new.get(name)
            texts = _texts(was, now)
            if was is not None and now is not None and not texts:
                continue
            changes.append(
                ModelChange(
                    fleet=fleet,
                    name=name,
                    action="added" if was is None else "removed" if now is None else "changed",
                    before=was,
                    after=now,
                    texts=texts,
                )
            )
    return tuple(changes)


def model_findings(changes: tuple[ModelChange, ...]) -> Iterator[Finding]:
    """Models that callers lose, that are made for other machines, or that nothing verifies."""
    for change in changes:
        was, now = change.before, change.after
        if was is None:
            continue
        if now is None:
            yield _finding("models", change, f"model {change.name} is served no more")
            continue
        if was["target"] != now["target"]:
            text = f"model {change.name} is made for {now['target']}, not {was['target']}"
            yield _finding("models", change, text)
        if "golden" in was and "golden" not in now:
            text = f"model {change.name} is not verified any more: it has no golden request"
            yield _finding("protection", change, text)


def _finding(kind: str, change: ModelChange, text: str) -> Finding:
    return Finding(kind=kind, stack=change.fleet, resource="", type="model", text=text)


def _models(manifest: Manifest | None) -> Mapping[str, ManifestModel]:
    return {} if manifest is None else {model["name"]: model for model in manifest["models"]}


def _texts(was: ManifestModel | None, now: ManifestModel | None) -> tuple[str, ...]:
    if was is None or now is None:
        one = now if was is None else was
        assert one is not None
        size = sum(file["size"] for file in one["files"])
        return (f"build {one['build']} for {one['target']}, {size:,} bytes of files",)
    texts = [] if was["build"] == now["build"] else [f"build: {was['build']} -> {now['build']}"]
    texts += differences(was, now)
    # the digest of a verification request counts only where a compile is verified with it
    if was.get("golden", {}).get("sha256") != now.get("golden", {}).get("sha256"):
        texts.append("golden request: changed" if "golden" in now else "golden request: removed")
    return tuple(texts)
