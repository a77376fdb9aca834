import pytest

from benchmarks.tasks import CHOOSING, HALVES, KINDS, REPORTING, load, names_of
from benchmarks.tasks.task import scales, sobol

EXACT = {"branin": 0.397887, "hartmann3": -3.86278, "hartmann6": -3.32237, "levy8": 0.0}


def test_the_halves_share_no_task_and_hold_every_kind():
    assert set(CHOOSING) == set(REPORTING) == {"synthetic", "table", "training", "sweep"}
    names = [name for half in HALVES for name in names_of(half)]
    assert len(names) == len(set(names))
    assert set(scales()) == set(KINDS)


@pytest.mark.parametrize("name", [n for n, kind in KINDS.items() if kind in ("synthetic", "sweep")])
def test_no_configuration_beats_the_best_one_known(name):
    task = load(name)
    assert task.space.contains(task.scale.at)
    assert task.scored(task.scale.at) == pytest.approx(task.scale.best)
    assert min(task.scored(params) for params in sobol(task.space, 1024, 5)) >= task.scale.best


@pytest.mark.parametrize("name", EXACT)
def test_the_search_finds_the_minima_of_the_literature(name):
    assert load(name).scale.best == pytest.approx(EXACT[name], abs=1e-5)
