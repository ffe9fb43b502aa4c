"""Archives: deterministic, verified, readable by everyone's tar."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model_artifacts import ArchiveError, SourceMismatchError, compression, sha256_hex
from model_artifacts.archive import Member, archive_size_limit, write_archive

CONTENTS = st.dictionaries(
    st.lists(
        st.text("ab1é._-", min_size=1, max_size=40).filter(lambda p: p not in (".", "..")),
        min_size=2,
        max_size=4,
    ).map(lambda parts: "f/" + "/".join(parts) + "x"),
    st.binary(max_size=3000),
    min_size=1,
    max_size=5,
)


class Dribble(io.BytesIO):
    """Gives at most 7 bytes at a time, as a network may."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(7 if size is None or size < 0 else min(size, 7))


def members(contents: Mapping[str, bytes], kind: type[io.BytesIO] = io.BytesIO) -> list[Member]:
    return [
        Member(
            path=path,
            mode=0o644,
            size=len(content),
            sha256=sha256_hex(content),
            open=partial(kind, content),
        )
        for path, content in contents.items()
    ]


def archive(listed: list[Member]) -> bytes:
    sink = io.BytesIO()
    write_archive(listed, sink)
    return sink.getvalue()


def no_conflict(contents: Mapping[str, bytes]) -> bool:
    return not any(other.startswith(f"{path}/") for path in contents for other in contents)


@given(contents=CONTENTS.filter(no_conflict), data=st.data())
def test_same_members_in_any_order_and_pieces_give_the_same_stream(
    contents: dict[str, bytes], data: st.DataObject
) -> None:
    shuffled = dict(data.draw(st.permutations(list(contents.items()))))

    first = gzip.decompress(archive(members(contents)))
    second = gzip.decompress(archive(members(shuffled, Dribble)))

    assert first == second
    with tarfile.open(fileobj=io.BytesIO(first), mode="r:") as tar:
        found = {
            member.name: file.read()
            for member in tar
            if (file := tar.extractfile(member)) is not None
        }
        assert found == contents
        assert tar.getnames() == sorted(contents)


@given(contents=CONTENTS.filter(no_conflict))
def test_size_limit_holds(contents: dict[str, bytes]) -> None:
    limit = archive_size_limit(len(content) for content in contents.values())

    assert len(archive(members(contents))) <= limit


def test_members_carry_nothing_of_the_machine_that_made_them() -> None:
    data = archive(
        [
            Member(
                path="a/1/run.sh",
                mode=0o755,
                size=1,
                sha256=sha256_hex(b"x"),
                open=lambda: io.BytesIO(b"x"),
            )
        ]
    )

    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        [member] = tar.getmembers()
    assert (member.mtime, member.uid, member.gid, member.uname, member.gname) == (0, 0, 0, "", "")
    assert (member.name, member.mode) == ("a/1/run.sh", 0o755)
    assert data[4:8] == b"\0\0\0\0", "no time in the gzip header"
    assert data[3] == 0, "no name in the gzip header"


def test_stream_without_isal_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = members({"a/1/x": b"x" * 10_000, "a/config.pbtxt": b"y"})
    fast = archive(listed)

    monkeypatch.setattr(compression, "_gzip_file", gzip.GzipFile)

    assert gzip.decompress(archive(listed)) == gzip.decompress(fast)


@pytest.mark.parametrize(
    ("size", "content", "message"),
    [
        (4, b"123", "a/x: source is truncated, it has 3 of 4 bytes"),
        (4, b"", "a/x: source is truncated, it has 0 of 4 bytes"),
        (2, b"123", "a/x: source is longer than the 2 bytes it should have"),
        (3, b"124", "a/x: SHA-256 should be"),
        (0, b"1", "a/x: source is longer than the 0 bytes"),
    ],
)
def test_source_that_is_not_what_it_should_be_is_refused(
    size: int, content: bytes, message: str
) -> None:
    member = Member(
        path="a/x",
        mode=0o644,
        size=size,
        sha256=sha256_hex(b"123"),
        open=lambda: io.BytesIO(content),
    )

    with pytest.raises(SourceMismatchError, match=message):
        archive([member])


@pytest.mark.parametrize(
    "paths",
    [
        ["/etc/passwd"],
        ["a/../b"],
        ["./a"],
        ["a//b"],
        ["a\\b"],
        ["a\n"],
        [""],
        ["a", "a"],
        ["a", "a/b"],
    ],
)
def test_unsafe_or_conflicting_paths_are_refused_before_anything_is_written(
    paths: list[str],
) -> None:
    sink = io.BytesIO()

    with pytest.raises(ArchiveError):
        write_archive([members({path: b""})[0] for path in paths], sink)

    assert sink.getvalue() == b""


def test_sources_are_opened_one_at_a_time_and_closed_even_after_a_failure() -> None:
    open_now: list[str] = []
    most = 0

    class Counted(io.BytesIO):
        def __init__(self, path: str, content: bytes) -> None:
            super().__init__(content)
            self.path = path
            nonlocal most
            open_now.append(path)
            most = max(most, len(open_now))

        def close(self) -> None:
            if not self.closed:
                open_now.remove(self.path)
            super().close()

    listed = [
        Member(
            path=path,
            mode=0o644,
            size=1,
            sha256=sha256_hex(b"x"),
            open=partial(Counted, path, b"y" if path == "c" else b"x"),
        )
        for path in "abc"
    ]
    with pytest.raises(SourceMismatchError, match="c: SHA-256"):
        archive(listed)

    assert (most, open_now) == (1, [])
