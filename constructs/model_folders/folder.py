"""A model folder: its typed file, its builds, and the files each build puts into the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from model_artifacts import normal_mode
from model_folders.errors import ModelFileError
from model_folders.hashing import file_sha256
from model_folders.listing import Listed, clashes, is_own_folder, list_files
from model_folders.locations import cached_weights
from model_folders.model_file import BuildSpec, Golden, ModelFile, Precision, WeightsFile
from model_folders.recipes import CompileRecipe

MODEL_FILE_NAME = "model.yaml"


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of an archive.

    ``path`` is its place in the archive, ``mode`` 0o644 or 0o755, ``size`` in bytes.
    """

    path: str
    mode: int
    sha256: str
    size: int
    place: str
    is_weights: bool

    @property
    def location(self) -> Path:
        """Where its bytes lie; weights that were not made yet are not there."""
        return Path(self.place)


@dataclass(frozen=True, kw_only=True)
class Build:
    """One way to make a model's artifact. ``shapes`` leave out the batch dimension."""

    name: str
    targets: tuple[str, ...]
    overlays: tuple[str, ...]
    precision: Precision
    shapes: Mapping[str, tuple[int, ...]] = field(hash=False)
    weights: tuple[WeightsFile, ...]
    compile: CompileRecipe | None = field(hash=False)
    has_own_golden: bool
    golden: Golden | None


