"""The recorder keeps rows, not calls."""

from __future__ import annotations

import pytest

from load_client.recorder import SAMPLES_KEPT, Recorder

SECOND = 1_000_000_000


def test_each_window_has_its_own_row() -> None:
    recorder = Recorder(started=0, window_ns=30 * SECOND)
    for second in range(1, 61):
        recorder.success(second * SECOND, 5_000_000 if second < 30 else 10_000_000)
    recorder.failure(61 * SECOND, "timeout", "no answer")

    recorder.finish(75 * SECOND)

    first, second_row, last = recorder.windows
    assert (first.start_seconds, first.seconds, first.calls, first.errors) == (0, 30, 29, 0)
    assert first.p50_ms == pytest.approx(5, rel=0.001)
    assert second_row.p50_ms == pytest.approx(10, rel=0.001)
    assert second_row.calls_per_second == 1
    assert (last.seconds, last.calls, last.errors) == (15, 1, 1)


def test_a_silent_stretch_leaves_empty_rows() -> None:
    recorder = Recorder(started=0, window_ns=SECOND)
    recorder.success(SECOND // 2, 1)

    recorder.success(3 * SECOND + 1, 1)
    recorder.finish(3 * SECOND + 2)

    assert [row.calls for row in recorder.windows] == [1, 0, 0, 1]
    assert recorder.windows[1].p50_ms is None


def test_single_calls_are_kept_only_while_they_are_few() -> None:
    recorder = Recorder(started=0, window_ns=SECOND)
    for number in range(SAMPLES_KEPT):
        recorder.success(number, number)
    few = len(recorder.samples)

    recorder.success(SAMPLES_KEPT, 1)
    recorder.finish(SAMPLES_KEPT)

    assert (few, recorder.samples) == (SAMPLES_KEPT, [])


def test_late_and_dropped_arrivals_are_counted() -> None:
    recorder = Recorder(started=0, window_ns=SECOND)

    recorder.success(1, 1, 999_999)
    recorder.success(2, 1, 1_000_001)
    recorder.failure(3, "timeout", "no answer", 2_000_000)
    recorder.drop(4)
    recorder.finish(5)

    assert (recorder.late, recorder.dropped) == (2, 1)
    assert recorder.windows[0].errors == 2


def test_the_first_message_of_each_kind_is_kept() -> None:
    recorder = Recorder(started=0, window_ns=SECOND)

    for message in ("one", "two"):
        recorder.failure(1, "http 503", message)

    assert recorder.errors == {"http 503": 2}
    assert recorder.first_messages == {"http 503": "one"}


def test_progress_tells_of_the_window_that_is_being_filled() -> None:
    recorder = Recorder(started=0, window_ns=10 * SECOND)
    before = recorder.progress(0)
    recorder.success(SECOND, 4_000_000)
    recorder.drop(SECOND)

    now = recorder.progress(2 * SECOND)

    assert before.p50_ms is None
    assert (now.elapsed_seconds, now.calls, now.errors, now.calls_per_second) == (2, 1, 1, 0.5)
    assert now.p99_ms == pytest.approx(4, rel=0.001)
