"""Runs that differ in one parameter alone: what can be read off a log without a model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from recommender.run import Params, Run, Value

FAR = 2.0  # standard deviations of the noise: a result that far off its neighbours stands out


@dataclass(frozen=True, slots=True)
class Level:
    """The runs at one value of the parameter, and what they measured."""

    value: Value
    runs: tuple[str, ...]
    results: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Runs that agree in all other parameters (`fixed`): a level for each value, in its order."""

    fixed: Params
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """A single run whose result stands out among those that it is compared with.

    `level` holds that run alone; `elsewhere` is the median of the means at the other levels, and
    `off` how far the result is from it, in standard deviations of the noise.
    """

    level: Level
    elsewhere: float
    off: float


def comparisons(runs: Sequence[Run], metric: str, parameter: str) -> tuple[Comparison, ...]:
    """Return the comparisons of one parameter, those with the most levels first.

    Args:
        runs: the measured runs.
        metric: of which each has a value.
        parameter: the one that differs.
    """
    groups: dict[tuple[Value, ...], list[Run]] = {}
    for run in runs:
        others = tuple(value for name, value in run.params.items() if name != parameter)
        groups.setdefault(others, []).append(run)
    found = []
    for members in groups.values():
        levels: dict[Value, list[Run]] = {}
        for run in members:
            levels.setdefault(run.params[parameter], []).append(run)
        if len(levels) < 2:
            continue
        fixed = {name: value for name, value in members[0].params.items() if name != parameter}
        # Words cannot be compared with numbers, so they come after them.
        order = sorted(levels, key=lambda value: (isinstance(value, str), value))
        found.append(
            Comparison(
                fixed,
                tuple(
                    Level(
                        value,
                        tuple(run.id for run in levels[value]),
                        tuple(run.metrics[metric] for run in levels[value]),
                    )
                    for value in order
                ),
            )
        )
    return tuple(
        sorted(
            found, key=lambda one: (-len(one.levels), -sum(len(level.runs) for level in one.levels))
        )
    )


def single_runs(
    compared: Sequence[Comparison], scale: Callable[[float], float], doubted: Collection[str]
) -> tuple[Step, ...]:
    """Return the single runs that stand out among those they are compared with.

    In each comparison the run that stands out most is left out before another is sought: beside
    it sound ones would seem to stand out too.

    Args:
        compared: the comparisons.
        scale: gives a result on a scale on which the noise has a standard deviation of 1.
        doubted: ids of runs that are not believed, which count for nothing.
    """
    steps = []
    for comparison in compared:
        levels = [kept for level in comparison.levels if (kept := _without(level, doubted)).runs]
        while len(levels) > 1:
            single = [_step(level, levels, scale) for level in levels if len(level.runs) == 1]
            most = max(single, key=lambda step: step.off, default=None)
            if most is None or most.off <= FAR:
                break
            steps.append(most)
            levels.remove(most.level)
    return tuple(steps)


def _without(level: Level, doubted: Collection[str]) -> Level:
    kept = [pair for pair in zip(level.runs, level.results, strict=True) if pair[0] not in doubted]
    return Level(level.value, tuple(run for run, _ in kept), tuple(result for _, result in kept))


def _step(level: Level, levels: Sequence[Level], scale: Callable[[float], float]) -> Step:
    elsewhere = median(fmean(other.results) for other in levels if other is not level)
    return Step(level, elsewhere, abs(scale(level.results[0]) - scale(elsewhere)))