@dataclass(frozen=True)
class ModelFolder:
    """A folder in ``models/`` whose model file is valid; made by ``load_model_folder``.

    ``name`` is the published one. A build's overlays are read once: all who ask see the same files.
    Load the folder again to see what changed since.
    """

    name: str
    path: Path
    file: ModelFile
    builds: Mapping[str, Build] = field(repr=False)
    """By name, in the order of the file."""
    _overlay_files: dict[Build, tuple[SourceFile, ...]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    @property
    def model_file(self) -> Path:
        """The ``model.yaml``, as messages name it."""
        return self.path / MODEL_FILE_NAME

    def published_as(self, name: str) -> ModelFolder:
        """The same folder under another name, so that two of its builds can be published."""
        return replace(self, name=name)

    def select_build(self, name: str | None, target: str) -> Build:
        """The named build, or the first in file order that makes ``target``.

        Raises ModelFileError naming the builds there are.
        """
        there = ", ".join(f"{b.name} ({', '.join(b.targets)})" for b in self.builds.values())
        if name is None:
            for build in self.builds.values():
                if target in build.targets:
                    return build
            raise self._error(
                f"builds must hold one for target {target}, got {there}"
                " (add a build, or choose another target)"
            )
        chosen = self.builds.get(name)
        if chosen is None:
            raise self._error(f"builds must hold {name!r}, got {there} (name one of these)")
        if target not in chosen.targets:
            raise self._error(
                f"builds.{name}.targets must hold {target}, got {', '.join(chosen.targets)}"
                f" (choose another of {there})"
            )
        return chosen

    def golden(self, build: Build) -> Golden | None:
        """The request and answer that verify this build, or None if nothing does."""
        return build.golden if build.has_own_golden else self.file.golden

    def overlay_files(self, build: Build) -> tuple[SourceFile, ...]:
        """The files of the build's overlays, sorted by path, without the weights.

        Raises ModelFileError with every missing overlay, unsafe file and clash of names.
        """
        known = self._overlay_files.get(build)
        if known is None:
            known = self._overlay_files[build] = self._read_overlays(build)
        return known

    def _read_overlays(self, build: Build) -> tuple[SourceFile, ...]:
        problems: list[str] = []
        listed: dict[str, Listed] = {}
        for position, overlay in enumerate(build.overlays):
            if not is_own_folder(self.path, overlay):
                problems.append(
                    f"{self.model_file}: builds.{build.name}.overlays[{position}] must be a folder"
                    f" below {self.path}, not a link, got {overlay!r} (create it, or correct the"
                    " path)"
                )
                continue
            found = list_files(f"{self.path}/{overlay}", inside=self.path, problems=problems)
            listed.update((file.path, file) for file in found)
        weights = [weights.path for weights in build.weights]
        problems.extend(
            f"{self.model_file}: builds.{build.name}: {problem}"
            for problem in clashes([*listed, *weights])
        )
        problems.extend(
            f"{self.model_file}: builds.{build.name}.weights path must not lie in an overlay too,"
            f" got {path!r} (delete the file {listed[path].location})"
            for path in weights
            if path in listed
        )
        if not problems and not listed and not weights:
            problems.append(
                f"{self.model_file}: builds.{build.name}.overlays must hold at least one file"
                " (add the Triton repository)"
            )
        files = [_source_file(listed[path], problems) for path in sorted(listed)]
        if problems:
            raise ModelFileError(problems)
        return tuple(file for file in files if file is not None)

    def source_files(self, build: Build) -> tuple[SourceFile, ...]:
        """All files of the archive, sorted by path; weights by their lock, present or not.

        Raises ModelFileError as :meth:`overlay_files` does, and for weights without a lock.
        """
        problems = [
            f"{self.model_file}: builds.{build.name}.weights[{position}].sha256 must be locked,"
            f" got null for {weights.path!r} (run `inferctl models lock {self.name}"
            f" --build {build.name}`)"
            for position, weights in enumerate(build.weights)
            if weights.sha256 is None
        ]
        if problems:
            raise ModelFileError(problems)
        files = [*self.overlay_files(build)]
        for weights in build.weights:
            assert weights.sha256 is not None and weights.size is not None
            files.append(
                SourceFile(
                    path=weights.path,
                    mode=0o644,
                    sha256=weights.sha256,
                    size=weights.size,
                    place=str(cached_weights(weights.sha256, weights.path)),
                    is_weights=True,
                )
            )
        self._check_recipe(build, {file.path for file in files})
        return tuple(sorted(files, key=lambda file: file.path))

    def _check_recipe(self, build: Build, paths: set[str]) -> None:
        recipe = build.compile
        if recipe is None:
            return
        place = f"builds.{build.name}.compile"
        problems = [
            f"{place} must read only files of the build, got {path!r}"
            f" (the files are {', '.join(sorted(paths))})"
            for path in recipe.build_files
            if path not in paths
        ]
        if recipe.output in paths:
            problems.append(
                f"{place}.output must not be a source file, got {recipe.output!r}"
                " (delete that file, the compiler makes it)"
            )
        if problems:
            raise self._error(*problems)

    def verification_request(self, build: Build) -> SourceFile | None:
        """The request that a compile is verified with, None where nothing is compiled.

        It travels beside the archive's files, in which it has no place. Raises ModelFileError.
        """
        if build.compile is None:
            return None
        path = build.compile.verify.request
        location = self.path / path
        try:
            status = location.stat()
            digest = file_sha256(str(location), status.st_size)
        except OSError as error:
            raise self._error(
                f"builds.{build.name}.compile.verify.request must be a readable file below"
                f" {self.path}, got {path!r} (write it, or correct the path)"
            ) from error
        return SourceFile(
            path=path,
            mode=0o644,
            sha256=digest,
            size=status.st_size,
            place=str(location),
            is_weights=False,
        )

    def _error(self, *problems: str) -> ModelFileError:
        return ModelFileError([f"{self.model_file}: {problem}" for problem in problems])


def _source_file(listed: Listed, problems: list[str]) -> SourceFile | None:
    status = listed.status
    try:
        digest = file_sha256(listed.location, status.st_size)
    except OSError as error:
        problems.append(
            f"{listed.location} must be readable, got {error.strerror} (check its mode)"
        )
        return None
    return SourceFile(
        path=listed.path,
        mode=normal_mode(status.st_mode),
        sha256=digest,
        size=status.st_size,
        place=listed.location,
        is_weights=False,
    )


def builds_of(file: ModelFile) -> Mapping[str, Build]:
    """The builds of a model file by name, in the order of the file."""
    return MappingProxyType({name: _build(name, spec) for name, spec in file.builds.items()})


def _build(name: str, spec: BuildSpec) -> Build:
    return Build(
        name=name,
        targets=spec.targets,
        overlays=spec.overlays,
        precision=spec.precision,
        shapes=MappingProxyType(dict(spec.shapes)),
        weights=spec.weights,
        compile=spec.compile,
        has_own_golden="golden" in spec.model_fields_set,
        golden=spec.golden,
    )
