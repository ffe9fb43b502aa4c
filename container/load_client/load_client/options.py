"""Options that every command which calls servers has, and what is wrong with their values."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ParamSpec, TypeVar

from load_client.addresses import (
    SAGEMAKER,
    ServerAddress,
    TargetOptions,
    parse_address,
    target_of,
)
from load_client.encoding import Encoding
from load_client.errors import InputError
from load_client.plan import Server
from load_client.report import Price
from load_client.shapes import Arrivals, LoadShape, timeout_problems

P = ParamSpec("P")
T = TypeVar("T")
_LAST_VERSION = 2**63 - 1


def add_server_options(parser: argparse.ArgumentParser, *, wait_seconds: float) -> None:
    """What the protocols need besides the address and the model."""
    add = parser.add_argument
    add("--version", type=int, help="of the model; default: the one that serves")
    add("--signature", default="serving_default", help="TF Serving, default serving_default")
    add("--encoding", choices=[str(each) for each in Encoding], help="v2-http and sagemaker")
    add("--timeout", type=float, default=60.0, help="seconds for a call, default 60")
    add(
        "--wait",
        type=float,
        default=wait_seconds,
        help=f"seconds for a server to get ready, default {wait_seconds:g}",
    )
    add("--region", help="of AWS")
    add("--endpoint-url", help="an embedded AWS")
    add("--artifacts", help="s3://bucket/prefix/ of the model index, for TargetModel")
    add("--target-model", help="TargetModel itself, instead of --artifacts")


def add_load_options(parser: argparse.ArgumentParser) -> None:
    """What is sent, how, for how long, and where the report goes."""
    add = parser.add_argument
    add("--request", type=Path, help="a KServe v2 JSON request")
    add("--input", action="append", default=[], help="NAME=TYPE:SHAPE, NAME=@FILE or NAME=X.npy")
    add("--batch", default="", help="batch sizes; default: the inputs as they are")
    add("--concurrency", default="1", help="callers at once, default 1")
    add("--rate", default="", help="arrivals a second of an open loop; default: a closed loop")
    add("--arrivals", choices=[str(each) for each in Arrivals], default="constant")
    add(
        "--poisson",
        dest="arrivals",
        action="store_const",
        const=str(Arrivals.POISSON),
        help="the same as --arrivals poisson",
    )
    add("--seed", type=int, default=1, help="of Poisson arrivals, default 1")
    add("--seconds", type=float, help="measuring time of each load")
    add("--calls", type=int, help="calls of each load, the first one apart")
    add("--warm-up", type=int, default=3, help="calls before each load, default 3")
    add("--window", type=float, help="seconds of a row of the course, default up to 30")
    add("--title", help="of the report; default: the model's name")
    add("--json", type=Path, metavar="FILE", help="write the report there")
    add("--html", type=Path, metavar="FILE", help="write the page there")


class Problems:
    """Gathers what several steps complain about."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, problems: Sequence[str]) -> None:
        """Keep what was not said before."""
        self.found += [each for each in dict.fromkeys(problems) if each not in self.found]

    def catch(self, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What ``make`` returns; None when it complains."""
        try:
            return make(*args, **kwargs)
        except InputError as error:
            self.add(error.problems)
            return None

    def numbers(self, option: str, text: str, kind: Callable[[str], T]) -> list[T]:
        """The numbers of a list."""
        try:
            return [kind(part) for part in text.split(",") if part.strip()]
        except ValueError:
            self.add([f"{option} must be numbers separated by commas, got {text!r}"])
            return []


def batches_of(given: argparse.Namespace, problems: Problems) -> tuple[int, ...]:
    """The batch sizes, empty for the inputs as they are."""
    batches = problems.numbers("--batch", given.batch, int)
    problems.add([f"--batch must be at least 1, got {batch}" for batch in batches if batch < 1])
    return tuple(batches)


def shapes_of(given: argparse.Namespace, problems: Problems) -> tuple[LoadShape, ...]:
    """Every concurrency at every rate."""
    callers = problems.numbers("--concurrency", given.concurrency, int)
    rates: list[float | None] = [*problems.numbers("--rate", given.rate, float)]
    if not callers and given.concurrency.strip(" ,") == "":
        problems.add(["--concurrency must name at least one number"])
    shapes = []
    for rate in rates or [None]:
        # also without a usable number of callers, so that the rest is looked at
        for concurrency in callers or [1]:
            shape = problems.catch(
                LoadShape,
                concurrency=concurrency,
                rate=rate,
                arrivals=Arrivals(given.arrivals),
                seed=given.seed,
                seconds=given.seconds,
                calls=given.calls,
                warm_up_calls=given.warm_up,
                timeout_seconds=given.timeout,
                window_seconds=given.window,
            )
            if shape is not None and callers:
                shapes.append(shape)
    return tuple(shapes)


def check_server_options(given: argparse.Namespace, problems: Problems) -> None:
    """``--wait`` and ``--timeout`` are times, ``--version`` is a version."""
    problems.add(timeout_problems(given.timeout))
    if given.version is not None and not 0 <= given.version <= _LAST_VERSION:
        problems.add([f"--version must be 0 to {_LAST_VERSION}, got {given.version}"])
    if not 0 <= given.wait < float("inf"):
        problems.add([f"--wait must not be negative, got {given.wait}"])


def check_folders(
    problems: Problems, *, reads: Sequence[Path | None] = (), **files: Path | None
) -> None:
    """What is written at the end has a folder at the beginning, and overwrites nothing in use."""
    used = {path.resolve(): "is read as well" for path in reads if path is not None}
    for option, path in files.items():
        if path is None:
            continue
        if path.is_dir():
            problems.add([f"--{option} {path}: is a folder"])
        elif not path.resolve().parent.is_dir():
            problems.add([f"--{option} {path}: there is no folder {path.parent}"])
        elif not path.exists() or path.is_file():
            if path.resolve() in used:
                problems.add([f"--{option} {path}: {used[path.resolve()]}"])
            used[path.resolve()] = f"--{option} is the same file"


def addresses_of(
    texts: Sequence[str], given: argparse.Namespace, problems: Problems
) -> tuple[ServerAddress, ...]:
    """The addresses that can be understood, each with a name of its own."""
    found = [each for text in texts if (each := problems.catch(parse_address, text))]
    names = [address.name for address in found]
    problems.add(
        [f"two servers are called {name!r}" for name in sorted(names) if names.count(name) > 1]
    )
    if any(address.protocol == SAGEMAKER for address in found) and given.region is None:
        problems.add(["sagemaker:// needs --region"])
    return tuple(found)


def servers_of(
    addresses: Sequence[ServerAddress],
    given: argparse.Namespace,
    *,
    model: str,
    prices: Sequence[Price] = (),
    problems: Problems,
) -> tuple[Server, ...]:
    """The servers; none when there is any problem, because an index may have to be read."""
    if problems.found:
        return ()
    options = TargetOptions(
        model=model,
        version=given.version,
        signature=given.signature,
        encoding=Encoding(given.encoding) if given.encoding else None,
        timeout_seconds=given.timeout,
        region=given.region,
        endpoint_url=given.endpoint_url,
        artifacts=given.artifacts,
        target_model=given.target_model,
    )
    servers = []
    for address in addresses:
        target = problems.catch(target_of, address, options)
        price = next((each for each in prices if each.server == address.name), None)
        if target is not None:
            servers.append(Server(name=address.name, target=target, price=price))
    return tuple(servers)
