"""Runs the peers side by side and appends what they reach to `results/race.csv`.

    python -m benchmarks.race --seeds 20 --jobs 2
    python -m benchmarks.race --peers recommender optuna-gp --tasks branin hartmann6 --seeds 5

Each race starts from 8 shared Sobol runs and goes on in batches of 4 to 40 runs. What counts is the
noiseless regret of the run that the peer recommends, after 16, 24, 32 and 40 runs. A race that
stands in the file is not run again, so that a race which was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import time
import warnings
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import peers
from benchmarks.results import CHECKPOINTS, RESULTS, Key, Row, append, read, write
from benchmarks.tasks import HALVES, KINDS, Task, load, names_of
from benchmarks.tasks.task import sobol
from benchmarks.world import BASE, CONDITIONS, Condition, World
from recommender.run import Params

START, BATCH, BUDGET = 8, 4, CHECKPOINTS[-1]
QUIET = 60.0  # seconds between two lines of progress where no terminal shows a bar


def race(task: Task, condition: Condition, peer_name: str, seed: int) -> Row:
    """Run one peer on one task under one condition; what the peer raises is in the row."""
    regrets: list[float] = []
    luckiest, error = None, ""
    before = time.process_time()
    try:
        peer = peers.make(peer_name, task.space, seed)
        before = time.process_time()  # loading a library is not part of the race
        for finished in checkpoints(peer, task, condition, seed):
            regrets.append(task.regret(_among(finished, peer.best())))
            luckiest = task.regret(min(finished, key=lambda result: result[1])[0])
    except Exception as raised:
        error = f"{type(raised).__name__}: {raised}".splitlines()[0][:200]
        luckiest = None
    seconds = time.process_time() - before
    return Row(
        Key(condition.name, task.name, peer_name, seed), tuple(regrets), luckiest, seconds, error
    )


def checkpoints(
    peer: peers.Peer, task: Task, condition: Condition, seed: int
) -> Iterator[list[tuple[Params, float]]]:
    """Run the race, and stop at each checkpoint with the runs that have finished by then."""
    world = World(task, condition, seed)
    finished: list[tuple[Params, float]] = []
    outstanding = [sobol(task.space, START, task.seed(seed, 1))]
    for asked in range(START, BUDGET + 1, BATCH):
        late = condition.pending // BATCH if START < asked < BUDGET else 0
        while len(outstanding) > late:
            results = [(params, world.run(params)) for params in outstanding.pop(0)]
            results.sort(key=lambda result: result[1] is None)  # what finished comes first
            peer.tell(results)
            finished += [(params, loss) for params, loss in results if loss is not None]
        if asked in CHECKPOINTS:
            yield finished
        if asked < BUDGET:
            batch = peer.ask(BATCH)
            if len(batch) != BATCH:
                raise RuntimeError(f"proposed {len(batch)} runs of the {BATCH} asked for")
            outstanding.append(batch)


def _among(finished: list[tuple[Params, float]], recommended: Params) -> Params:
    if not any(params == recommended for params, _ in finished):
        raise RuntimeError(f"recommended {recommended}, which is no finished run")
    return recommended


def _in_process(key: Key) -> Row:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the libraries' own, which the race is not about
        logging.disable(logging.ERROR)
        return race(load(key.task), CONDITIONS[key.condition], key.peer, key.seed)


def run(wanted: list[Key], out: Path, jobs: int, hours: float) -> None:
    """Run races side by side and append each when it ends; none is begun after so many hours."""
    ends = time.monotonic() + 3600 * hours
    waiting = iter(wanted)
    running: set[Future[Row]] = set()
    # A fresh process each, so that the number of threads is set before any library is loaded.
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, mp_context=spawn) as pool, Told(len(wanted)) as told:
        while True:
            while len(running) < jobs and time.monotonic() < ends:
                key = next(waiting, None)
                if key is None:
                    break
                running.add(pool.submit(_in_process, key))
            if not running:
                return
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                append(out, future.result())
                told.one_more(future.result())


class Told:
    """Says how many races are done and left, and for how long: a bar, or now and then a line."""

    def __init__(self, total: int) -> None:
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
        )
        self.task = self.bar.add_task("races", total=total, left="")
        self.total, self.done, self.failed = total, 0, 0
        self.began = self.last = time.monotonic()

    def __enter__(self) -> Told:
        self.bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.stop()

    def one_more(self, row: Row) -> None:
        """Count a race that ended."""
        self.done += 1
        now = time.monotonic()
        left = self.total - self.done
        # Peers and tasks take turns, so that the mean so far is a fair guess.
        hours = (now - self.began) / self.done * left / 3600
        self.bar.update(self.task, completed=self.done, left=f"about {hours:.1f} h left")
        if row.error:
            self.failed += 1
            self.bar.console.print(f"{row.key}: {row.error}")
        if not self.bar.console.is_terminal and (now - self.last > QUIET or not left):
            self.last = now
            print(
                f"{self.done} done, {left} left, about {hours:.1f} h; {self.failed} failed",
                flush=True,
            )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--peers", nargs="+", choices=list(peers.PEERS), metavar="PEER",
        help=f"all that are installed by default: {', '.join(peers.PEERS)}",
    )  # fmt: skip
    parser.add_argument(
        "--half", choices=["all", *HALVES], default="all", help="all tasks by default"
    )
    parser.add_argument(
        "--tasks", nargs="+", choices=list(KINDS), metavar="TASK",
        help=f"instead of a half: {', '.join(KINDS)}",
    )  # fmt: skip
    parser.add_argument(
        "--conditions", nargs="+", choices=["all", *CONDITIONS], default=[BASE],
        metavar="CONDITION", help=f"{BASE} by default; all, or {', '.join(CONDITIONS)}",
    )  # fmt: skip
    add_options(parser, RESULTS)
    return parser.parse_args()


def add_options(parser: argparse.ArgumentParser, out: Path) -> None:
    """Add what every resumable race can be told."""
    parser.add_argument("--seeds", type=int, default=20, help="how many, from 0 on (default 20)")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side (default 2)")
    parser.add_argument("--hours", type=float, default=float("inf"), help="begin none after these")
    parser.add_argument("--out", type=Path, default=out, help="the results file")
    parser.add_argument(
        "--again", action="store_true",
        help="take the chosen races' rows out and run them anew, as after a change of the engine",
    )  # fmt: skip
    parser.add_argument("--list", action="store_true", help="say how many are left, and run none")


def go_on(keys: list[Key], options: argparse.Namespace) -> None:
    """Run those of the races that do not stand in the file yet."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"  # as many processes as cores, so a thread each
    rows = read(options.out)
    if options.again:
        chosen = set(keys)
        rows = [row for row in rows if row.key not in chosen]
        if not options.list:
            write(options.out, rows)
    done = {row.key for row in rows}
    wanted = [key for key in keys if key not in done]
    print(f"{len(keys) - len(wanted)} done, {len(wanted)} left", flush=True)
    if not options.list:
        run(wanted, options.out, options.jobs, options.hours)


def main() -> None:
    options = _options()
    chosen = []
    for name in options.peers or peers.PEERS:
        if absent := peers.missing(name):
            print(f"{name} is left out: {', '.join(absent)} is not installed", file=sys.stderr)
        else:
            chosen.append(name)
    conditions = CONDITIONS if "all" in options.conditions else options.conditions
    keys = [
        Key(condition, task, peer, seed)
        for seed in range(options.seeds)
        for condition in conditions
        for task in options.tasks or names_of(options.half)
        for peer in chosen
    ]
    go_on(keys, options)


if __name__ == "__main__":
    main()
