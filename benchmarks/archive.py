"""Archive throughput: ours against ``tar | gzip -6``, interleaved in one run.

Usage: python benchmarks/archive.py [--mib 1024] [--rounds 1] [--directory DIR]

Makes a model directory (97 % float32 noise of a weights file's spread, the rest text), and prints
MB/s (1 MB = 10^6 bytes of input, wall time), the ratio, the peak memory of our process and
whether two runs gave the same uncompressed stream. Exits with 1 when ours is less than 10 times
as fast, takes 64 MB or more, or differs between runs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zlib
from array import array
from functools import partial
from pathlib import Path
from typing import BinaryIO, Final

from model_artifacts import normal_mode
from model_artifacts.archive import Member, write_archive

MIB: Final = 1 << 20
NOISE_SHARE: Final = 0.97
SPREAD: Final = 0.02
LEAST_RATIO: Final = 10.0
MEMORY_LIMIT_BYTES: Final = 64_000_000


def make_model(directory: Path, mebibytes: int) -> None:
    """Fill ``directory`` with a model of about this size."""
    generator = random.Random(0)
    noise = int(mebibytes * NOISE_SHARE)
    # fresh noise for every MiB would take minutes to make: 32 MiB lie far beyond deflate's window
    blocks = [
        array("f", (generator.gauss(0, SPREAD) for _ in range(MIB // 4))).tobytes()
        for _ in range(min(32, max(noise, 1)))
    ]
    weights = directory / "encoder" / "1" / "model.onnx"
    weights.parent.mkdir(parents=True)
    with weights.open("wb") as file:
        for number in range(noise):
            file.write(blocks[number % len(blocks)])
    words = [f"word{generator.randrange(30_000)}" for _ in range(150_000)]
    text = (" ".join(words).encode() + b"\n")[:MIB]
    for number in range(mebibytes - noise):
        (directory / f"vocabulary-{number:03}.txt").write_bytes(text)


def archive(directory: Path, target: Path) -> None:
    """Our archive of ``directory``: what a handler does, with local files and sink."""
    members = []
    for path in sorted(directory.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            stat = path.stat()
            members.append(
                Member(
                    path=path.relative_to(directory).as_posix(),
                    mode=normal_mode(stat.st_mode),
                    size=stat.st_size,
                    sha256=digest,
                    open=partial(_open, path),
                )
            )
    began = time.perf_counter()
    with target.open("wb") as sink:
        write_archive(members, sink)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps({"seconds": seconds, "peak_bytes": peak}))


def _open(path: Path) -> BinaryIO:
    return path.open("rb")


def run_ours(directory: Path, target: Path) -> tuple[float, int]:
    """Seconds and peak bytes of a child process that archives ``directory``."""
    output = subprocess.run(
        [sys.executable, __file__, "--child", str(directory), str(target)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    result = json.loads(output)
    return float(result["seconds"]), int(result["peak_bytes"])


def run_tar_gzip(directory: Path, target: Path) -> float:
    """Seconds of ``tar | gzip -6`` with tar told to be deterministic, too."""
    command = (
        'tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$1" -cf - .'
        ' | gzip -6 -n > "$2"'
    )
    began = time.perf_counter()
    subprocess.run(["sh", "-c", command, "sh", str(directory), str(target)], check=True)
    return time.perf_counter() - began


def stream_digest(target: Path) -> str:
    """SHA-256 of the uncompressed tar stream."""
    digest, inflate = hashlib.sha256(), zlib.decompressobj(wbits=31)
    with target.open("rb") as file:
        while data := file.read(MIB):
            digest.update(inflate.decompress(data))
    return digest.hexdigest()


def main() -> int:
    """Run the benchmark; the exit status says whether the bars hold."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--mib", type=int, default=1024, help="size of the model directory")
    parser.add_argument("--rounds", type=int, default=1, help="interleaved rounds, the best counts")
    parser.add_argument("--directory", type=Path, help="where to work (default: a temporary one)")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        archive(*arguments.child)
        return 0
    if arguments.make:
        make_model(arguments.make, arguments.mib)
        return 0
    if shutil.which("tar") is None or shutil.which("gzip") is None:
        parser.error("needs tar and gzip on PATH to compare with")
    with tempfile.TemporaryDirectory(dir=arguments.directory) as name:
        return compare(Path(name), mebibytes=arguments.mib, rounds=arguments.rounds)


def compare(work: Path, *, mebibytes: int, rounds: int) -> int:
    """Measure in ``work`` and print the table."""
    model, ours, theirs = work / "model", work / "ours.tar.gz", work / "theirs.tar.gz"
    model.mkdir()
    # Linux counts the memory of the process that starts another one into that one's peak, so this
    # one has to stay small: the model is made elsewhere
    subprocess.run(
        [sys.executable, __file__, "--make", str(model), "--mib", str(mebibytes)], check=True
    )
    size = sum(path.stat().st_size for path in model.rglob("*") if path.is_file())
    print(f"model directory: {size / 1e6:.0f} MB")
    mine: list[float] = []
    other: list[float] = []
    peak, digests = 0, set[str]()
    # ours runs before and after theirs, so that neither has the warmer file cache alone
    for _ in range(rounds):
        for half in range(2):
            seconds, used = run_ours(model, ours)
            mine.append(seconds)
            peak = max(peak, used)
            digests.add(stream_digest(ours))
            if half == 0:
                other.append(run_tar_gzip(model, theirs))
    speeds = [size / 1e6 / min(mine), size / 1e6 / min(other)]
    ratio = speeds[0] / speeds[1]
    print(f"ours:            {speeds[0]:.1f} MB/s, {ours.stat().st_size / size:.4f} of the size")
    print(f"tar | gzip -6:   {speeds[1]:.1f} MB/s, {theirs.stat().st_size / size:.4f} of the size")
    print(f"ratio:           {ratio:.1f} (at least {LEAST_RATIO:.0f})")
    print(f"peak memory:     {peak / 1e6:.1f} MB (below {MEMORY_LIMIT_BYTES / 1e6:.0f})")
    print(f"same stream:     {'yes' if len(digests) == 1 else 'NO'} ({2 * rounds} runs)")
    holds = ratio >= LEAST_RATIO and peak < MEMORY_LIMIT_BYTES and len(digests) == 1
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
