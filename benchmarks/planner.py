"""The planner's forecast beside real models on the embedded AWS, for three shapes of traffic.

Small Python models of three sizes are served by the real tritonserver, behind endpoints whose
memory holds only part of them. Each shape's access log is written to a file, planned from it and
from the sizes measured before, then replayed through boto3: one call at a time, and again in bursts
at the times of the log, so that loads overlap and calls join them. ``from rates`` is the estimate
that knows rates only, for comparison: on so few calls it differs by chance as well. Then 100,000
models are planned for, also where none of the fleets allowed holds. Exit status 1 when a hit ratio
is off by more than 3 points, loads by more than 10 %, or when a plan takes more than
--limit-seconds of CPU time; 2 when nothing can be served here.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.planner_cases import Case, cases
from benchmarks.real_fleet import RealFleet
from inferctl.localaws.app import LocalAws
from inferctl.localaws.serving.host_runner import binary_problem
from inferctl.planner.estimate import estimate
from inferctl.planner.fleet import Fleet, fleet_of
from inferctl.planner.forecast import Forecast
from inferctl.planner.machine import Machine
from inferctl.planner.measured import Defaults, fleet_from, read_measured
from inferctl.planner.plan import MOST_INSTANCES, Question, Targets, smallest_fleet
from inferctl.planner.routing import Routing
from inferctl.planner.shapes import zipf
from inferctl.planner.simulator import simulate
from inferctl.planner.traffic import Calls, Rates
from inferctl.planner.traffic_file import Traffic, read_traffic

POINTS, PERCENT = 3.0, 10.0
# A stub takes 23 to 31 MiB itself: 20 MiB of libraries are divided among all that run at the moment
# it is measured. Sizes of about 1, 2 and 3 times 48 MiB and a memory of 20 1/2 times that keep this
# from deciding how many models fit.
BALLAST_MIB = (24, 72, 120)
MEMORY_MIB = 984
# one of each size does not fit, nor the largest with the smallest
_MEASURING_MIB = 175


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One replay beside its forecasts."""

    case: Case
    counts: dict[str, int]
    simulated: Forecast
    estimated: Forecast

    @property
    def hit_ratio(self) -> float:
        """As measured."""
        return self.counts["hits"] / (self.counts["hits"] + self.counts["misses"])

    @property
    def points(self) -> float:
        """How far the simulated hit ratio is off."""
        return abs(self.simulated.hit_ratio - self.hit_ratio) * 100

    @property
    def percent(self) -> float:
        """How far the simulated loads are off."""
        return abs(self.simulated.loads / self.counts["loads"] - 1) * 100

    @property
    def holds(self) -> bool:
        """Whether it is within the bar."""
        return self.points <= POINTS and self.percent <= PERCENT


def compare(
    real: RealFleet, case: Case, *, measured: Path, memory_mib: int = MEMORY_MIB
) -> Comparison:
    """The replay, and forecasts from files, as `inferctl plan` reads them."""
    log = measured.with_name(f"{case.name}.csv")
    _write_log(log, case.calls, real.names)
    traffic = read_traffic(log)
    assert traffic.calls is not None
    fleet, _ = fleet_from(traffic.names, read_measured(measured), Defaults())
    machine = Machine(
        name="embedded",
        host_mib=memory_mib,
        max_models=64,
        parallel_loads=4,
        slots=8,
        unload_seconds=real.unload_seconds,
    )
    columns = [real.names.index(name) for name in traffic.names]
    rates = Rates(
        seconds=case.rates.seconds, per_second=case.rates.per_second[:, columns], from_cold=True
    )
    with real.endpoint(case.name, memory_mib=memory_mib) as endpoint:
        counts, load_seconds = real.replay(
            endpoint, traffic.names, traffic.calls, one_at_a_time=case.one_at_a_time
        )
    if not case.one_at_a_time:
        # who joins a load depends on how busy the machine was in that minute: the endpoint says it,
        # as ModelLoadingTime would on AWS. It knows nothing of hits
        fleet = replace(fleet, load_seconds=np.full(len(fleet), load_seconds))
    return Comparison(
        case=case,
        counts=counts,
        simulated=simulate(fleet, traffic.calls, machine),
        estimated=estimate(fleet, rates, machine),
    )


