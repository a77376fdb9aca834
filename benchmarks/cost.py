"""Times what a user waits for, beside what the peers make them wait.

    python -m benchmarks.cost turns        # four results in, four proposals out, after many runs
    python -m benchmarks.cost commands     # whole processes, `recommend next --n 4` among them

What one command times it times in one go, the peers in turn, each in a process of its own. The
medians are written to `results/turns.csv`, in which other turns stay, and `results/commands.csv`.
"""

from __future__ import annotations

import argparse
import csv
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from benchmarks.peers import OURS
from benchmarks.startup import RECOMMEND, seconds

ROOT = Path(__file__).resolve().parent.parent
TURNS = Path(__file__).with_name("results") / "turns.csv"
COMMANDS = Path(__file__).with_name("results") / "commands.csv"
PEERS = ("recommender", "optuna-gp", "botorch", "ax", "skopt")
BATCH = 4
RUNS = [36, 100, 200, 500, 1000, 10_000, 100_000]
MOST = 1000  # runs that peers are asked about: none is meant for more
LIMIT = 300.0  # seconds after which a peer is stopped, and not asked about more runs

BASELINE = "import skopt"
READ = """
import csv
rows = [r for r in csv.DictReader(open("history/runs.csv")) if r["loss"]]
names = ["learning_rate", "cluster_temperature", "instance_temperature", "threshold"]
low, high = [1e-5, 0.3, 0.005, 0.8], [1e-1, 1.5, 1.0, 0.99]
is_log = [True, False, True, False]
X = [[float(r[n]) for n in names] for r in rows]
y = [float(r["loss"]) for r in rows]
"""
# The same question, put as each library's documentation does.
SCRIPTS = {
    BASELINE: "import skopt",
    "Optuna GPSampler": READ
    + """
import optuna
kinds = {n: optuna.distributions.FloatDistribution(a, b, log=c)
         for n, a, b, c in zip(names, low, high, is_log)}
study = optuna.create_study(sampler=optuna.samplers.GPSampler(seed=0))
for x, value in zip(X, y):
    study.add_trial(optuna.trial.create_trial(
        params=dict(zip(names, x)), distributions=kinds, value=value))
print([study.ask(kinds).params for _ in range(4)])
""",
    "BoTorch qLogNEI": READ
    + """
import math, torch
from botorch.acquisition import qLogNoisyExpectedImprovement
from botorch.fit import fit_gpytorch_mll
from botorch.models import SingleTaskGP
from botorch.optim import optimize_acqf
from gpytorch.mlls import ExactMarginalLogLikelihood
unit = [[(math.log(v / a) / math.log(b / a)) if c else (v - a) / (b - a)
         for v, a, b, c in zip(x, low, high, is_log)] for x in X]
X = torch.tensor(unit, dtype=torch.double)
model = SingleTaskGP(X, -torch.tensor(y, dtype=torch.double)[:, None])
fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
bounds = torch.tensor([[0.0] * 4, [1.0] * 4], dtype=torch.double)
print(optimize_acqf(qLogNoisyExpectedImprovement(model, X), bounds, q=4, num_restarts=10,
                    raw_samples=512, sequential=True)[0])
""",
    "Ax": READ
    + """
from ax.api.client import Client
from ax.api.configs import RangeParameterConfig
client = Client(random_seed=0)
client.configure_experiment(parameters=[
    RangeParameterConfig(name=n, bounds=(a, b), parameter_type="float",
                         scaling="log" if c else "linear")
    for n, a, b, c in zip(names, low, high, is_log)])
client.configure_optimization(objective="-loss")
for x, value in zip(X, y):
    trial = client.attach_trial(parameters=dict(zip(names, x)))
    client.complete_trial(trial_index=trial, raw_data={"loss": value})
print(client.get_next_trials(max_trials=4))
""",
}


@dataclass(frozen=True)
class Turn:
    """How long a peer takes from four results to four proposals; None is longer than the limit.

    `megabytes` is the memory of the whole process at its highest. Both are the medians of so many
    `rounds`.
    """

    peer: str
    threads: int
    runs: int
    seconds: float | None
    megabytes: int | None
    rounds: int


def turn(peer: str, runs: int) -> float:
    """Return the seconds of one turn of a peer that knows so many runs."""
    import numpy as np

    from benchmarks import peers
    from benchmarks.tasks import load
    from benchmarks.tasks.task import from_uniform

    task = load("twin-0")
    rng = np.random.default_rng(0)
    taken = 0.0
    for known in (12, runs):  # the first time loads what is loaded late
        one = peers.make(peer, task.space, seed=0)
        params = from_uniform(task.space, rng.random((known, len(task.space))))
        results = [(p, task.truth(p) + 0.01 * float(rng.standard_normal())) for p in params]
        one.tell(results[:-BATCH])
        before = time.perf_counter()
        one.tell(results[-BATCH:])
        one.ask(BATCH)
        taken = time.perf_counter() - before
    return taken


