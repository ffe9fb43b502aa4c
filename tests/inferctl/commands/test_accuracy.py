"""``accuracy coco`` from pictures to table, against a server that detects them for real."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.colour_detector import MODEL, ColourDetector, Outputs, serving
from tests.support.drawn_pictures import draw_set
from tests.support.verbs import run_verb

PICTURES = 7


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    draw_set(folder, pictures=PICTURES)
    return folder


def coco(folder: Path, *arguments: str) -> int:
    return run_verb("accuracy", "coco", "--annotations", str(folder / "instances.json"), *arguments)


def ask(folder: Path, address: str, *arguments: str) -> int:
    return coco(
        folder,
        *("--images", str(folder), "--server", address, "--model", MODEL, "--wait", "5"),
        *arguments,
    )


def weaker(outputs: Outputs) -> Outputs:
    """A candidate that finds no tv, moves boxes by 1 % and is less sure."""
    boxes = outputs["boxes"].copy()
    boxes[outputs["classes"] == 62] = 0
    boxes[boxes.any(axis=2)] += 0.01
    return outputs | {"boxes": boxes, "scores": outputs["scores"] * 0.5}


def test_a_detector_that_sees_every_shape_scores_one_and_no_picture_is_dropped(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    detector = ColourDetector()
    with serving(detector) as address:
        status = ask(folder, address, "--batch", "3", "--concurrency", "2")

    lines = capsys.readouterr().out.splitlines()
    assert status == 0
    assert sorted(detector.batches) == [1, 3, 3]
    assert lines[0].startswith(f"  {MODEL}: 7 pictures") and "7 done" in lines[0]
    assert lines[1].endswith(" annotations in 7 pictures")
    assert [line.split() for line in lines[2:4]] == [
        ["IoU", "area", "detections", "value"],
        ["AP", "0.50:0.95", "all", "100", "1.000"],
    ]
    assert len(lines) == 15


def test_a_reference_server_shows_what_the_candidate_lost(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "reference.json"
    with serving(ColourDetector()) as plain, serving(ColourDetector(change=weaker)) as changed:
        status = ask(folder, changed, "--reference-server", plain)
        table = capsys.readouterr().out
        assert ask(folder, plain, "--save", str(saved)) == 0
        capsys.readouterr()
        assert ask(folder, changed, "--reference", str(saved), "--json") == 0
    said = json.loads(capsys.readouterr().out)

    assert status == 0
    assert "candidate  reference   delta" in table
    first = said["candidate"]["values"][0]
    assert (first["metric"], first["iou"], first["area"]) == ("AP", "0.50:0.95", "all")
    assert said["reference"]["values"][0]["value"] == pytest.approx(1.0)
    assert first["value"] < 0.7  # a third of the shapes is lost
    assert said["agreement"]["deltas"][0] == pytest.approx(first["value"] - 1.0)
    assert said["agreement"]["only_reference"] == sum(
        one["category_id"] == 72 for one in json.loads(saved.read_text())
    )
    assert said["agreement"]["max_score_error"] == pytest.approx(0.45)
    assert said["agreement"]["max_box_error"] == pytest.approx(3.2, abs=0.01)  # 1 % of 320
    assert "Maximum absolute error among those that agree: score 0.4500, box 3.20 pixels." in table


def test_saved_detections_give_the_same_table(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "found.json"
    with serving(ColourDetector(change=weaker)) as address:
        assert ask(folder, address, "--save", str(saved)) == 0
    from_server = capsys.readouterr().out.splitlines()[1:]

    assert coco(folder, "--detections", str(saved)) == 0
    assert capsys.readouterr().out.splitlines() == from_server


def test_categories_that_the_set_lacks_are_left_out_and_counted(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "found.json"

    def persons(outputs: Outputs) -> Outputs:
        return outputs | {"classes": outputs["classes"] * 0}

    with serving(ColourDetector(change=persons)) as address:
        assert ask(folder, address, "--save", str(saved)) == 0

    out = capsys.readouterr().out
    assert " detections of categories that the set lacks were left out" in out
    assert json.loads(saved.read_text()) == []


def test_json_is_all_that_is_printed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(ColourDetector()) as address:
        assert ask(folder, address, "--json") == 0

    said = json.loads(capsys.readouterr().out)
    assert said["candidate"]["pictures"] == PICTURES
    assert len(said["candidate"]["values"]) == 12
    assert "reference" not in said


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda o: o | {"boxes": o["boxes"][:, :, :3]}, "boxes must have shape [2, k, 4], got ["),
        (lambda o: {"boxes": o["boxes"]}, "no output scores or classes in the answer"),
        (lambda o: o | {"classes": o["classes"] + 60}, "is not one of COCO's 80"),
    ],
    ids=["shape", "names", "classes"],
)
def test_a_server_that_answers_something_else_is_status_1(
    change: Callable[[Outputs], Outputs],
    message: str,
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with serving(ColourDetector(change=change)) as address:
        status = ask(folder, address, "--batch", "2", "--concurrency", "1")

    said = capsys.readouterr().err
    assert status == 1
    assert message in said
    assert f"{address}: 000000000001.png, 000000000002.png: " in said


def test_a_picture_that_the_server_refuses_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_set(tmp_path)
    (tmp_path / "000000000004.png").write_bytes(b"")
    saved = tmp_path / "found.json"

    with serving(ColourDetector()) as address:
        status = ask(tmp_path, address, "--save", str(saved))

    said = capsys.readouterr().err
    assert status == 1
    assert "000000000004.png: " in said and "Input buffer is empty" in said
    assert not saved.exists()


def test_pictures_that_are_missing_are_told_all_at_once_before_any_call(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw_set(tmp_path)
    for number in (2, 5):
        (tmp_path / f"{number:012}.png").unlink()
    detector = ColourDetector()

    with serving(detector) as address:
        status = ask(tmp_path, address, "--batch", "0")

    assert status == 2
    assert capsys.readouterr().err.splitlines() == [
        "--batch must be at least 1, got 0",
        f"{tmp_path}: 000000000002.png is not there",
        f"{tmp_path}: 000000000005.png is not there",
    ]
    assert detector.batches == []


def test_figures_are_shown_also_where_the_detections_cannot_be_kept(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = tmp_path / "found.json"
    (tmp_path / "found.json.partial").mkdir()

    with serving(ColourDetector()) as address:
        status = ask(folder, address, "--save", str(saved))

    said = capsys.readouterr()
    assert status == 1
    assert "AP  0.50:0.95  all" in said.out
    assert "--save: " in said.err and "Is a directory" in said.err


def test_a_server_that_is_not_there_is_status_1(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(ColourDetector()) as address:
        pass

    assert ask(folder, address, "--wait", "0") == 1
    assert f"model {MODEL} at {address} is not ready" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "messages"),
    [
        ((), ["give either --server or --detections"]),
        (
            ("--server", "http://h", "--reference", "r", "--reference-server", "x"),
            [
                "give either --reference or --reference-server",
                "--server needs --model",
                "a server needs --images, the folder",
                "server 'http://h' must begin with one of",
            ],
        ),
        (
            ("--detections", "none.json", "--save", "f", "--concurrency", "0"),
            [
                "--save goes with --server",
                "--concurrency must be 1 to 64, got 0",
                "none.json: cannot be read: No such file",
            ],
        ),
        (
            *(("--detections", "d", "--outputs", "a,b", "--minimum-score", "2"),),
            ["--outputs must be three names such as b,s,c, got 'a,b'", "--minimum-score must be"],
        ),
        (("--detections", "d", "--images", "nowhere"), ["nowhere: is no folder of pictures"]),
        (("--server", "sagemaker://e", "--model", "m"), ["sagemaker:// needs --region"]),
        (("--detections", "d", "--timeout", "0"), ["timeout_seconds must be above 0"]),
        (
            ("--detections", "d", "--save", "d"),
            ["--save d: is read as well"],
        ),
    ],
)
def test_bad_input_is_told_all_at_once(
    arguments: tuple[str, ...],
    messages: list[str],
    folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert coco(folder, *arguments) == 2

    said = capsys.readouterr().err
    assert [message for message in messages if message not in said] == []


def test_a_reference_may_be_another_model_of_the_same_server(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    detector = ColourDetector()

    with serving(detector) as address:
        status = ask(folder, address, "--reference-server", address, "--reference-model", "before")

    assert status == 0
    assert detector.models == [MODEL] * PICTURES + ["before"] * PICTURES
    assert "+0.000" in capsys.readouterr().out