def _write_log(path: Path, calls: Calls, names: tuple[str, ...]) -> None:
    rows = [
        f"{1_700_000_000 + now:.3f},{names[model]}"
        for now, model in zip(calls.times.tolist(), calls.models.tolist(), strict=True)
    ]
    path.write_text("\n".join(["time,model", *rows]) + "\n")


def compare_all(models: int, calls: int) -> list[Comparison]:
    """All cases side by side: most of an unload Triton only waits."""
    with tempfile.TemporaryDirectory() as folder, LocalAws(Path(folder) / "aws") as aws:
        real = RealFleet(aws, [BALLAST_MIB[(each + each // 6) % 3] for each in range(models)])
        measured = Path(folder) / "measured.csv"
        real.measure(memory_mib=_MEASURING_MIB, path=measured, side_by_side=6)
        loads = [row.load_seconds or 0.0 for row in read_measured(measured).values()]
        seconds = float(np.mean(loads)) + real.unload_seconds
        print(f"a load takes {np.mean(loads):.1f} s, an unload {real.unload_seconds:.1f} s")
        wanted = cases(models, calls, seconds_between=1.5 * seconds)
        with ThreadPoolExecutor(len(wanted)) as pool:
            return list(pool.map(lambda case: compare(real, case, measured=measured), wanted))


def table(found: list[Comparison]) -> str:
    """A line for each case."""
    lines = [
        "shape     calls                hit ratio: measured  planned  from rates"
        "   loads: measured  planned   off by"
    ]
    for each in found:
        restarts = each.counts["restarts"]
        how = "one at a time" if each.case.one_at_a_time else "overlapping"
        lines.append(
            f"{each.case.shape:<9} {each.simulated.calls:5.0f} {how:<13}"
            f" {each.hit_ratio:20.3f} {each.simulated.hit_ratio:8.3f}"
            f" {each.estimated.hit_ratio:11.3f} {each.counts['loads']:17}"
            f" {each.simulated.loads:8.0f}   {each.points:.1f} points, {each.percent:.1f} %"
            + (f" (the server crashed {restarts} times)" if restarts else "")
        )
    return "\n".join(lines)


def plan_many(models: int, *, most: int = MOST_INSTANCES) -> float:
    """CPU seconds to find the smallest fleet for so many models, of at most ``most`` instances."""
    random = np.random.default_rng(1)
    fleet: Fleet = fleet_of(
        [f"m{number}" for number in range(models)],
        host_mib=random.uniform(10, 200, models),
        gpu_mib=random.uniform(10, 200, models),
        load_seconds=random.uniform(0.5, 5, models),
        service_seconds=random.uniform(0.005, 0.05, models),
    )
    machine = Machine(name="ml.g5.4xlarge", host_mib=52_000, gpu_mib=21_600)
    rates = zipf(models, 500.0)
    question = Question(
        fleet=fleet,
        traffic=Traffic(names=fleet.names, rates=rates),
        routing=Routing(),
        targets=Targets(),
        replay=None,
    )
    started, cpu_started = time.monotonic(), time.process_time()
    answer = smallest_fleet(question, machine, most=most)
    seconds = time.process_time() - cpu_started
    print(
        f"{models:,} models: {answer.forecast.instances} x {machine.name}"
        f" {'hold' if answer.holds else 'refused'}, hit ratio {answer.forecast.hit_ratio:.3f},"
        f" planned in {seconds:.1f} CPU seconds ({time.monotonic() - started:.1f} s)"
    )
    return seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--models", type=int, default=18)
    parser.add_argument("--calls", type=int, default=80, help="of each shape")
    parser.add_argument("--limit-seconds", type=float, default=30.0)
    arguments = parser.parse_args()
    problem = binary_problem()
    if problem is not None:
        print(f"cannot measure: {problem}", file=sys.stderr)
        return 2
    started = time.monotonic()
    found = compare_all(arguments.models, arguments.calls)
    print(table(found))
    print(f"measured in {time.monotonic() - started:.0f} s", flush=True)
    passed = all(each.holds for each in found)
    for most in (MOST_INSTANCES, 5):
        passed &= plan_many(100_000, most=most) <= arguments.limit_seconds
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
