"""Asks many at once for a limited time, and keeps what was learnt safe meanwhile."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass

from endpoint_verification.errors import BusyError, ColdError, LateError, RefusedError, StopError
from endpoint_verification.examine import Ask, Case, examine
from endpoint_verification.golden_source import GoldenSource
from endpoint_verification.progress import Progress, Trouble
from endpoint_verification.waiting import Waiting, WaitingRoom
from model_artifacts import StorageError

_log = logging.getLogger(__name__)


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
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Round:
    """One round of questions; `run` is called once.

    ``until`` is when the last question may begin, of the clock of ``pace``. ``save`` gets what was
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
        self._troubled = troubled
        self._since = {name: each.since for name, each in troubled.items() if not each.late}
        self._room = WaitingRoom()
        self._broken = False
        self._news = Progress()
        self._lock = threading.Lock()

    def run(self, cases: Iterable[Case]) -> None:
        """Ask until every case is settled or the time is over.

        Raises what ``save`` raises, and what `GoldenSource.file` raises.
        """
        for case in cases:
            trouble = self._troubled.get(case.name)
            if trouble is None:
                self._room.enter(Waiting(case))
            else:
                self._room.enter(Waiting(case, late=trouble.late), at=None if trouble.late else 0.0)
        workers = min(self._parallel, len(self._room))
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
                self._room.answered(waiting)

    def _next(self) -> Waiting | None:
        """The next case, None when there will be none for this round."""
        while True:
            now = self._pace.clock()
            if self._broken or self.stopped is not None or now >= self._until:
                return None
            waiting = self._room.next(now)
            if waiting is not None or self._room.is_empty:
                return waiting
            self._pace.sleep(min(0.1, self._pace.first_pause))

    def _settle(self, waiting: Waiting) -> None:
        case = waiting.case
        try:
            problem = examine(case, self._source, self._ask)
        except StopError as error:
            self.stopped = str(error)
        except LateError as error:
            self._late(waiting, str(error))
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

    def _late(self, waiting: Waiting, text: str) -> None:
        """What is late beside all the others gets a second chance after them."""
        if waiting.late:
            self._fail(waiting.case, text)
            return
        self._trouble(waiting.case, Trouble(since=self._now(), text=text, late=True))
        self._room.enter(Waiting(waiting.case, late=True))

    def _again(self, waiting: Waiting, text: str, *, count: bool) -> None:
        case, now = waiting.case, self._now()
        since = self._since.get(case.name, now) if count else now
        self._since[case.name] = since
        if count and now - since >= self._pace.patience:
            minutes = f"{self._pace.patience / 60:.0f}"
            self._fail(case, f"gave no answer for {minutes} minutes, at last: {text}")
            return
        pause = min(self._pace.longest_pause, max(self._pace.first_pause, 2 * waiting.pause))
        self._trouble(case, Trouble(since=since, text=text, late=waiting.late))
        self._room.enter(
            Waiting(case, late=waiting.late, pause=pause), at=self._pace.clock() + pause
        )

    def _trouble(self, case: Case, trouble: Trouble) -> None:
        _log.info("%s is asked again: %s", case.name, trouble.text)
        with self._lock:
            self._news.troubled[case.name] = trouble

    def _hand_over(self) -> None:
        with self._lock:
            news, self._news = self._news, Progress()
        if news.passed or news.failed or news.troubled:
            self._save(news)
