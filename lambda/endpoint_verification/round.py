"""Asks many at once for a limited time, and keeps what was learnt safe meanwhile."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

from endpoint_verification.errors import BusyError, ColdError, RefusedError, StopError
from endpoint_verification.examine import Ask, Case, examine
from endpoint_verification.golden_source import GoldenSource
from endpoint_verification.progress import Progress, Trouble
from model_artifacts import StorageError


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Times in seconds.

    ``patience``: how long a model may have nothing but passing errors; a load goes on for 360 s.
    docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
    """

    round: float = 240.0
    save: float = 15.0
    first_pause: float = 1.0
    longest_pause: float = 20.0
    patience: float = 420.0


@dataclass
class _Waiting:
    """A case that will be asked (again) at ``ready``, of the monotonic clock."""

    case: Case
    ready: float = 0.0
    pause: float = 0.0


class Round:
    """One round of questions; `run` is called once.

    ``until`` is when the last question may begin, of the monotonic clock. ``save`` gets what was
    learnt since it was called last. ``troubled`` is what earlier rounds know of a model.
    """

    def __init__(
        self,
        *,
        source: GoldenSource,
        ask: Ask,
        parallel: int,
        pace: Pace,
        until: float,
        save: Callable[[Progress], object],
        troubled: Mapping[str, Trouble],
        now: Callable[[], float],
    ) -> None:
        self.stopped: str | None = None
        """Why nothing can be asked at all; None where there is no such reason."""
        self._source = source
        self._ask = ask
        self._parallel = parallel
        self._pace = pace
        self._until = until
        self._save = save
        self._now = now
        self._since = {name: trouble.since for name, trouble in troubled.items()}
        self._waiting: deque[_Waiting] = deque()
        self._asking = 0
        self._broken = False
        self._news = Progress()
        self._lock = threading.Lock()

    def run(self, cases: Iterable[Case]) -> None:
        """Ask until every case is settled or the time is over.

        Raises what ``save`` raises, and what `GoldenSource.file` raises.
        """
        self._waiting.extend(_Waiting(case) for case in cases)
        workers = min(self._parallel, len(self._waiting))
        if not workers:
            return
        with ThreadPoolExecutor(max_workers=workers) as pool:
            running = {pool.submit(self._work) for _ in range(workers)}
            try:
                while running:
                    done, running = wait(running, timeout=self._pace.save)
                    for worker in done:
                        worker.result()
                    self._hand_over()
            finally:
                self._broken = True

    def _work(self) -> None:
        while (waiting := self._next()) is not None:
            try:
                self._settle(waiting)
            except BaseException:
                self._broken = True
                raise
            finally:
                with self._lock:
                    self._asking -= 1

    def _next(self) -> _Waiting | None:
        """The next case, None when there will be none for this round."""
        while True:
            now = time.monotonic()
            with self._lock:
                over = self._broken or self.stopped is not None or now >= self._until
                if over or not (self._waiting or self._asking):
                    return None
                for _ in range(len(self._waiting)):
                    waiting = self._waiting.popleft()
                    if waiting.ready <= now:
                        self._asking += 1
                        return waiting
                    self._waiting.append(waiting)
            time.sleep(min(0.1, self._pace.first_pause))

    def _settle(self, waiting: _Waiting) -> None:
        case = waiting.case
        try:
            problem = examine(case, self._source, self._ask)
        except StopError as error:
            self.stopped = str(error)
        except RefusedError as error:
            self._fail(case, str(error))
        except ColdError as error:
            self._again(waiting, str(error), count=True)
        except BusyError as error:
            self._again(waiting, str(error), count=False)
        except StorageError as error:
            if not error.transient:
                raise
            self._again(waiting, str(error), count=False)
        else:
            if problem is not None:
                self._fail(case, problem)
            else:
                with self._lock:
                    self._news.passed[case.name] = case.artifact

    def _fail(self, case: Case, reason: str) -> None:
        with self._lock:
            self._news.failed[case.name] = [case.artifact, reason]

    def _again(self, waiting: _Waiting, text: str, *, count: bool) -> None:
        case, now = waiting.case, self._now()
        since = self._since.get(case.name, now) if count else now
        self._since[case.name] = since
        if count and now - since >= self._pace.patience:
            minutes = f"{self._pace.patience / 60:.0f}"
            self._fail(case, f"gave no answer for {minutes} minutes, at last: {text}")
            return
        waiting.pause = min(
            self._pace.longest_pause, max(self._pace.first_pause, 2 * waiting.pause)
        )
        waiting.ready = time.monotonic() + waiting.pause
        with self._lock:
            self._news.troubled[case.name] = Trouble(since=since, text=text)
            self._waiting.append(waiting)

    def _hand_over(self) -> None:
        with self._lock:
            news, self._news = self._news, Progress()
        if news.passed or news.failed or news.troubled:
            self._save(news)
