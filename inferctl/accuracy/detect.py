"""Detections of every picture of a set, asked of a server."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue

from inferctl.accuracy.annotations import AnnotatedSet, Picture
from inferctl.accuracy.answers import AnswerReader
from inferctl.accuracy.batches import batches
from inferctl.accuracy.detections import Detection
from inferctl.accuracy.errors import AccuracyInputError
from load_client.errors import CallError
from load_client.target import Connection, Target
from load_client.tensors import text_array


class DetectionError(Exception):
    """The server failed, or answered something else than detections; names the pictures."""


@dataclass(frozen=True, kw_only=True)
class Detector:
    """A model that takes files as strings of shape [n], as the article's YOLOv4 takes JPEG."""

    target: Target
    input_name: str = "image"
    reader: AnswerReader = field(default_factory=AnswerReader)
    batch: int = 1
    concurrency: int = 4

    def detect(
        self,
        annotated: AnnotatedSet,
        files: Mapping[int, Path],
        *,
        progress: Callable[[int], None] | None = None,
    ) -> list[Detection]:
        """The detections in the set's order; ``progress`` gets the number of pictures done.

        Raises DetectionError at the first failed call: figures of a part would mislead.
        """
        connections = [self.target.connect() for _ in range(self.concurrency)]
        free: SimpleQueue[Connection] = SimpleQueue()
        for connection in connections:
            free.put(connection)
        pool = ThreadPoolExecutor(max_workers=self.concurrency)
        try:
            jobs = {
                pool.submit(self._ask, free, pictures, files): len(pictures)
                for pictures in batches(annotated.pictures, self.batch)
            }
            done = 0
            for job in as_completed(jobs):
                job.result()
                done += jobs[job]
                if progress is not None:
                    progress(done)
            return [detection for job in jobs for detection in job.result()]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            # ends the calls that are in flight after a failure
            for connection in connections:
                connection.close()
            pool.shutdown()

    def _ask(
        self, free: SimpleQueue[Connection], pictures: Sequence[Picture], files: Mapping[int, Path]
    ) -> list[Detection]:
        bodies = [_bytes_of(files[picture.id]) for picture in pictures]
        payload = self.target.encode({self.input_name: text_array(bodies, (len(bodies),))})
        connection = free.get()
        try:
            outputs = self.target.decode(connection.call(payload))
            return self.reader.read(pictures, outputs)
        except (CallError, ValueError) as error:
            names = ", ".join(picture.file_name for picture in pictures[:3])
            more = f" and {len(pictures) - 3} more" if len(pictures) > 3 else ""
            raise DetectionError(f"{self.target.address}: {names}{more}: {error}") from error
        finally:
            free.put(connection)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AccuracyInputError(path, [f"cannot be read: {error.strerror}"]) from error
