"""The life of one endpoint's verification: rounds of questions, then one judgement."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from endpoint_verification.cases import Cases, cases_of, verdict_of
from endpoint_verification.contract import VerificationAttributes
from endpoint_verification.errors import VerificationError
from endpoint_verification.examine import Ask, Case
from endpoint_verification.golden_source import GoldenSource
from endpoint_verification.judgement import judge
from endpoint_verification.progress import Progress, ProgressFile
from endpoint_verification.properties import EndpointToVerify
from endpoint_verification.report import attributes, failure_message, time_message
from endpoint_verification.round import Pace, Round
from model_artifacts.s3_index import load_index
from model_artifacts.verdict import Verdict

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# one call may wait for its answer this long, and the progress has to be written after it
_RESERVE_SECONDS: Final = 90.0
_KIND: Final = "model"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Verifier:
    """Verifies one endpoint on behalf of one request, as far as one call's time allows."""

    s3: S3Client
    endpoint: EndpointToVerify
    request: str
    ask: Ask
    pace: Pace
    now: Callable[[], float]
    seconds_left: float

    def verify(self) -> VerificationAttributes | None:
        """The attributes when every model answered right, None when another call has to go on.

        Nothing is asked twice without need: what answered is in the progress, and of an earlier
        deployment in the index. Raises `VerificationError` once all was asked, again and again for
        the same request, and `ArtifactsError`.
        """
        progress = self._file.read(self.request)
        if progress.outcome:
            raise VerificationError(progress.outcome)
        place = self.endpoint
        source = GoldenSource(self.s3, place.goldens)
        index = load_index(self.s3, bucket=place.bucket, prefix=place.prefix).index
        cases = cases_of(source.read(), index, serving=place.serving)
        if progress.outcome is not None:
            return attributes(verified=cases.total, asked=len(progress.passed))
        stopped = self._ask(source, cases, progress)
        progress = self._file.read(self.request)
        left = [case for case in cases.to_ask if not _is_settled(case, progress)]
        if left and stopped is None and self.now() < progress.until:
            _log.info("%d of %d models to go", len(left), cases.total)
            return None
        outcome = self._judge(cases, progress, left, stopped)
        progress = self._file.update(self.request, Progress(outcome=outcome))
        if progress.outcome:
            raise VerificationError(progress.outcome)
        return attributes(verified=cases.total, asked=len(progress.passed))

    @property
    def _file(self) -> ProgressFile:
        place = self.endpoint
        return ProgressFile(
            self.s3, bucket=place.bucket, prefix=place.prefix, endpoint=place.endpoint
        )

    def _ask(self, source: GoldenSource, cases: Cases, progress: Progress) -> str | None:
        """Ask what is open for one round; why nothing could be asked, where that is so."""
        # a function with a short time limit still gets to use a part of it
        reserve = min(_RESERVE_SECONDS, self.seconds_left / 2)
        ends = min(self.pace.round, self.seconds_left - reserve, progress.until - self.now())
        questions = Round(
            source=source,
            ask=self.ask,
            parallel=self.endpoint.parallel,
            pace=self.pace,
            until=self.pace.clock() + ends,
            save=lambda news: self._file.update(self.request, news),
            troubled=progress.troubled,
            now=self.now,
        )
        questions.run(case for case in cases.to_ask if not _is_settled(case, progress))
        return questions.stopped

    def _judge(
        self, cases: Cases, progress: Progress, left: list[Case], stopped: str | None
    ) -> str:
        """Write what was learnt into the index; returns what CloudFormation is told, if anything"""
        verdicts: dict[str, Verdict] = {}
        failed = {name: "is not published" for name in cases.unpublished}
        for case in cases.to_ask:
            if not _is_settled(case, progress):
                continue
            passed = progress.passed.get(case.name) == case.artifact
            verdicts[case.name] = verdict_of(
                case.golden, case.artifact, passed=passed, serving=self.endpoint.serving
            )
            if not passed:
                failed[case.name] = _reason(case, progress.failed[case.name][1])
        place = self.endpoint
        back = judge(self.s3, bucket=place.bucket, prefix=place.prefix, verdicts=verdicts)
        parts: list[str] = []
        if failed:
            parts.append(failure_message(failed, asked=cases.total, kind=_KIND, rolled_back=back))
        if stopped is not None:
            parts.append(stopped)
        elif left:
            said = {
                case.name: progress.troubled[case.name].text
                if case.name in progress.troubled
                else ""
                for case in left
            }
            parts.append(
                time_message(said, asked=cases.total, minutes=place.timeout_minutes, kind=_KIND)
            )
        return "; ".join(parts)


def _is_settled(case: Case, progress: Progress) -> bool:
    """Whether this very artifact answered, right or wrong."""
    if progress.passed.get(case.name) == case.artifact:
        return True
    failed = progress.failed.get(case.name)
    return failed is not None and failed[0] == case.artifact


def _reason(case: Case, text: str) -> str:
    if case.artifact == case.golden["digest"]:
        return text
    return f"{text} (served from {case.target}, which this deployment did not publish)"