def _turn_in_process(peer: str, threads: int, runs: int) -> tuple[float, int] | None:
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        environment[name] = str(threads)
    command = [sys.executable, "-m", "benchmarks.cost", "turn", peer, str(runs)]
    try:
        answer = subprocess.run(
            command, cwd=ROOT, env=environment, timeout=LIMIT, check=True, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return None
    seconds, megabytes = answer.stdout.split()[-2:]
    return float(seconds), int(megabytes)


def measure_turns(chosen: list[str], runs: list[int], threads: list[int], rounds: int) -> None:
    """Time the turns and write their medians in the place of the same ones before."""
    turns = {(one.peer, one.threads, one.runs): one for one in read_turns()}
    stopped: set[tuple[str, int]] = set()
    for n in runs:
        for count in threads:
            taken: dict[str, list[tuple[float, int] | None]] = {
                peer: []
                for peer in chosen
                if (peer, count) not in stopped and (n <= MOST or peer == OURS)
            }
            for _ in range(rounds):
                for peer, times in taken.items():
                    if None not in times:
                        times.append(_turn_in_process(peer, count, n))
            for peer, times in taken.items():
                finished = [time for time in times if time is not None]
                if len(finished) < rounds:
                    stopped.add((peer, count))
                    one = Turn(peer, count, n, None, None, rounds)
                else:
                    middle = [statistics.median(values) for values in zip(*finished, strict=True)]
                    one = Turn(peer, count, n, round(middle[0], 3), round(middle[1]), rounds)
                turns[peer, count, n] = one
                print(one, flush=True)
            header = tuple(field.name for field in fields(Turn))
            _write(TURNS, header, [astuple(one) for one in turns.values()])


def measure_commands(rounds: int) -> None:
    """Time the whole processes and write their medians."""
    commands = {name: [sys.executable, "-c", script] for name, script in SCRIPTS.items()}
    commands["recommend next --n 4"] = [*RECOMMEND, "next", "--n", "4"]
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for round_ in range(rounds + 1):
        for name, command in commands.items():
            one = seconds(command)
            if round_:  # the first round warms the caches
                taken[name].append(one)
    rows = []
    for name, times in taken.items():
        pairs = [one / base for one, base in zip(times, taken[BASELINE], strict=True)]
        rows.append((name, round(statistics.median(times), 3), round(statistics.median(pairs), 3)))
    rows.sort(key=lambda row: row[1])
    _write(COMMANDS, ("process", "seconds", "ratio"), rows)
    for name, median, ratio in rows:
        print(f"{name:<22} {median:7.2f} s  ratio {ratio:.2f}")


def read_turns() -> list[Turn]:
    """Return the committed turns."""
    return [
        Turn(
            r["peer"],
            int(r["threads"]),
            int(r["runs"]),
            float(r["seconds"]) if r["seconds"] else None,
            int(r["megabytes"]) if r["megabytes"] else None,
            int(r["rounds"]),
        )
        for r in _read(TURNS)
    ]


def read_commands() -> list[tuple[str, float, float]]:
    """Return the committed processes, each with its seconds and their ratio to the base's."""
    rows = _read(COMMANDS)
    return [(row["process"], float(row["seconds"]), float(row["ratio"])) for row in rows]


def _read(path: Path) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _write(path: Path, header: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    what = parser.add_subparsers(dest="what", required=True)
    turns = what.add_parser("turns", help="four results in, four proposals out")
    turns.add_argument("--peers", nargs="+", default=list(PEERS), choices=PEERS)
    turns.add_argument("--runs", nargs="+", type=int, default=RUNS)
    turns.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    turns.add_argument("--rounds", type=int, default=3)
    commands = what.add_parser("commands", help="whole processes")
    commands.add_argument("--rounds", type=int, default=7)
    one = what.add_parser("turn", help="one turn in this process")
    one.add_argument("peer", choices=PEERS)
    one.add_argument("runs", type=int)
    options = parser.parse_args()
    if options.what == "turns":
        measure_turns(options.peers, options.runs, options.threads, options.rounds)
    elif options.what == "commands":
        measure_commands(options.rounds)
    else:
        import resource

        taken = turn(options.peer, options.runs)
        print(taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


if __name__ == "__main__":
    main()
