"""Functions of the optimisation literature (Surjanovic & Bingham, sfu.ca/~ssurjano)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from benchmarks.tasks.task import Task, places
from recommender.run import Params
from recommender.space import Categorical, Integer, Real, SearchSpace

Array = npt.NDArray[np.float64]

HARTMANN_WEIGHTS = np.array([1.0, 1.2, 3.0, 3.2])
HARTMANN3_A = np.array([[3, 10, 30], [0.1, 10, 35], [3, 10, 30], [0.1, 10, 35]])
HARTMANN3_P = 1e-4 * np.array(
    [[3689, 1170, 2673], [4699, 4387, 7470], [1091, 8732, 5547], [381, 5743, 8828]]
)
HARTMANN6_A = np.array(
    [
        [10, 3, 17, 3.5, 1.7, 8],
        [0.05, 10, 17, 0.1, 8, 14],
        [3, 3.5, 1.7, 10, 17, 8],
        [17, 8, 0.05, 10, 0.1, 14],
    ]
)
HARTMANN6_P = 1e-4 * np.array(
    [
        [1312, 1696, 5569, 124, 8283, 5886],
        [2329, 4135, 8307, 3736, 1004, 9991],
        [2348, 1451, 3522, 2883, 3047, 6650],
        [4047, 8828, 8732, 5743, 1091, 381],
    ]
)


def branin(x: Array) -> float:
    """Two dimensions, three minima."""
    quadratic = x[1] - 5.1 / (4 * np.pi**2) * x[0] ** 2 + 5 / np.pi * x[0] - 6
    return float(quadratic**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x[0]) + 10)


def hartmann(x: Array, A: Array, P: Array) -> float:
    """Three or six dimensions, several minima."""
    return -float(HARTMANN_WEIGHTS @ np.exp(-(A * (x - P) ** 2).sum(axis=1)))


def ackley(x: Array) -> float:
    """Many small minima around a narrow one."""
    root = np.exp(-0.2 * np.sqrt((x**2).mean()))
    return float(-20 * root - np.exp(np.cos(2 * np.pi * x).mean()) + 20 + np.e)


def levy(x: Array) -> float:
    """Many minima on a bowl."""
    w = 1 + (x - 1) / 4
    middle = ((w[:-1] - 1) ** 2 * (1 + 10 * np.sin(np.pi * w[:-1] + 1) ** 2)).sum()
    last = (w[-1] - 1) ** 2 * (1 + np.sin(2 * np.pi * w[-1]) ** 2)
    return float(np.sin(np.pi * w[0]) ** 2 + middle + last)


def rosenbrock(x: Array) -> float:
    """A long bent valley."""
    return float((100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum())


FLAT = 2
BOXES = {"ackley": (-15.0, 20.0), "levy": (-10.0, 10.0), "rosenbrock": (-2.0, 2.0)}
BOWLS: dict[str, Callable[[Array], float]] = {
    "ackley": ackley,
    "levy": levy,
    "rosenbrock": rosenbrock,
}


def task(name: str) -> Task:
    """Return a task by its name; its number says how many parameters there are."""
    if name.startswith("branin"):
        flat = [Real(f"x{i}", 0, 1) for i in range(FLAT)] if name == "branin-flat4" else []
        space = SearchSpace([Real("a", -5, 10), Real("b", 0, 15), *flat])
        return Task(name, space, lambda p: branin(np.array([float(p["a"]), float(p["b"])])))
    count = int(name[-1])
    if name.startswith("hartmann"):
        A, P = (HARTMANN3_A, HARTMANN3_P) if count == 3 else (HARTMANN6_A, HARTMANN6_P)
        space = SearchSpace([Real(f"x{i}", 0, 1) for i in range(count)])
        return Task(name, space, lambda p: hartmann(np.array(list(p.values()), float), A, P))
    return _bowl(name, count)


def _bowl(name: str, count: int) -> Task:
    family, _, mixed = name.rstrip("0123456789").partition("-")
    space = SearchSpace(
        [
            *(Real(f"x{i}", 0, 1) for i in range(count - 3)),
            Real("rate", 1e-4, 1e-1, "log"),
            Integer("layers", 1, 9),
            Categorical("kind", ("a", "b", "c", "d")),
        ]
        if mixed
        else [Real(f"x{i}", 0, 1) for i in range(count)]
    )
    # The box's ends are moved at random: the optimum of the textbook lies at a round number, which
    # an engine that proposes round numbers would hit by luck.
    low, high = BOXES[family]
    rng = np.random.default_rng([5, *name.encode()])
    ends = np.array([low, high]) + rng.uniform(-0.1, 0.1, (count, 2)) * (high - low)
    shuffled = dict(zip("abcd", rng.permutation(4) / 3.0, strict=True))

    def truth(params: Params) -> float:
        units = places(space, params)
        if mixed:
            units[-1] = shuffled[str(params["kind"])]
        return BOWLS[family](ends[:, 0] + units * (ends[:, 1] - ends[:, 0]))

    return Task(name, space, truth)
