from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread

import pytest

from tf_serving_start.place import PlaceError, place_model


def filling(*paths: str, text: str = "model") -> Callable[[Path], None]:
    def fill(folder: Path) -> None:
        for path in paths:
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)

    return fill


def never(_folder: Path) -> None:
    raise AssertionError("nothing is to be fetched")


def listed(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_model_becomes_version_1_with_all_that_lies_in_it(tmp_path: Path) -> None:
    placed = place_model(tmp_path / "m", "a", filling("saved_model.pb", "variables/x"))

    assert placed
    assert listed(tmp_path / "m") == {"1", ".lock"}
    assert listed(tmp_path / "m" / "1") == {"saved_model.pb", "variables", ".origin"}


def test_model_further_down_is_found_and_what_lies_around_it_left_out(tmp_path: Path) -> None:
    fill = filling("r/config.pbtxt", "r/1/model.savedmodel/saved_model.pb")

    place_model(tmp_path / "m", "a", fill)

    assert listed(tmp_path / "m" / "1") == {"saved_model.pb", ".origin"}


def test_same_origin_again_fetches_nothing(tmp_path: Path) -> None:
    place_model(tmp_path / "m", "a", filling("saved_model.pb"))

    assert not place_model(tmp_path / "m", "a", never)


def test_other_origin_replaces_the_model_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    place_model(tmp_path / "m", "a", filling("saved_model.pb", "old"))

    placed = place_model(tmp_path / "m", "b", filling("saved_model.pb", text="new"))

    assert placed
    assert listed(tmp_path / "m" / "1") == {"saved_model.pb", ".origin"}
    assert (tmp_path / "m" / "1" / "saved_model.pb").read_text() == "new"
    assert listed(tmp_path / "m") == {"1", ".lock"}


def test_failed_fetch_leaves_the_model_before_it_and_nothing_else(tmp_path: Path) -> None:
    place_model(tmp_path / "m", "a", filling("saved_model.pb"))

    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space left"):
        place_model(tmp_path / "m", "b", fail)

    assert listed(tmp_path / "m") == {"1", ".lock"}
    assert not place_model(tmp_path / "m", "a", never)


def test_what_a_killed_attempt_left_is_taken_away(tmp_path: Path) -> None:
    (tmp_path / "m" / ".fetch-old" / "fetched").mkdir(parents=True)

    place_model(tmp_path / "m", "a", filling("saved_model.pb"))

    assert listed(tmp_path / "m") == {"1", ".lock"}


def test_model_that_someone_else_put_there_is_left_alone(tmp_path: Path) -> None:
    filling("1/saved_model.pb")(tmp_path / "m")

    with pytest.raises(PlaceError, match="was not fetched from S3: start without MODEL_URI"):
        place_model(tmp_path / "m", "a", never)

    assert listed(tmp_path / "m" / "1") == {"saved_model.pb"}


@pytest.mark.parametrize(
    ("paths", "problem"),
    [
        (("model.onnx", "x"), "a holds no SavedModel: none of its 2 files is a saved_model.pb"),
        ((), "a holds no SavedModel: none of its 0 files"),
        (("1/saved_model.pb", "2/saved_model.pb"), "a must hold one SavedModel, got 1, 2"),
        (
            tuple(f"{number}/saved_model.pb" for number in range(1, 8)),
            "a must hold one SavedModel, got 1, 2, 3, 4, 5 and 2 more",
        ),
    ],
)
def test_rejects(paths: tuple[str, ...], problem: str, tmp_path: Path) -> None:
    with pytest.raises(PlaceError) as caught:
        place_model(tmp_path / "m", "a", filling(*paths))

    assert str(caught.value).startswith(problem)
    assert listed(tmp_path / "m") == {".lock"}


def test_second_container_waits_for_the_first_and_fetches_nothing(tmp_path: Path) -> None:
    began, go_on = Event(), Event()

    def slowly(folder: Path) -> None:
        began.set()
        assert go_on.wait(10)
        filling("saved_model.pb")(folder)

    outcomes: list[bool] = []
    first = Thread(target=lambda: outcomes.append(place_model(tmp_path / "m", "a", slowly)))
    first.start()
    assert began.wait(10)
    second = Thread(target=lambda: outcomes.append(place_model(tmp_path / "m", "a", never)))
    second.start()
    with (tmp_path / "m" / ".lock").open() as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    go_on.set()
    first.join(10)
    second.join(10)

    # the second one may report before the first
    assert sorted(outcomes) == [False, True]
