"""Measures what the tasks' values are scaled by, and writes `scales.json`.

    python -m benchmarks.tasks.measure [NAME...]

The best value is the lowest of a long search: 4,096 Sobol configurations, then from the best 24 of
them a compass search over all parameters and Nelder-Mead over the real ones. Trainings get 512
configurations and three compass searches, tables are looked through from end to end. Takes about
half an hour, most of it the trainings.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict

import numpy as np
from scipy.optimize import minimize

from benchmarks.tasks import KINDS, load, tables
from benchmarks.tasks.task import SCALES, Scale, Task, places, scales, sobol
from recommender.engine.encoding import Encoding
from recommender.run import Params
from recommender.space import Categorical, Integer, Parameter, Real, SearchSpace

RANDOM = 512  # configurations that tell the median and the spread
EXPLORED, STARTS = 4096, 24  # configurations that the search begins with, and is continued from
DEAR_STARTS = 3  # where a value is the mean of ten trainings


def measure(task: Task) -> Scale:
    """Return the scale of a task."""
    random = sobol(task.space, RANDOM, task.seed(1))
    told = np.array([task.truth(params) for params in random])
    scored = [task.scored(params) for params in random]
    at = tables.lowest(task.name) if KINDS[task.name] == "table" else lowest(task)
    return Scale(
        best=task.scored(at),
        at=at,
        median=float(np.median(scored)),
        spread=float(np.minimum(told, np.quantile(told, 0.95)).std()),
    )


def lowest(task: Task) -> Params:
    """Return the best configuration of a long search."""
    if KINDS[task.name] == "training":
        found = sorted(sobol(task.space, RANDOM, task.seed(1)), key=task.scored)
        return min((_compass(task, params) for params in found[:DEAR_STARTS]), key=task.scored)
    found = sorted(sobol(task.space, EXPLORED, task.seed(2)), key=task.scored)
    polished = (_nelder_mead(task, _compass(task, params)) for params in found[:STARTS])
    return min(polished, key=task.scored)


def _compass(task: Task, at: Params) -> Params:
    best, lowest, step = at, task.scored(at), 0.25
    while step > 0.01:
        improved = False
        for parameter in task.space:
            for candidate in _neighbours(task.space, parameter, best, step):
                other = task.scored(candidate)
                if other < lowest:
                    best, lowest, improved = candidate, other, True
        step = step if improved else step / 2
    return best


def _neighbours(space: SearchSpace, parameter: Parameter, at: Params, step: float) -> list[Params]:
    if isinstance(parameter, Categorical):
        return [{**at, parameter.name: choice} for choice in parameter.choices]
    encoding = Encoding(space)
    unit = encoding.unit(parameter.name, float(at[parameter.name]))
    moved = [encoding.value(parameter.name, min(max(unit + s, 0), 1)) for s in (-step, step)]
    if isinstance(parameter, Integer):
        here = int(at[parameter.name])
        near = {round(value) for value in moved} | {here - 1, here + 1}
        return [{**at, parameter.name: value} for value in near if parameter.contains(value)]
    return [{**at, parameter.name: min(max(v, parameter.low), parameter.high)} for v in moved]


def _nelder_mead(task: Task, at: Params) -> Params:
    reals = [p for p in task.space if isinstance(p, Real)]
    if not reals:
        return at
    encoding = Encoding(task.space)

    def configuration(units: np.ndarray) -> Params:
        values = {
            p.name: p.coerce(np.clip(encoding.value(p.name, u), p.low, p.high))
            for p, u in zip(reals, np.clip(units, 0, 1), strict=True)
        }
        return {**at, **values}

    indices = [index for index, p in enumerate(task.space) if isinstance(p, Real)]
    start = places(task.space, at)[indices]
    answer = minimize(
        lambda units: task.scored(configuration(units)),
        start,
        method="Nelder-Mead",
        bounds=[(0, 1)] * len(reals),
        options={"maxfev": 4000, "xatol": 1e-9, "fatol": 1e-12, "adaptive": True},
    )
    return min(at, configuration(answer.x), key=task.scored)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="tasks; all by default")
    names = parser.parse_args().names or list(KINDS)
    found = dict(scales())
    for name in names:
        found[name] = measure(load(name))
        print(name, found[name], flush=True)
        ordered = {key: asdict(found[key]) for key in KINDS if key in found}
        SCALES.write_text(json.dumps(ordered, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
