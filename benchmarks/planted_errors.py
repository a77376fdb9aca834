"""Plants errors in synthetic sweep logs and counts which of them `recommend doctor` finds.

    python -m benchmarks.planted_errors --jobs 2     # goes on where it was stopped, then the table
    python -m benchmarks.planted_errors --list       # how many are left

200 errors of each kind in each design, and 200 logs of each design without any. An error counts
where it moves the prediction by at least five standard deviations of the noise. Beside the search
of the product stand two observers who cannot be had in practice: one knows the hyperparameters
that the log would have without the error, the other the true function and noise. Both weigh the
same guesses. What the first cannot find, the rows do not tell.
"""

from __future__ import annotations

import argparse
import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

import numpy as np
import numpy.typing as npt

from benchmarks import histories
from benchmarks.histories import DESIGNS, ERRORS, Log, Planted
from benchmarks.markdown import table
from benchmarks.rows import go_on, read
from recommender.engine.encoding import Encoding
from recommender.engine.repairs import Search, gains, log_density_of_anything
from recommender.engine.slips import Slip, slips
from recommender.engine.suspects import SURE, as_repairs, find_suspects, scaled
from recommender.run import Objective

RESULTS = Path(__file__).with_name("results") / "planted_errors.csv"
CLEAN = "none"
LOGS = 200  # of each design and kind of error, and without any
MOVED = 5.0  # standard deviations of the noise from which on an error counts
OBJECTIVE = Objective(metric="loss")

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, order=True)
class Key:
    """Which log: everything that decides how it is made."""

    seed: int
    design: str
    error: str


@dataclass(frozen=True)
class Row:
    """What became of one log: of its one error, if any.

    `found` says that the wrong row was named, `named` that so were its cells, and `wrong` how
    many sound rows were. `told` and `told_named` are the same of the observer who knows the
    hyperparameters, `true` and `true_named` of the one who knows the function.
    """

    seed: int
    design: str
    error: str
    runs: int
    parameters: int
    moved: float
    found: int
    named: int
    wrong: int
    told: int
    told_named: int
    true: int
    true_named: int
    seconds: float

    @property
    def key(self) -> Key:
        """Which log it was."""
        return Key(self.seed, self.design, self.error)


def examine(key: Key) -> Row:
    """Make a log, search it, and let the observers search it."""
    rng = np.random.default_rng([crc32(f"{key.design}, {key.error}".encode()), key.seed])
    clean = histories.make(key.design, rng)
    planted = None if key.error == CLEAN else histories.plant(clean, key.error, rng)
    log = planted.log if planted else clean
    encoding = Encoding(log.space)
    before = time.process_time()
    suspects = find_suspects(encoding, OBJECTIVE, log.runs, log.values)
    seconds = time.process_time() - before
    best = [(suspect.row, frozenset(suspect.slips[0][0].cells)) for suspect in suspects]
    told = true = (0, 0)
    if planted:
        guesses = slips(log.space, log.runs, log.values)
        told = _verdict(planted, guesses, _knowing_hyperparameters(planted, clean, guesses))
        own = [slip for slip in guesses if slip.row == planted.row]
        true = _verdict(planted, own, _knowing_the_truth(planted, own))
    row = planted.row if planted else -1
    return Row(
        *(key.seed, key.design, key.error, len(log.runs), len(log.space)),
        moved=round(planted.moved, 3) if planted else 0.0,
        found=int(any(index == row for index, _ in best)),
        named=int(planted is not None and (row, planted.cells) in best),
        wrong=sum(index != row for index, _ in best),
        told=told[0],
        told_named=told[1],
        true=true[0],
        true_named=true[1],
        seconds=round(seconds, 3),
    )


def _examine(key: Key) -> list[Row]:
    return [examine(key)]


def _knowing_hyperparameters(planted: Planted, clean: Log, guesses: Sequence[Slip]) -> Array:
    """Return the log odds of the guesses for whoever knows what the log without error says."""
    log, encoding = planted.log, Encoding(planted.log.space)
    X = encoding.encode(log.runs)
    y = np.array(clean.values)
    scaling, theta = scaled(encoding.encode(clean.runs), y, encoding.groups, ())
    warp, centre, scale = scaling
    written = np.array(log.values)
    repairs = as_repairs(encoding, OBJECTIVE, guesses, written, scaling)
    search = Search(X, (warp(written) - centre) / scale, encoding.groups, ())
    likelihood = search.likelihood()
    kernel = likelihood.kernel(theta, encoding.groups)
    return gains(likelihood, theta, X, kernel, repairs) + repairs.log_prior


