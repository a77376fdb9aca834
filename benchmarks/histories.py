"""Synthetic sweep logs as people keep them, and the errors that people make in them.

A log is 30 to 60 runs of three to five parameters with the round values that people use. It is
either made one parameter at a time, from the best value found so far to the next parameter, or it
fills the space. The truth is smooth: a random function, or a sum of the curves that training
losses show.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import qmc

from recommender.engine.encoding import Encoding, Region
from recommender.run import Params, Value
from recommender.space import Integer, Parameter, Real, SearchSpace

RESULT = ""  # the name of the cell that holds the result
POOL: dict[Parameter, tuple[float, ...]] = {
    Real("learning_rate", 1e-5, 1e-1, "log"): (
        *(1e-4, 2e-4, 3e-4, 5e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2),
    ),
    Real("weight_decay", 1e-6, 1e-2, "log"): (1e-6, 1e-5, 5e-5, 1e-4, 5e-4, 1e-3),
    Real("instance_temperature", 0.005, 1.0, "log"): (0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5),
    Real("cluster_temperature", 0.3, 1.5): (0.5, 0.6, 0.8, 1.0, 1.2),
    Real("threshold", 0.8, 0.99): (0.8, 0.85, 0.9, 0.93, 0.95, 0.98),
    Real("dropout", 0.0, 0.6): (0.0, 0.1, 0.2, 0.3, 0.4, 0.5),
    Integer("batch_size", 32, 1024, "log"): (32, 64, 128, 256, 512),
    Real("momentum", 0.5, 0.99): (0.5, 0.8, 0.9, 0.95, 0.99),
}
DESIGNS = ("one at a time", "space-filling")
ERRORS = ("result decimal", "parameter decimal", "two cells swapped")
FEATURES = 200  # of a random function (Rahimi & Recht 2007)


@dataclass(frozen=True)
class Log:
    """What was written, and what is true: `noise` is the sd of a result around the truth."""

    space: SearchSpace
    runs: tuple[Params, ...]
    values: tuple[float, ...]
    truth: Callable[[Params], float]
    noise: float


@dataclass(frozen=True)
class Planted:
    """A log with one error: in which row, which cells, and how far it moves the prediction.

    `moved` is how far the result as written lies from where the truth has it for the parameters
    as written, the run's own noise apart, in standard deviations of the noise.
    """

    log: Log
    row: int
    cells: frozenset[str]
    moved: float


def make(design: str, rng: np.random.Generator) -> Log:
    """Return a log without an error."""
    rate, *others = POOL
    chosen = rng.choice(len(others), size=int(rng.integers(2, 5)), replace=False)
    space = SearchSpace([rate, *(others[index] for index in sorted(chosen))])
    truth, spread = _truth(space, rng)
    noise = spread * math.exp(rng.uniform(math.log(0.01), math.log(0.05)))
    digits = max(2, math.ceil(-math.log10(noise)))
    noise = math.hypot(noise, 10.0**-digits / math.sqrt(12.0))

    def result(params: Params) -> float:
        return round(max(truth(params) + noise * rng.standard_normal(), 10.0**-digits), digits)

    n = int(rng.integers(30, 61))
    runs = (
        _one_at_a_time(space, n, result, rng) if design == DESIGNS[0] else _filling(space, n, rng)
    )
    return Log(space, tuple(runs), tuple(result(params) for params in runs), truth, noise)


def plant(log: Log, error: str, rng: np.random.Generator) -> Planted:
    """Return the log with one error of a kind in a random row."""
    while True:
        row = int(rng.integers(len(log.runs)))
        cells: dict[str, Value] = {**log.runs[row], RESULT: log.values[row]}
        changed = _mistyped(log.space, cells, error, rng)
        if changed is None:
            continue
        written = {**cells, **changed}
        value = float(written.pop(RESULT))
        runs, values = list(log.runs), list(log.values)
        runs[row], values[row] = written, value
        expected = log.truth(log.runs[row]) + value - log.values[row]
        moved = abs(expected - log.truth(written)) / log.noise
        wrong = replace(log, runs=tuple(runs), values=tuple(values))
        return Planted(wrong, row, frozenset(changed), moved)


def _mistyped(
    space: SearchSpace, cells: dict[str, Value], error: str, rng: np.random.Generator
) -> dict[str, Value] | None:
    """Return the cells that change and what they become, or None where that cannot be written."""
    if error == "two cells swapped":
        names = [str(name) for name in rng.choice([*space.names, RESULT], size=2, replace=False)]
        changed = {names[0]: cells[names[1]], names[1]: cells[names[0]]}
    else:
        name = RESULT if error == "result decimal" else str(rng.choice(space.names))
        power = int(rng.choice([-2, -1, 1, 2], p=[0.075, 0.425, 0.425, 0.075]))
        changed = {name: float(f"{float(cells[name]) * 10.0**power:.12g}")}
    for name, value in changed.items():
        if value == cells[name]:
            return None
        if name != RESULT:
            parameter = space[name]
            whole = isinstance(parameter, Integer)
            if (whole and float(value) % 1) or (parameter.scale == "log" and float(value) <= 0):  # type: ignore[union-attr]
                return None
            changed[name] = parameter.coerce(value)
    return changed


def _one_at_a_time(
    space: SearchSpace, n: int, result: Callable[[Params], float], rng: np.random.Generator
) -> list[Params]:
    """Return runs that go through the values of one parameter after the other and keep the best."""
    values = {p.name: POOL[p] for p in space}
    base = {name: space[name].coerce(rng.choice(values[name])) for name in space.names}
    runs: list[Params] = []
    while len(runs) < n:
        before = len(runs)
        for name in rng.permutation(space.names):
            some = rng.choice(values[name], size=int(rng.integers(3, 7)))
            tried = [{**base, name: space[name].coerce(value)} for value in sorted(set(some))]
            new = [params for params in tried if params not in runs or rng.random() < 0.1]
            runs += new
            base = min([*new, base], key=result)
        if len(runs) == before:
            name = str(rng.choice(space.names))
            base = {**base, name: space[name].coerce(rng.choice(values[name]))}
    return runs[:n]


def _filling(space: SearchSpace, n: int, rng: np.random.Generator) -> list[Params]:
    """Return scrambled Sobol runs, their values rounded to two digits."""
    encoding = Encoding(space)
    U = qmc.Sobol(len(space), rng=rng).random(64)[:n]
    runs = [encoding.decode(x) for x in encoding.spread(U, Region())]
    return [
        {name: space[name].coerce(_rounded(value)) for name, value in run.items()} for run in runs
    ]


def _rounded(value: Value) -> Value:
    return float(f"{value:.2g}") if isinstance(value, float) else value


def _truth(space: SearchSpace, rng: np.random.Generator) -> tuple[Callable[[Params], float], float]:
    """Return a function of the parameters, above 0 within the bounds, and its spread there."""
    encoding = Encoding(space)
    form = _random(len(space), rng) if rng.random() < 0.5 else _curves(len(space), rng)
    raw = form(qmc.Sobol(len(space), rng=rng).random(512))
    spread, lowest = rng.uniform(0.1, 0.6), rng.uniform(0.2, 0.6)
    factor = spread / raw.std()

    def truth(params: Params) -> float:
        u = np.array([[encoding.unit(name, float(params[name])) for name in space.names]])
        return float(lowest + factor * (form(u)[0] - raw.min()))

    return truth, spread


def _random(p: int, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """Return a draw of a Gaussian process, in which some parameters hardly matter."""
    lengths = np.exp(rng.normal(math.log(0.6), 0.5, p)) * np.where(rng.random(p) < 0.3, 8.0, 1.0)
    lengths[int(rng.integers(p))] = 0.6
    W = rng.standard_normal((p, FEATURES)) / lengths[:, None]
    phases, weights = rng.uniform(0, 2 * math.pi, FEATURES), rng.standard_normal(FEATURES)
    return lambda U: np.cos(U @ W + phases) @ weights * math.sqrt(2.0 / FEATURES)


def _curves(p: int, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
    """Return a sum of a bowl, a rise or a collapse in each parameter, and of one interaction."""
    weights = np.exp(rng.normal(0.0, 1.0, p)) * np.where(rng.random(p) < 0.3, 0.05, 1.0)
    weights[int(rng.integers(p))] = 2.0
    kinds, places = rng.integers(3, size=p), rng.uniform(0.2, 0.8, p)
    a, b = rng.choice(p, size=2, replace=False)
    together = rng.normal(0.0, 1.0)

    def value(U: np.ndarray) -> np.ndarray:
        U = np.clip(U, -0.5, 1.5)
        bowl = 4.0 * (U - places) ** 2
        rise = np.sqrt(np.maximum(U + 0.5, 0.0))
        collapse = 1.0 / (1.0 + np.exp(-12.0 * (U - places)))
        parts = np.where(kinds == 0, bowl, np.where(kinds == 1, rise, collapse))
        both = together * (U[:, a] - places[a]) * (U[:, b] - places[b])
        return np.asarray(parts @ weights + both)

    return value
