"""One job: the steps in their order, each named in what is said when it fails."""

from __future__ import annotations

import errno
import logging
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from model_artifacts import ManifestModel, StorageError, artifact_key
from model_compiler.assemble import Archive, assemble
from model_compiler.contract import CompileReport, SizeReport, VerificationReport
from model_compiler.engine import Engine, Outcome, Work
from model_compiler.engines import engine_named
from model_compiler.errors import InfrastructureError, InputError, JobError
from model_compiler.fetch import fetch_sources
from model_compiler.manifest import read_model, recipe_of
from model_compiler.processes import Processes, peak_memory_bytes
from model_compiler.publish import is_published, is_wanted, publish
from model_compiler.settings import Settings
from model_compiler.tensors import read_request
from model_compiler.verify import verify

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

log = logging.getLogger(__name__)


class Job:
    """Makes one model's archive, unless it is there; ``step`` says how far it came."""

    def __init__(self, s3: S3Client, settings: Settings) -> None:
        self._s3 = s3
        self._settings = settings
        self.step = "start"
        self._seconds: dict[str, float] = {}

    def run(self) -> bool:
        """Whether an archive was made; False when it was there, or nobody wants it any more.

        Raises `JobError`.
        """
        with self._step("look"):
            if is_published(self._s3, self._settings):
                log.info("the archive of %s is there already", self._settings.model)
                return False
        with self._step("read manifest"):
            model = read_model(self._s3, self._settings)
            engine = engine_named(str(recipe_of(model)["engine"]))
        with tempfile.TemporaryDirectory(
            prefix="model-compiler-", ignore_cleanup_errors=True
        ) as folder:
            return self._make(model, engine, Path(folder))

    def _make(self, model: ManifestModel, engine: Engine, folder: Path) -> bool:
        recipe = recipe_of(model)
        with self._step("fetch"):
            request = fetch_sources(self._s3, self._settings, model, folder)
            inputs = read_request(request)
        with self._step("compile"):
            work = self._work(model, folder, inputs)
            began = time.monotonic()
            outcome = engine.compile(work)
            self._seconds["compile"] = outcome.compile_seconds
            # both files on the golden inputs, and what else the engine asked its programs
            self._seconds["run"] = time.monotonic() - began - outcome.compile_seconds
            peak = peak_memory_bytes()
        with self._step("verify"):
            verification = verify(outcome, recipe["verify"])
        with self._step("assemble"):
            archive = assemble(
                model,
                left_out=engine.build_files(recipe),
                sources=work.sources,
                outputs=work.outputs,
                path=folder / "archive.tar.gz",
            )
        with self._step("publish"):
            if not is_wanted(self._s3, self._settings):
                log.warning("%s: its fleet was deleted meanwhile", self._settings.model)
                return False
            report = self._report(
                model, outcome, archive, verification, peak=peak, input_bytes=_bytes(work.input)
            )
            publish(self._s3, self._settings, model, archive, report)
        return True

    def _work(self, model: ManifestModel, folder: Path, inputs: Mapping[str, object]) -> Work:
        scratch, outputs = folder / "scratch", folder / "outputs"
        scratch.mkdir()
        work = Work(
            recipe=recipe_of(model),
            target=model["target"],
            serving_image=model["serving_image"],
            shapes=model["shapes"] if isinstance(model["shapes"], Mapping) else {},
            sources=folder / "sources",
            outputs=outputs,
            scratch=scratch,
            inputs=inputs,  # type: ignore[arg-type]
            processes=Processes(scratch, seconds=self._settings.timeout_seconds),
        )
        work.output.parent.mkdir(parents=True)
        if not work.input.exists():
            raise InputError(f"the recipe's input {recipe_of(model)['input']} is no file of it")
        return work

    def _report(
        self,
        model: ManifestModel,
        outcome: Outcome,
        archive: Archive,
        verification: VerificationReport,
        *,
        peak: int,
        input_bytes: int,
    ) -> CompileReport:
        report = CompileReport(
            version=1,
            model=model["name"],
            digest=model["digest"],
            key=artifact_key(model["name"], model["digest"]),
            engine=str(recipe_of(model)["engine"]),
            target=model["target"],
            compiler_image=model["compiler_image"],
            serving_image=model["serving_image"],
            versions=dict(outcome.versions),
            seconds={step: round(seconds, 3) for step, seconds in self._seconds.items()},
            peak_memory_bytes=peak,
            sizes=SizeReport(input=input_bytes, output=archive.output_bytes, archive=archive.size),
            verification=verification,
            finished=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        if outcome.operators is not None:
            report["operators"] = outcome.operators
        return report

    @contextmanager
    def _step(self, name: str) -> Generator[None]:
        """Time a step, and turn the failures of disk and S3 into ours."""
        self.step = name
        log.info("%s: %s", self._settings.model, name)
        began = time.monotonic()
        try:
            yield
        except JobError:
            raise
        except StorageError as error:
            raise InfrastructureError(str(error)) from error
        except OSError as error:
            if error.errno in _DISK_FULL:
                raise InfrastructureError(
                    f"the disk is full: {error} (give the job definition more storage)"
                ) from error
            raise InfrastructureError(f"{type(error).__name__}: {error}") from error
        except MemoryError as error:
            raise InfrastructureError("this job's memory does not suffice") from error
        self._seconds.setdefault(name, time.monotonic() - began)


def _bytes(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