def _knowing_the_truth(planted: Planted, guesses: Sequence[Slip]) -> Array:
    """Return the log odds of the guesses for whoever knows the function and the noise."""
    log = planted.log
    spread = float(np.std(log.values))
    odds = []
    for slip in guesses:
        written = _log_normal(log.values[slip.row] - log.truth(log.runs[slip.row]), log.noise)
        if slip.value is None:
            z = (log.values[slip.row] - float(np.mean(log.values))) / spread
            meant = float(log_density_of_anything(np.array(z))) - math.log(spread)
        else:
            meant = _log_normal(slip.value - log.truth(slip.params), log.noise)
        odds.append(meant - written + slip.log_prior + slip.log_scale)
    return np.array(odds)


def _log_normal(residual: float, sd: float) -> float:
    return -0.5 * (residual / sd) ** 2 - math.log(sd * math.sqrt(2.0 * math.pi))


def _verdict(planted: Planted, guesses: Sequence[Slip], odds: Array) -> tuple[int, int]:
    """Return whether the row is likelier wrong than right and than all others; and the cells."""
    rows = np.array([slip.row for slip in guesses])
    together = [np.logaddexp.reduce(odds[rows == row]) for row in range(len(planted.log.runs))]
    if int(np.argmax(together)) != planted.row or together[planted.row] <= SURE:
        return 0, 0
    best = int(np.argmax(np.where(rows == planted.row, odds, -np.inf)))
    return 1, int(frozenset(guesses[best].cells) == planted.cells)


def report(rows: Iterable[Row]) -> str:
    """Return what was found, as Markdown tables."""
    rows = list(rows)
    heads = ("error", "design", "planted", f"moved by {MOVED:g} sd", "nobody could", "hidden",
             "found", "cell named", "found of what shows", "sound rows named")  # fmt: skip
    lines = []
    for error in ERRORS:
        for design in DESIGNS:
            some = [row for row in rows if (row.error, row.design) == (error, design)]
            if some:
                lines.append([error, design, *_counts(some)])
    planted = [row for row in rows if row.error != CLEAN]
    if planted:
        lines.append(["all", "", *_counts(planted)])
    clean = [row for row in rows if row.error == CLEAN]
    alarms = sum(row.wrong > 0 for row in clean)
    parts = [table(heads, lines, words=2)] if lines else []
    if clean:
        seconds = [row.seconds for row in rows]
        parts.append(
            f"False alarms: {alarms} of {len(clean)} logs without an error "
            f"({_share(alarms, clean)}). Processor time of a search: "
            f"{np.median(seconds):.2f} s in the median, {np.max(seconds):.2f} s at most."
        )
    return "\n\n".join(parts) or "No results yet."


def _counts(rows: Sequence[Row]) -> list[str]:
    moved = [row for row in rows if row.moved >= MOVED]
    shown = [row for row in moved if row.told]
    found = sum(row.found for row in moved)
    return [
        str(len(rows)),
        str(len(moved)),
        str(sum(not row.true for row in moved)),
        str(len(moved) - len(shown)),
        f"{found} ({_share(found, moved)})",
        f"{sum(row.named for row in moved)} ({_share(sum(row.named for row in moved), moved)})",
        _share(sum(row.found for row in shown), shown),
        str(sum(row.wrong for row in rows)),
    ]


def _share(count: int, of: Sequence[Row]) -> str:
    return f"{count / len(of):.1%}" if of else "–"


def keys(logs: int, first: int = 0) -> Iterator[Key]:
    """Yield the logs to be searched, one of each kind in turn."""
    for seed in range(first, first + logs):
        for design in DESIGNS:
            for error in (*ERRORS, CLEAN):
                yield Key(seed, design, error)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--logs", type=int, default=LOGS, help="of each kind (default 200)")
    parser.add_argument("--first", type=int, default=0, help="the first seed (default 0)")
    parser.add_argument("--jobs", type=int, default=2, help="processes side by side (default 2)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="the results file")
    parser.add_argument("--list", action="store_true", help="say how many are left, and run none")
    options = parser.parse_args()
    done = {row.key for row in read(options.out, Row)}
    wanted = keys(options.logs, options.first)
    go_on(_examine, wanted, done, options.out, options.jobs, options.list)
    print(report(read(options.out, Row)))


if __name__ == "__main__":
    main()
